//! Calls as rows.

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Place;
use crate::domain::call::{CallFact, CallState};
use crate::domain::window::Window;

#[derive(sqlx::FromRow, Serialize)]
struct Row {
    id: Uuid,
    version: i64,
    offered_at: DateTime<Utc>,
    offered_day: NaiveDate,
    answered: bool,
}

/// Reads those of these calls that are known, and keeps them locked.
///
/// # Errors
/// When the database refuses, or a row is impossible.
pub async fn lock(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<CallFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, offered_at, offered_day, answered
           from fact_call where id = any($1) order by id for update",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(CallFact::try_from).collect()
}

/// Writes calls, new ones and changed ones.
///
/// # Errors
/// When the database refuses.
pub async fn save(connection: &mut PgConnection, facts: &[&CallFact]) -> Result<(), StoreError> {
    let rows: Vec<Row> = facts.iter().map(|fact| Row::from(*fact)).collect();
    sqlx::query(
        "insert into fact_call select * from jsonb_populate_recordset(null::fact_call, $1)
         on conflict (id) do update set version = excluded.version, offered_at = excluded.offered_at,
                offered_day = excluded.offered_day, answered = excluded.answered",
    )
    .bind(Json(rows))
    .execute(connection)
    .await?;
    Ok(())
}

/// Calls of a window after a place, in the order of day and id.
///
/// # Errors
/// As [`lock`].
pub async fn scan(
    connection: &mut PgConnection,
    window: Window,
    after: Place,
    limit: i64,
) -> Result<Vec<CallFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, offered_at, offered_day, answered from fact_call
          where offered_day between $1 and $2 and (offered_day, id) > ($3, $4)
          order by offered_day, id limit $5",
    )
    .bind(window.from)
    .bind(window.to)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(CallFact::try_from).collect()
}

/// All calls, page by page in the order of ids.
///
/// # Errors
/// As [`lock`].
pub async fn page(connection: &mut PgConnection, after: Uuid, limit: i64) -> Result<Vec<CallFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, offered_at, offered_day, answered from fact_call where id > $1 order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(CallFact::try_from).collect()
}

impl From<&CallFact> for Row {
    fn from(fact: &CallFact) -> Self {
        Self {
            id: fact.id,
            version: big(fact.state.version),
            offered_at: fact.state.offered_at,
            offered_day: fact.day(),
            answered: fact.state.answered,
        }
    }
}

impl TryFrom<Row> for CallFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let fact = Self {
            id: row.id,
            state: CallState {
                version: fits("fact_call", "version", row.version)?,
                offered_at: row.offered_at,
                answered: row.answered,
            },
        };
        if fact.day() == row.offered_day {
            Ok(fact)
        } else {
            Err(impossible(
                "fact_call",
                format!("{} is of another day than offered_day", row.id),
            ))
        }
    }
}
