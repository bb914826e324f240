//! History as rows, written with the change; insert only.

use chrono::{DateTime, Utc};
use platform::rows::{big, fits, impossible, int};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::{self, row};
use crate::domain::order::OrderId;
use crate::domain::state::StateName;

/// One step of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The order.
    pub order: OrderId,
    /// Version after the step.
    pub version: u64,
    /// Event that published the step.
    pub event_id: Uuid,
    /// Name of the event.
    pub event: String,
    /// Subject of the actor.
    pub actor: String,
    /// Time of the step.
    pub at: DateTime<Utc>,
    /// Time given by the source, if it differs.
    pub source_at: Option<DateTime<Utc>>,
    /// Lead unit after the step.
    pub unit: Option<String>,
    /// State before; `None` for the first step.
    pub before: Option<StateName>,
    /// State after.
    pub after: StateName,
    /// Round after the step.
    pub round: u32,
    /// Reason, as codes.
    pub reason: String,
}

row! {
    struct TransitionRow in "transition" {
        order_id: Uuid,
        version: i64,
        event_id: Uuid,
        event: String,
        actor: String,
        at: DateTime<Utc>,
        source_at: Option<DateTime<Utc>>,
        unit: Option<String>,
        before: Option<String>,
        after: String,
        round: i32,
        reason: String,
    }
}

/// Adds steps.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, steps: Vec<Transition>) -> Result<(), StoreError> {
    let rows = steps.into_iter().map(TransitionRow::of).collect();
    columns::insert(conn, rows, "").await?;
    Ok(())
}

/// Steps of an order after a version, by version.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn after(
    conn: &mut PgConnection,
    order: OrderId,
    version: u64,
    limit: i64,
) -> Result<Vec<Transition>, StoreError> {
    let rows: Vec<TransitionRow> = sqlx::query_as(columns::select::<TransitionRow>(
        "where order_id = $1 and version > $2 order by version limit $3",
    ))
    .bind(order.0)
    .bind(big(version))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TransitionRow::step).collect()
}

impl TransitionRow {
    fn of(step: Transition) -> Self {
        Self {
            order_id: step.order.0,
            version: big(step.version),
            event_id: step.event_id,
            event: step.event,
            actor: step.actor,
            at: step.at,
            source_at: step.source_at,
            unit: step.unit,
            before: step.before.map(|before| before.name().to_owned()),
            after: step.after.name().to_owned(),
            round: int(step.round),
            reason: step.reason,
        }
    }

    fn step(self) -> Result<Transition, StoreError> {
        let wrong = || impossible("transition", format!("{} has an unknown state", self.order_id));
        let state = |name: &str| StateName::from_name(name).ok_or_else(wrong);
        Ok(Transition {
            order: OrderId(self.order_id),
            version: fits("transition", "version", self.version)?,
            event_id: self.event_id,
            before: self.before.as_deref().map(state).transpose()?,
            after: state(&self.after)?,
            event: self.event,
            actor: self.actor,
            at: self.at,
            source_at: self.source_at,
            unit: self.unit,
            round: fits("transition", "round", self.round)?,
            reason: self.reason,
        })
    }
}
