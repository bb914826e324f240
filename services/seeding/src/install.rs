//! Makes the databases of an installation on private servers.

use hosting::databases::{self, create_all, database_name, owner_name};
use hosting::{Failure, Name};
use platform::config::Overrides;
use private_servers::Servers;

/// Creates and migrates the five databases, and grants the services their rights, as `hotline up` does.
///
/// # Errors
/// Errors of the server.
pub async fn install(servers: &Servers) -> Result<(), Failure> {
    create_all(&servers.postgres_url("postgres", "postgres")).await?;
    for name in Name::ALL {
        let url = servers.postgres_url(&owner_name(name), &database_name(name));
        let overrides = Overrides {
            values: vec![("database.url", url)],
            ..Overrides::default()
        };
        let settings = name.service().load(&overrides)?.settings;
        let mut config = settings.database.without_statement_timeout();
        config.application_role = database_name(name);
        let pool = platform::store::connect(&config).await?;
        databases::migrate(name, &pool, settings.events.partitions).await?;
        databases::grant(name, &pool, &config).await?;
        pool.close().await;
    }
    Ok(())
}
