//! Numbers for the observers.

use platform::store::StoreError;
use sqlx::{PgConnection, PgPool};

/// Number of events that did not take effect at once, by source and state. A state without events has no row.
///
/// # Errors
/// Errors of the database.
pub async fn held_up(pool: &PgPool) -> Result<Vec<(String, String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "select source, state, count(*) from parked group by source, state
         union all
         select source, 'waiting', count(*) from waiting group by source",
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// Number of sessions of this program on its database, over all roles.
///
/// # Errors
/// Errors of the database.
pub async fn sessions(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let sessions = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
          where datname = current_database() and application_name = current_setting('application_name')",
    )
    .fetch_one(connection)
    .await?;
    Ok(sessions)
}

/// Age in seconds of the oldest transaction that this service's user has open on its database; 0 without one.
///
/// # Errors
/// Errors of the database.
pub async fn longest_transaction_seconds(pool: &PgPool) -> Result<f64, StoreError> {
    let seconds = sqlx::query_scalar(
        "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity
          where datname = current_database() and usename = current_user and pid <> pg_backend_pid()",
    )
    .fetch_one(pool)
    .await?;
    Ok(seconds)
}
