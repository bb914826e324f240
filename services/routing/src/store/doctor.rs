//! What the doctor reads: broken histories, deadlines with their rules, judgements without consequence.

use chrono::{DateTime, Utc};
use platform::rows::impossible;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::deadlines::{DeadlineRow, optional_span, span};
use crate::domain::deadline::{Deadline, Rule};

/// Something that is wrong with one order.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Finding {
    /// The order.
    pub order_id: Uuid,
    /// Version or round that it is about.
    pub at: i64,
    /// What is wrong.
    pub what: String,
}

/// Breaches of I2, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn histories(conn: &mut PgConnection, limit: i64) -> Result<Vec<Finding>, StoreError> {
    Ok(sqlx::query_as(include_str!("doctor/history.sql"))
        .bind(limit)
        .fetch_all(conn)
        .await?)
}

/// Breaches of I6, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn judgements(conn: &mut PgConnection, limit: i64) -> Result<Vec<Finding>, StoreError> {
    Ok(sqlx::query_as(include_str!("doctor/judgements.sql"))
        .bind(limit)
        .fetch_all(conn)
        .await?)
}

/// A deadline as stored, and what it should have been computed from.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its place: the key that the next page starts after.
    pub place: Place,
    /// As it stands.
    pub deadline: Deadline,
    /// The rule row that it names, as it was published; none when it speaks of another clock or is missing.
    pub rule: Option<Rule>,
    /// When the thing happened that starts its clock.
    pub started_at: Option<DateTime<Utc>>,
    /// The platform's own deadline.
    pub upstream: Option<DateTime<Utc>>,
    /// What the order's row says, when this is the limit of its running round.
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
/// The database's, or an impossible row.
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

/// Orders with the appeal behind each, by id: what I1 is asked of, across services.
///
/// # Errors
/// The database's.
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

/// Those of the orders that there are.
///
/// # Errors
/// The database's.
pub async fn opened(conn: &mut PgConnection, orders: &[Uuid]) -> Result<Vec<Opened>, StoreError> {
    Ok(sqlx::query_as(
        "select order_id as \"order\", appeal_id as appeal from linked_appeal where order_id = any ($1) and place = 0",
    )
    .bind(orders)
    .fetch_all(conn)
    .await?)
}

/// Those of callback's events that are a judgement, were superseded, wait or are parked.
///
/// # Errors
/// The database's.
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
