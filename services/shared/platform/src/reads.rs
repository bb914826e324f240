//! The audit of sealed cells that were shown (I10): on record before anybody sees them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::new_id;
use crate::store::StoreError;

/// Cells of one row that somebody is about to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRead<'r> {
    /// Table.
    pub table: &'static str,
    /// Row.
    pub row: Uuid,
    /// Columns, at least one.
    pub columns: &'r [&'static str],
    /// Subject of the reader.
    pub reader: &'r str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Records a reading; it must be committed before anything is shown.
///
/// # Errors
/// When the database refuses.
pub async fn record(conn: &mut PgConnection, read: &SealedRead<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into sealed_read (id, table_of, row_of, columns, reader, read_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new_id(read.at))
    .bind(read.table)
    .bind(read.row)
    .bind(read.columns)
    .bind(read.reader)
    .bind(read.at)
    .execute(conn)
    .await?;
    Ok(())
}
