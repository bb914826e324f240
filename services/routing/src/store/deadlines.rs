//! Deadlines as rows; insert only.

use std::collections::HashMap;

use calendar::Span;
use chrono::{DateTime, Utc};
use platform::rows::{big, fits, impossible, int};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::{self, row};
use crate::domain::deadline::{Deadline, Rule};
use crate::domain::limits::Clock;
use crate::domain::order::OrderId;

row! {
    /// One limit of one round of one order.
    pub(super) struct DeadlineRow in "deadline" {
        order_id: Uuid,
        clock: String,
        round: i32,
        start_at: DateTime<Utc>,
        due_at: DateTime<Utc>,
        warn_at: Option<DateTime<Utc>>,
        limits_version: i64,
        limit_row: String,
        span_unit: String,
        span_length: i32,
        warn_unit: Option<String>,
        warn_length: Option<i32>,
        upstream: bool,
        calendar_version: String,
        provisional: bool,
    }
}

/// Adds limits of orders with their rounds.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, limits: &[(OrderId, u32, &Deadline)]) -> Result<(), StoreError> {
    let rows = limits.iter();
    let rows = rows.map(|(order, round, deadline)| DeadlineRow::of(*order, *round, deadline));
    columns::insert(conn, rows.collect(), "").await?;
    Ok(())
}

/// All limits of these orders, with their rounds.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn of(conn: &mut PgConnection, orders: &[Uuid]) -> Result<HashMap<Uuid, Vec<(u32, Deadline)>>, StoreError> {
    let rows: Vec<DeadlineRow> = sqlx::query_as(columns::select::<DeadlineRow>(
        "where order_id = any ($1) order by order_id, round",
    ))
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

impl DeadlineRow {
    fn of(order: OrderId, round: u32, deadline: &Deadline) -> Self {
        let (span_unit, span_length) = span_columns(deadline.rule.span);
        let (warn_unit, warn_length) = deadline.rule.warn_before.map(span_columns).unzip();
        Self {
            order_id: order.0,
            clock: deadline.clock.name().to_owned(),
            round: int(round),
            start_at: deadline.start,
            due_at: deadline.due,
            warn_at: deadline.warn,
            limits_version: big(deadline.rule.limits_version),
            limit_row: deadline.rule.row.clone(),
            span_unit: span_unit.to_owned(),
            span_length,
            warn_unit: warn_unit.map(str::to_owned),
            warn_length,
            upstream: deadline.upstream,
            calendar_version: deadline.calendar_version.clone(),
            provisional: deadline.provisional,
        }
    }

    /// The limit of the row.
    pub(super) fn deadline(self) -> Result<Deadline, StoreError> {
        let wrong = |what: &str| impossible("deadline", format!("{} has an unknown {what}", self.order_id));
        let rule = Rule {
            limits_version: fits("deadline", "limits_version", self.limits_version)?,
            row: self.limit_row,
            span: span(&self.span_unit, self.span_length).ok_or_else(|| wrong("span"))?,
            warn_before: optional_span(self.warn_unit.as_deref(), self.warn_length).map_err(|()| wrong("lead"))?,
        };
        Ok(Deadline {
            clock: Clock::from_name(&self.clock).ok_or_else(|| wrong("clock"))?,
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

/// The span of two columns that may both be empty. An error when only one is empty or the values are unknown.
pub(super) fn optional_span(unit: Option<&str>, length: Option<i32>) -> Result<Option<Span>, ()> {
    match (unit, length) {
        (None, None) => Ok(None),
        (Some(unit), Some(length)) => span(unit, length).map(Some).ok_or(()),
        _ => Err(()),
    }
}
