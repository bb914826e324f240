//! Queries of the doctor: broken histories, deadlines with their rules, judgements without effect.

use chrono::{DateTime, Utc};
use platform::rows::impossible;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::deadlines::{DeadlineRow, optional_span, span};
use crate::domain::deadline::{Deadline, Rule};

/// A fault of one order.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Finding {
    /// The order.
    pub order_id: Uuid,
    /// Version or round of the fault.
    pub at: i64,
    /// Description of the fault.
    pub what: String,
}

/// Breaches of I2, at most `limit`.
///
/// # Errors
/// Errors of the database.
pub async fn histories(conn: &mut PgConnection, limit: i64) -> Result<Vec<Finding>, StoreError> {
    Ok(sqlx::query_as(include_str!("doctor/history.sql"))
        .bind(limit)
        .fetch_all(conn)
        .await?)
}

/// Breaches of I6, at most `limit`.
///
/// # Errors
/// Errors of the database.
pub async fn judgements(conn: &mut PgConnection, limit: i64) -> Result<Vec<Finding>, StoreError> {
    Ok(sqlx::query_as(include_str!("doctor/judgements.sql"))
        .bind(limit)
        .fetch_all(conn)
        .await?)
}

/// A stored deadline, with the inputs to compute it again.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Key of the deadline; the next page starts after it.
    pub place: Place,
    /// The deadline as stored.
    pub deadline: Deadline,
    /// The published rule row that it names; `None` if the row is missing or is for another clock.
    pub rule: Option<Rule>,
    /// Time of the event that starts its clock.
    pub started_at: Option<DateTime<Utc>>,
    /// The platform's own deadline.
    pub upstream: Option<DateTime<Utc>>,
    /// Limit in the order's row, if this is the limit of its running round.
    pub running_due: Option<DateTime<Utc>>,
}

/// Key of a deadline.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The order.
    pub order: Uuid,
    /// Name of the clock.
    pub clock: String,
    /// Round.
    pub round: i32,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    deadline: DeadlineRow,
    rule_clock: Option<String>,
    rule_unit: Option<String>,
    rule_length: Option<i32>,
    rule_warn_unit: Option<String>,
    rule_warn_length: Option<i32>,
    upstream_due_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    running_due_at: Option<DateTime<Utc>>,
}

/// The next `limit` deadlines after a place, by order, clock and round.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn deadlines(conn: &mut PgConnection, after: &Place, limit: i64) -> Result<Vec<Stored>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("doctor/deadlines.sql"))
        .bind(after.order)
        .bind(&after.clock)
        .bind(after.round)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(Row::stored).collect()
}

impl Row {
    fn stored(self) -> Result<Stored, StoreError> {
        let place = Place {
            order: self.deadline.order_id,
            clock: self.deadline.clock.clone(),
            round: self.deadline.round,
        };
        let wrong = |what| impossible("deadline", format!("{} has an unknown {what} of its rule", place.order));
        let deadline = self.deadline.deadline()?;
        let ruled = self
            .rule_unit
            .as_deref()
            .zip(self.rule_length)
            .filter(|_| self.rule_clock.as_ref() == Some(&place.clock));
        let warned = optional_span(self.rule_warn_unit.as_deref(), self.rule_warn_length);
        let rule = match ruled {
            None => None,
            Some((unit, length)) => Some(Rule {
                span: span(unit, length).ok_or_else(|| wrong("span"))?,
                warn_before: warned.map_err(|()| wrong("lead"))?,
                ..deadline.rule.clone()
            }),
        };
        Ok(Stored {
            place,
            deadline,
            rule,
            started_at: self.started_at,
            upstream: self.upstream_due_at,
            running_due: self.running_due_at,
        })
    }
}

/// An order and the appeal that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Opened {
    /// The order.
    pub order: Uuid,
    /// Its appeal.
    pub appeal: Uuid,
}

/// Orders with their opening appeal, by id. The check of I1 across services uses them.
///
/// # Errors
/// Errors of the database.
pub async fn opened_after(conn: &mut PgConnection, after: Uuid, page: i64) -> Result<Vec<Opened>, StoreError> {
    Ok(sqlx::query_as(
        "select order_id as \"order\", appeal_id as appeal from linked_appeal
          where order_id > $1 and place = 0 order by order_id limit $2",
    )
    .bind(after)
    .bind(page)
    .fetch_all(conn)
    .await?)
}

/// The given orders that exist.
///
/// # Errors
/// Errors of the database.
pub async fn opened(conn: &mut PgConnection, orders: &[Uuid]) -> Result<Vec<Opened>, StoreError> {
    Ok(sqlx::query_as(
        "select order_id as \"order\", appeal_id as appeal from linked_appeal where order_id = any ($1) and place = 0",
    )
    .bind(orders)
    .fetch_all(conn)
    .await?)
}

/// The given events of callback that are a stored judgement, superseded, waiting or parked.
///
/// # Errors
/// Errors of the database.
pub async fn judgements_answered(conn: &mut PgConnection, events: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar(
        "select event_id from judgement where event_id = any ($1)
         union select event_id from superseded where source = 'callback' and event_id = any ($1)
         union select event_id from waiting where source = 'callback' and event_id = any ($1)
         union select event_id from parked
                where source = 'callback' and state <> 'skipped' and event_id = any ($1)",
    )
    .bind(events)
    .fetch_all(conn)
    .await?)
}
