//! `hotline doctor`: checks the invariants of ARCHITECTURE.md in the databases.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hosting::Name;
use hosting::databases::{database_name, database_of};
use platform::config::Overrides;
use private_servers::running_postgres_url;

use super::client::ExportedData;
use crate::console::{Failure, busy, say};

/// Reads the five databases and prints every broken invariant. Fails when there is one.
#[derive(Args, Debug)]
#[command(
    after_help = "Each service's database comes from its settings (INTAKE_DATABASE__URL …) or --config; --database-url names a server\nwith the five databases hotline_intake … hotline_analytics, as for `hotline up`,\nand --data the folder of a `hotline up` that runs on a Postgres of its own, which HOTLINE_DATA names when nothing else is said."
)]
pub struct Doctor {
    /// Server with the five databases
    #[arg(long, env = "HOTLINE_DATABASE_URL")]
    database_url: Option<String>,
    /// Data directory of a running `hotline up`
    #[arg(long, conflicts_with = "database_url")]
    data: Option<PathBuf>,
    #[command(flatten)]
    exported: ExportedData,
    /// Settings file (TOML)
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Doctor {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let mut pools = Vec::new();
        for name in Name::ALL {
            // A settings file names the databases, so the variable of the shell does not override it.
            let data = match &self.config {
                Some(_) => self.data.as_deref(),
                None => self.exported.or(self.data.as_ref()),
            };
            let mut overrides = Overrides {
                file: self.config.clone(),
                ..Overrides::default()
            };
            let url = match (&self.database_url, data) {
                (Some(server), _) => Some(database_of(server, name)),
                (None, Some(data)) => {
                    let database = database_name(name);
                    Some(running_postgres_url(&data.join("servers"), &database, &database)?)
                }
                (None, None) => None,
            };
            overrides.values.extend(url.map(|url| ("database.url", url)));
            let settings = name.service().load(&overrides)?.settings;
            pools.push(platform::store::connect_reading(&settings.database.without_statement_timeout()).await?);
        }
        let pools = pools
            .try_into()
            .map_err(|_| Failure("five services have five databases".to_owned()))?;
        let looking = busy("checking five databases …");
        let violations = hosting::examine::examine(&pools).await?;
        looking.finish_and_clear();
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
