//! Entries of the ledger as rows.

use chrono::{DateTime, NaiveDate, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// A place in the list: a day, and the id of an entry.
pub type Place = (NaiveDate, Uuid);

/// Before every entry: a request names days of the years 2000 to 2199.
pub const START: Place = (NaiveDate::from_ymd_opt(1, 1, 1).expect("a date"), Uuid::nil());

/// Filter of a list of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Number of the `LedgerKind`.
    pub kind: Option<i16>,
    /// Only entries after this place.
    pub after: Place,
    /// Most entries to read.
    pub limit: i64,
}

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

/// Entries by day, then by id.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut PgConnection, filter: &Filter) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query_as(
        "select id, kind, day, unit, title, result, recorded_at, actor
           from ledger_entry
          where (day, id) > ($1, $2) and ($3::date is null or day >= $3) and ($4::date is null or day <= $4)
            and ($5::smallint is null or kind = $5)
          order by day, id limit $6",
    )
    .bind(filter.after.0)
    .bind(filter.after.1)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.kind)
    .bind(filter.limit)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
