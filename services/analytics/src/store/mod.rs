//! The only SQL of analytics. Functions work on the caller's connection. [`eventlog::Store`] begins and commits, and
//! [`snapshot`] does so for reading.

pub mod doctor;
pub mod facts;
pub mod library;
pub mod names;
pub mod observe;
pub mod rollups;
pub mod units;

use platform::store::StoreError;
use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

/// A read-only transaction with one snapshot of all tables. Facts and roll-ups change together, so they must be
/// compared in one snapshot.
///
/// # Errors
/// When the database fails.
pub async fn snapshot(conn: &mut PgConnection) -> Result<Transaction<'_, Postgres>, StoreError> {
    let mut tx = conn.begin().await?;
    sqlx::query("set transaction isolation level repeatable read, read only")
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}
