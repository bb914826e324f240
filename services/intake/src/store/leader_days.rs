//! Leader days as rows, with their rosters.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::OrderState;
use platform::rows::{big, fits, impossible, one, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::leader_day::{Cancelled, LeaderDay, Turn};

/// Writes an announced day with its roster. Returns whether it was written: not when another day of the date is
/// announced.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, day: &LeaderDay, roster: &[Turn]) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "insert into leader_day (id, version, day, notice, announced_at) values ($1, $2, $3, $4, $5)
             on conflict (day) where cancelled_at is null do nothing",
    )
    .bind(day.id)
    .bind(big(day.version))
    .bind(day.day)
    .bind(&day.notice)
    .bind(day.announced_at)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "insert into leader_turn (leader_day_id, number, name, post, unit, from_at, to_at)
         select $1, number::smallint, name, post, unit, from_at, to_at
           from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
                with ordinality as t (name, post, unit, from_at, to_at, number)",
    )
    .bind(day.id)
    .bind(roster.iter().map(|turn| turn.name.as_str()).collect::<Vec<_>>())
    .bind(roster.iter().map(|turn| turn.post.as_str()).collect::<Vec<_>>())
    .bind(roster.iter().map(|turn| turn.unit.as_deref()).collect::<Vec<_>>())
    .bind(roster.iter().map(|turn| turn.from_at).collect::<Vec<_>>())
    .bind(roster.iter().map(|turn| turn.to_at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(true)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    version: i64,
    day: NaiveDate,
    notice: String,
    announced_at: DateTime<Utc>,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
}

impl TryFrom<Row> for LeaderDay {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let cancelled = match (row.cancelled_at, row.cancel_reason) {
            (None, None) => None,
            (Some(at), Some(reason)) => Some(Cancelled { at, reason }),
            _ => return Err(impossible("leader_day", format!("{} has half a cancellation", row.id))),
        };
        Ok(Self {
            id: row.id,
            version: fits("leader_day", "version", row.version)?,
            day: row.day,
            notice: row.notice,
            announced_at: row.announced_at,
            cancelled,
        })
    }
}

/// Reads a day and locks it against appeals that would name it.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown id.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<LeaderDay, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "select id, version, day, notice, announced_at, cancelled_at, cancel_reason
           from leader_day where id = $1 for update",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.ok_or(StoreError::Absent("leader day"))?.try_into()
}

/// Whether an appeal names the day. The caller has locked the day.
///
/// # Errors
/// Errors of the database.
pub async fn is_named(conn: &mut PgConnection, id: Uuid) -> Result<bool, StoreError> {
    let named = sqlx::query_scalar("select exists (select from appeal where leader_day_id = $1)")
        .bind(id)
        .fetch_one(conn)
        .await?;
    Ok(named)
}

/// Writes a cancellation.
///
/// # Errors
/// [`StoreError::Impossible`] when the row is not at the previous version.
pub async fn save_cancelled(conn: &mut PgConnection, day: &LeaderDay) -> Result<(), StoreError> {
    let done = sqlx::query(
        "update leader_day set version = $2, cancelled_at = $3, cancel_reason = $4 where id = $1 and version = $2 - 1",
    )
    .bind(day.id)
    .bind(big(day.version))
    .bind(day.cancelled.as_ref().map(|cancelled| cancelled.at))
    .bind(day.cancelled.as_ref().map(|cancelled| cancelled.reason.as_str()))
    .execute(conn)
    .await?;
    one("leader_day", day.id, done.rows_affected())
}

/// Which leader days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Days after this position.
    pub after: (NaiveDate, Uuid),
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Up to this day.
    pub to: Option<NaiveDate>,
    /// Most rows.
    pub limit: i64,
}

/// A leader day with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDay {
    /// The day.
    pub day: LeaderDay,
    /// The roster.
    pub roster: Vec<Turn>,
    /// Appeals that it took.
    pub appeals: u32,
    /// Those that ended without an order.
    pub ended: u32,
    /// Those that became orders.
    pub orders: u32,
    /// Orders that are closed, as far as intake has heard.
    pub closed: u32,
}

#[derive(sqlx::FromRow)]
struct CountedRow {
    #[sqlx(flatten)]
    day: Row,
    appeals: i64,
    ended: i64,
    orders: i64,
    closed: i64,
}

/// Leader days by day, then by id, with counts of their appeals. An invalid appeal is in no figure of appeals.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that nothing could have written.
pub async fn list(conn: &mut PgConnection, filter: &Filter) -> Result<Vec<ListedDay>, StoreError> {
    let rows: Vec<CountedRow> = sqlx::query_as(
        "select d.id, d.version, d.day, d.notice, d.announced_at, d.cancelled_at, d.cancel_reason,
                count(a.id) as appeals,
                count(a.id) filter (where a.ended_at is not null or a.answered_at is not null) as ended,
                count(a.id) filter (where a.state = 'ordered') as orders,
                count(a.id) filter (where a.state = 'ordered' and a.order_state = $6) as closed
           from (select id, version, day, notice, announced_at, cancelled_at, cancel_reason from leader_day
                  where (day, id) > ($1, $2)
                    and ($3::date is null or day >= $3)
                    and ($4::date is null or day <= $4)
                  order by day, id limit $5) as d
           left join appeal as a on a.leader_day_id = d.id and a.state <> 'invalid'
          group by d.id, d.version, d.day, d.notice, d.announced_at, d.cancelled_at, d.cancel_reason
          order by d.day, d.id",
    )
    .bind(filter.after.0)
    .bind(filter.after.1)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.limit)
    .bind(small(OrderState::Closed.into()))
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.day.id).collect();
    let mut rosters = rosters(conn, &ids).await?;
    let listed = |row: CountedRow| {
        Ok(ListedDay {
            roster: rosters.remove(&row.day.id).unwrap_or_default(),
            appeals: fits("leader_day", "appeals", row.appeals)?,
            ended: fits("leader_day", "ended", row.ended)?,
            orders: fits("leader_day", "orders", row.orders)?,
            closed: fits("leader_day", "closed", row.closed)?,
            day: row.day.try_into()?,
        })
    };
    rows.into_iter().map(listed).collect()
}

async fn rosters(conn: &mut PgConnection, days: &[Uuid]) -> Result<HashMap<Uuid, Vec<Turn>>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct TurnRow {
        leader_day_id: Uuid,
        name: String,
        post: String,
        unit: Option<String>,
        from_at: DateTime<Utc>,
        to_at: DateTime<Utc>,
    }
    let rows: Vec<TurnRow> = sqlx::query_as(
        "select leader_day_id, name, post, unit, from_at, to_at from leader_turn
          where leader_day_id = any($1) order by leader_day_id, number",
    )
    .bind(days)
    .fetch_all(conn)
    .await?;
    let mut rosters: HashMap<Uuid, Vec<Turn>> = HashMap::new();
    for row in rows {
        rosters.entry(row.leader_day_id).or_default().push(Turn {
            name: row.name,
            post: row.post,
            unit: row.unit,
            from_at: row.from_at,
            to_at: row.to_at,
        });
    }
    Ok(rosters)
}
