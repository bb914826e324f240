//! Entries of the ledger as rows.

use chrono::{DateTime, NaiveDate, Utc};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// Identity.
    pub id: Uuid,
    /// Number of the `LedgerKind`.
    pub kind: i16,
    /// Day of the work.
    pub day: NaiveDate,
    /// Code of the unit that it concerns; empty for the hotline itself.
    pub unit: String,
    /// One line.
    pub title: String,
    /// Result; empty when none is given.
    pub result: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Subject of the person who recorded it.
    pub actor: String,
}

/// Adds an entry.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut PgConnection, entry: &Entry) -> Result<(), StoreError> {
    sqlx::query(
        "insert into ledger_entry (id, kind, day, unit, title, result, recorded_at, actor)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(entry.id)
    .bind(entry.kind)
    .bind(entry.day)
    .bind(&entry.unit)
    .bind(&entry.title)
    .bind(&entry.result)
    .bind(entry.recorded_at)
    .bind(&entry.actor)
    .execute(conn)
    .await?;
    Ok(())
}

/// Entries by day, then by id. A day of the window stands as its midnight in UTC. `kind` narrows the list.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut PgConnection, window: &Window, kind: Option<i16>) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query_as(
        "select id, kind, day, unit, title, result, recorded_at, actor
           from ledger_entry
          where (day, id) > ($1, $2) and day < $3 and ($5::smallint is null or kind = $5)
          order by day, id limit $4",
    )
    .bind(window.after.0.date_naive())
    .bind(window.after.1)
    .bind(window.before.date_naive())
    .bind(window.limit)
    .bind(kind)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
