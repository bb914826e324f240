//! What an operator watches.

use platform::store::StoreError;
use sqlx::{PgConnection, PgPool};

/// Events that could not simply be applied, by source and state; a state without any has no row.
///
/// # Errors
/// When the database cannot be read.
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

/// Sessions of this program on its database, whichever role they have.
///
/// # Errors
/// When the database cannot be read.
pub async fn sessions(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let sessions = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
          where datname = current_database() and application_name = current_setting('application_name')",
    )
    .fetch_one(connection)
    .await?;
    Ok(sessions)
}

/// Age of the oldest transaction that this service's user has open on its database, in seconds; 0 without one.
///
/// # Errors
/// When the database cannot be read.
pub async fn longest_transaction_seconds(pool: &PgPool) -> Result<f64, StoreError> {
    let seconds = sqlx::query_scalar(
        "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity
          where datname = current_database() and usename = current_user and pid <> pg_backend_pid()",
    )
    .fetch_one(pool)
    .await?;
    Ok(seconds)
}
