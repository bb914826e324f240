//! Callback tasks of an order as rows: one for each round and appeal. The lock of the order's row protects them.

use std::collections::HashMap;

use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, selected, table};
use crate::domain::callback::{Asked, CallbackFact, Callbacks, Judged, Outcome, Stamp};
use crate::domain::kept::Kept;

table! {
    /// A row of `fact_callback`.
    #[derive(Default)]
    pub struct Row of "fact_callback" by [order_id, round, appeal_id] {
        order_id: Uuid,
        round: i32,
        appeal_id: Uuid,
        attempts: i32,
        outcome_version: Option<i64>,
        outcome_event: Option<Uuid>,
        reached: Option<bool>,
        solved: Option<i32>,
        rating: Option<i32>,
        ground: Option<i32>,
        judged_version: Option<i64>,
        judged_event: Option<Uuid>,
        cause: Option<i32>,
    }
}

/// The tasks of these orders.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub(super) async fn of_orders(
    connection: &mut PgConnection,
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Callbacks>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(selected::<Row>("where order_id = any($1)"))
        .bind(orders)
        .fetch_all(connection)
        .await?;
    let mut callbacks: HashMap<Uuid, Callbacks> = HashMap::new();
    for row in rows {
        let asked = Asked {
            round: fits(Row::TABLE, "round", row.round)?,
            appeal: row.appeal_id,
        };
        let of_order = callbacks.entry(row.order_id).or_default();
        of_order.0.insert(asked, CallbackFact::try_from(row)?);
    }
    Ok(callbacks)
}

/// The rows of an order's tasks.
///
/// # Errors
/// When a number is too large for its column.
pub(super) fn rows(order: Uuid, callbacks: &Callbacks) -> Result<Vec<Row>, StoreError> {
    let rows = callbacks.0.iter().map(|(asked, fact)| row(order, *asked, fact));
    rows.collect()
}

fn row(order_id: Uuid, asked: Asked, fact: &CallbackFact) -> Result<Row, StoreError> {
    let mut row = Row {
        order_id,
        round: fits(Row::TABLE, "round", asked.round)?,
        appeal_id: asked.appeal,
        attempts: fits(Row::TABLE, "attempts", fact.attempts)?,
        ..Row::default()
    };
    if let Some(outcome) = &fact.outcome {
        row.outcome_version = Some(big(outcome.stamp.version));
        row.outcome_event = Some(outcome.stamp.event);
        row.reached = Some(outcome.reached);
        row.solved = Some(outcome.solved.number());
        row.rating = Some(outcome.rating.number());
        row.ground = Some(outcome.ground.number());
    }
    if let Some(judged) = &fact.judged {
        row.judged_version = Some(big(judged.stamp.version));
        row.judged_event = Some(judged.stamp.event);
        row.cause = Some(judged.cause.number());
    }
    Ok(row)
}

impl TryFrom<Row> for CallbackFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            attempts: fits(Row::TABLE, "attempts", row.attempts)?,
            outcome: row.outcome()?,
            judged: row.judged()?,
        })
    }
}

impl Row {
    fn outcome(&self) -> Result<Option<Outcome>, StoreError> {
        let Some(version) = self.outcome_version else {
            return Ok(None);
        };
        Ok(Some(Outcome {
            stamp: self.stamp(version, self.outcome_event)?,
            reached: self.whole(self.reached)?,
            solved: Kept::new(self.whole(self.solved)?),
            rating: Kept::new(self.whole(self.rating)?),
            ground: Kept::new(self.whole(self.ground)?),
        }))
    }

    fn judged(&self) -> Result<Option<Judged>, StoreError> {
        let Some(version) = self.judged_version else {
            return Ok(None);
        };
        Ok(Some(Judged {
            stamp: self.stamp(version, self.judged_event)?,
            cause: Kept::new(self.whole(self.cause)?),
        }))
    }

    fn stamp(&self, version: i64, event: Option<Uuid>) -> Result<Stamp, StoreError> {
        Ok(Stamp {
            version: fits(Self::TABLE, "version", version)?,
            event: self.whole(event)?,
        })
    }

    fn whole<T>(&self, column: Option<T>) -> Result<T, StoreError> {
        let order = self.order_id;
        column.ok_or_else(|| impossible(Self::TABLE, format!("a task of {order} lacks some of its columns")))
    }
}
