//! What every service stands on, and what none of them is about: time, ids, settings, logs and traces, start and
//! stop, Postgres, the gRPC edge, identity. It does not know the word *order*.

pub mod auth;
pub mod characters;
pub mod clock;
pub mod config;
pub mod grpc;
pub mod ids;
pub mod lifecycle;
pub mod listing;
pub mod metrics;
pub mod numbers;
pub mod redis;
pub mod rows;
pub mod service;
pub mod source;
pub mod steps;
pub mod store;
pub mod streak;
pub mod telemetry;
pub mod tls;
pub mod versioned;

/// The tables of this crate, migrated before a service's own; kept in `_platform_migrations`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Where they are noted; every crate has a table of its own, so that their versions do not mix.
pub const MIGRATIONS_TABLE: &str = "_platform_migrations";

fn migrator() -> sqlx::migrate::Migrator {
    sqlx::migrate!()
}

/// Brings this crate's tables up to date; changes nothing when they are.
///
/// # Errors
/// What the database said.
pub async fn migrate(pool: &sqlx::PgPool) -> Result<(), store::StoreError> {
    let mut migrator = migrator();
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
        .run(pool)
        .await
        .map_err(|error| store::migration_failed(MIGRATIONS_TABLE, &error))
}
