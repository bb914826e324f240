//! `hotline migrate`: the only command that changes a schema.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hosting::{Name, databases};
use platform::config::Overrides;

use crate::console::{Failure, busy, say};

/// Migrates databases. An up-to-date database stays as it is.
#[derive(Args, Debug)]
#[command(
    after_help = "It runs as the owner of the database; the services run as database.application_role, which may read and write rows and nothing\nelse. The number of partitions ([events] partitions) is fixed when a database is first migrated."
)]
pub struct Migrate {
    /// Services to migrate; all when none is named
    services: Vec<Name>,
    /// Settings file (TOML)
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Migrate {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let services = if self.services.is_empty() {
            Name::ALL.to_vec()
        } else {
            self.services
        };
        for name in services {
            let overrides = Overrides {
                file: self.config.clone(),
                ..Overrides::default()
            };
            let settings = name.service().load(&overrides)?.settings;
            let pool = platform::store::connect_waiting(&settings.database.without_statement_timeout())
                .await
                .map_err(|error| Failure(format!("{name}: {}", platform::steps::chain(&error))))?;
            let migrating = busy(format!("{name}: migrating …"));
            databases::migrate(name, &pool, settings.events.partitions).await?;
            databases::grant(name, &pool, &settings.database).await?;
            migrating.finish_and_clear();
            say(format!("{name}: up to date"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
