//! The audit of sealed cells (I10): each reading is recorded before the cells are shown.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sealing::Sealed;
use platform::ids::new_id;
use platform::store::StoreError;

/// Cells of one row that a reader is about to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRead<'r> {
    /// Table.
    pub table: &'static str,
    /// Row.
    pub row: Uuid,
    /// Columns that are shown (see [`shown`]).
    pub columns: Vec<&'static str>,
    /// Subject of the reader.
    pub reader: &'r str,
    /// Business time.
    pub at: DateTime<Utc>,
}

/// Names of the cells that are not empty.
#[must_use]
pub fn shown<const N: usize>(cells: [(&'static str, &Option<Sealed>); N]) -> Vec<&'static str> {
    let full = cells.into_iter().filter(|(_, cell)| cell.is_some());
    full.map(|(name, _)| name).collect()
}

/// Records readings in one statement. Commit them before the cells are shown. A row without shown cells leaves no
/// record.
///
/// # Errors
/// Errors of the database.
pub async fn record(conn: &mut PgConnection, reads: &[SealedRead<'_>]) -> Result<(), StoreError> {
    let reads: Vec<_> = reads.iter().filter(|read| !read.columns.is_empty()).collect();
    if reads.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into sealed_read (id, table_of, row_of, columns, reader, read_at)
         select id, table_of, row_of, string_to_array(columns, ','), reader, read_at
           from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
                as t (id, table_of, row_of, columns, reader, read_at)",
    )
    .bind(reads.iter().map(|read| new_id(read.at)).collect::<Vec<_>>())
    .bind(reads.iter().map(|read| read.table).collect::<Vec<_>>())
    .bind(reads.iter().map(|read| read.row).collect::<Vec<_>>())
    .bind(reads.iter().map(|read| read.columns.join(",")).collect::<Vec<_>>())
    .bind(reads.iter().map(|read| read.reader).collect::<Vec<_>>())
    .bind(reads.iter().map(|read| read.at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
