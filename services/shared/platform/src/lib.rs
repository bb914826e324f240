//! The base of every service: time, ids, settings, logs and traces, start and stop, Postgres, the gRPC edge, identity.
//! It holds no subject of any service and does not know the word *order*.

pub mod auth;
pub mod characters;
pub mod clock;
pub mod config;
pub mod ids;
pub mod lifecycle;
pub mod metrics;
pub mod numbers;
pub mod redis;
pub mod rows;
pub mod source;
pub mod status;
pub mod steps;
pub mod store;
pub mod streak;
pub mod telemetry;
pub mod tls;

/// Migrations of this crate's tables, run before a service's own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Table that records the migrations. Every crate has its own, so that their versions do not mix.
pub const MIGRATIONS_TABLE: &str = "_platform_migrations";

fn migrator() -> sqlx::migrate::Migrator {
    sqlx::migrate!()
}

/// Migrates this crate's tables. Changes nothing when they are up to date.
///
/// # Errors
/// Errors of the database.
pub async fn migrate(pool: &sqlx::PgPool) -> Result<(), store::StoreError> {
    let mut migrator = migrator();
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
        .run(pool)
        .await
        .map_err(|error| store::migration_failed(MIGRATIONS_TABLE, &error))
}
