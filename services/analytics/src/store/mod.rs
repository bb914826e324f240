//! The only SQL of analytics. Functions work on a connection that is lent to them; who begins and commits is
//! [`eventlog::Store`], and [`snapshot`] for reading.

pub mod doctor;
pub mod facts;
pub mod names;
pub mod observe;
pub mod rollups;

use platform::store::StoreError;
use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

/// A read-only transaction that sees one state of all tables: facts and roll-ups change together, so they are compared
/// together.
///
/// # Errors
/// When the database refuses.
pub async fn snapshot(conn: &mut PgConnection) -> Result<Transaction<'_, Postgres>, StoreError> {
    let mut tx = conn.begin().await?;
    sqlx::query("set transaction isolation level repeatable read, read only")
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}
