//! `hotline doctor`: the invariants of ARCHITECTURE.md, by query.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::console::{Failure, say};
use crate::process::Name;
use crate::process::hosted::{Overrides, Shared};

/// Reads the five databases and prints every broken invariant; fails when there is one.
#[derive(Args, Debug)]
#[command(
    after_help = "Each service's database comes from its settings (INTAKE_DATABASE__URL …) or --config; --database-url names a server\nwith the five databases hotline_intake … hotline_analytics, as for `hotline up`."
)]
pub struct Doctor {
    /// Server with the five databases
    #[arg(long, env = "HOTLINE_DATABASE_URL")]
    database_url: Option<String>,
    /// Settings file (TOML)
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Doctor {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let mut pools = Vec::new();
        for name in Name::ALL {
            let mut overrides = Overrides {
                file: self.config.clone(),
                ..Overrides::default()
            };
            if let Some(server) = &self.database_url {
                let database = crate::process::databases::database_name(name);
                overrides
                    .values
                    .push(("database.url", format!("{}/{database}", server.trim_end_matches('/'))));
            }
            let shared = Shared::load(name, &overrides)?;
            pools.push(platform::store::connect(&shared.database.without_statement_timeout()).await?);
        }
        let pools = pools
            .try_into()
            .map_err(|_| Failure("five services have five databases".to_owned()))?;
        let violations = crate::process::examine::examine(&pools).await?;
        for violation in &violations {
            say(format!("{}  {}", violation.invariant, violation.detail));
        }
        say(format!("{} violation(s)", violations.len()));
        Ok(if violations.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
