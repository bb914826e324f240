//! Deadlines as rows: only ever added.

use std::collections::HashMap;

use calendar::Span;
use chrono::{DateTime, Utc};
use platform::rows::{big, fits, impossible, int};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::deadline::{Deadline, Rule};
use crate::domain::limits::Clock;
use crate::domain::order::OrderId;

#[derive(sqlx::FromRow)]
struct Row {
    order_id: Uuid,
    clock: String,
    round: i32,
    start_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    warn_at: Option<DateTime<Utc>>,
    limits_version: i64,
    #[sqlx(rename = "limit_row")]
    rule: String,
    span_unit: String,
    span_length: i32,
    upstream: bool,
    calendar_version: String,
    provisional: bool,
}

/// Adds limits of one round of one order.
///
/// # Errors
/// The database's.
pub async fn insert(
    conn: &mut PgConnection,
    order: OrderId,
    round: u32,
    deadlines: &[&Deadline],
) -> Result<(), StoreError> {
    let spans: Vec<(&str, i32)> = deadlines.iter().map(|d| span_columns(d.rule.span)).collect();
    sqlx::query(
        "insert into deadline (order_id, round, clock, start_at, due_at, warn_at, limits_version, limit_row,
                               span_unit, span_length, upstream, calendar_version, provisional)
         select $1, $2, * from unnest($3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                                      $7::bigint[], $8::text[], $9::text[], $10::integer[], $11::boolean[],
                                      $12::text[], $13::boolean[])",
    )
    .bind(order.0)
    .bind(int(round))
    .bind(deadlines.iter().map(|d| d.clock.name()).collect::<Vec<_>>())
    .bind(deadlines.iter().map(|d| d.start).collect::<Vec<_>>())
    .bind(deadlines.iter().map(|d| d.due).collect::<Vec<_>>())
    .bind(deadlines.iter().map(|d| d.warn).collect::<Vec<_>>())
    .bind(deadlines.iter().map(|d| big(d.rule.limits_version)).collect::<Vec<_>>())
    .bind(deadlines.iter().map(|d| d.rule.row.as_str()).collect::<Vec<_>>())
    .bind(spans.iter().map(|(unit, _)| *unit).collect::<Vec<_>>())
    .bind(spans.iter().map(|(_, length)| *length).collect::<Vec<_>>())
    .bind(deadlines.iter().map(|d| d.upstream).collect::<Vec<_>>())
    .bind(
        deadlines
            .iter()
            .map(|d| d.calendar_version.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(deadlines.iter().map(|d| d.provisional).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// All limits of these orders, with their rounds.
///
/// # Errors
/// The database's, or an impossible row.
pub async fn of(conn: &mut PgConnection, orders: &[Uuid]) -> Result<HashMap<Uuid, Vec<(u32, Deadline)>>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select order_id, clock, round, start_at, due_at, warn_at, limits_version, limit_row, span_unit, span_length,
                upstream, calendar_version, provisional
           from deadline
          where order_id = any ($1)",
    )
    .bind(orders)
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<Uuid, Vec<(u32, Deadline)>> = HashMap::new();
    for row in rows {
        let round = fits("deadline", "round", row.round)?;
        found.entry(row.order_id).or_default().push((round, row.deadline()?));
    }
    Ok(found)
}

impl Row {
    fn deadline(self) -> Result<Deadline, StoreError> {
        let wrong = |what: &str| impossible("deadline", format!("{} has {what}", self.order_id));
        let clock = Clock::from_name(&self.clock).ok_or_else(|| wrong("an unknown clock"))?;
        let span = span(&self.span_unit, self.span_length).ok_or_else(|| wrong("an unknown span"))?;
        let rule = Rule {
            limits_version: fits("deadline", "limits_version", self.limits_version)?,
            row: self.rule,
            span,
        };
        Ok(Deadline {
            clock,
            start: self.start_at,
            due: self.due_at,
            warn: self.warn_at,
            rule,
            upstream: self.upstream,
            calendar_version: self.calendar_version,
            provisional: self.provisional,
        })
    }
}

/// A span as two columns.
pub(super) fn span_columns(span: Span) -> (&'static str, i32) {
    match span {
        Span::WorkingDays(n) => ("working_days", int(n)),
        Span::NaturalDays(n) => ("natural_days", int(n)),
        Span::Minutes(n) => ("minutes", int(n)),
    }
}

/// The span of two columns.
pub(super) fn span(unit: &str, length: i32) -> Option<Span> {
    let length = u32::try_from(length).ok()?;
    match unit {
        "working_days" => Some(Span::WorkingDays(length)),
        "natural_days" => Some(Span::NaturalDays(length)),
        "minutes" => Some(Span::Minutes(length)),
        _ => None,
    }
}
