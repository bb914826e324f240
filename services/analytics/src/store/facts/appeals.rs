//! Appeals as rows.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::AppealType;
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Place;
use crate::domain::appeal::{AppealFact, AppealState};
use crate::domain::measure::type_name;
use crate::domain::window::Window;
use crate::store::named;

#[derive(sqlx::FromRow, Serialize)]
struct Row {
    id: Uuid,
    version: i64,
    number: String,
    appeal_type: String,
    category: String,
    region: String,
    channel: String,
    received_at: DateTime<Utc>,
    received_day: NaiveDate,
    source_at: Option<DateTime<Utc>>,
    tags: Vec<String>,
    platform: Option<String>,
    answered: bool,
    forwarded: bool,
}

/// Reads those of these appeals that are known, and keeps them locked.
///
/// # Errors
/// When the database refuses, or a row is impossible.
pub async fn lock(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<AppealFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, number, appeal_type, category, region, channel, received_at, received_day, source_at,
                tags, platform, answered, forwarded
           from fact_appeal where id = any($1) order by id for update",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(AppealFact::try_from).collect()
}

/// Writes appeals, new ones and changed ones.
///
/// # Errors
/// When the database refuses.
pub async fn save(connection: &mut PgConnection, facts: &[&AppealFact]) -> Result<(), StoreError> {
    let rows: Vec<Row> = facts.iter().map(|fact| Row::from(*fact)).collect();
    sqlx::query(
        "insert into fact_appeal select * from jsonb_populate_recordset(null::fact_appeal, $1)
         on conflict (id) do update set version = excluded.version, number = excluded.number,
                appeal_type = excluded.appeal_type, category = excluded.category, region = excluded.region,
                channel = excluded.channel, received_at = excluded.received_at,
                received_day = excluded.received_day, source_at = excluded.source_at, tags = excluded.tags, platform = excluded.platform,
                answered = excluded.answered, forwarded = excluded.forwarded",
    )
    .bind(Json(rows))
    .execute(connection)
    .await?;
    Ok(())
}

/// Appeals of a window after a place, in the order of day and id.
///
/// # Errors
/// As [`lock`].
pub async fn scan(
    connection: &mut PgConnection,
    window: Window,
    after: Place,
    limit: i64,
) -> Result<Vec<AppealFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, number, appeal_type, category, region, channel, received_at, received_day, source_at,
                tags, platform, answered, forwarded
           from fact_appeal
          where received_day between $1 and $2 and (received_day, id) > ($3, $4)
          order by received_day, id limit $5",
    )
    .bind(window.from)
    .bind(window.to)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(AppealFact::try_from).collect()
}

/// All appeals, page by page in the order of ids.
///
/// # Errors
/// As [`lock`].
pub async fn page(connection: &mut PgConnection, after: Uuid, limit: i64) -> Result<Vec<AppealFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, number, appeal_type, category, region, channel, received_at, received_day, source_at,
                tags, platform, answered, forwarded
           from fact_appeal where id > $1 order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(AppealFact::try_from).collect()
}

impl From<&AppealFact> for Row {
    fn from(fact: &AppealFact) -> Self {
        let state = fact.state.clone();
        Self {
            id: fact.id,
            version: big(state.version),
            number: state.number,
            appeal_type: type_name(state.kind).to_owned(),
            category: state.category,
            region: state.region,
            channel: state.channel,
            received_at: state.received_at,
            received_day: fact.day(),
            source_at: state.source_at,
            tags: state.tags,
            platform: state.platform,
            answered: fact.answered,
            forwarded: fact.forwarded,
        }
    }
}

impl TryFrom<Row> for AppealFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        const TABLE: &str = "fact_appeal";
        let fact = Self {
            id: row.id,
            state: AppealState {
                version: fits(TABLE, "version", row.version)?,
                number: row.number,
                kind: named(TABLE, "APPEAL_TYPE_", &row.appeal_type, AppealType::from_str_name)?,
                category: row.category,
                region: row.region,
                channel: row.channel,
                received_at: row.received_at,
                source_at: row.source_at,
                tags: row.tags,
                platform: row.platform,
            },
            answered: row.answered,
            forwarded: row.forwarded,
        };
        if fact.day() == row.received_day {
            Ok(fact)
        } else {
            Err(impossible(
                TABLE,
                format!("{} is of another day than received_day", row.id),
            ))
        }
    }
}
