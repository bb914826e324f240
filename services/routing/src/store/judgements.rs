//! Judged dissatisfactions that took effect, as rows. The check of I6 reads them.

use chrono::{DateTime, Utc};
use platform::rows::int;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::order::OrderId;

/// A judgement of callback.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// Event that carried the judgement.
    pub event_id: Uuid,
    /// Callback task.
    pub task: Uuid,
    /// The order.
    pub order: OrderId,
    /// Round that was judged.
    pub round: u32,
    /// True for unit-caused, false for objective.
    pub by_unit: bool,
    /// Time of the judgement.
    pub at: DateTime<Utc>,
}

/// Adds a judgement.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, judgement: &Judgement) -> Result<(), StoreError> {
    sqlx::query(
        "insert into judgement (event_id, task_id, order_id, round, cause, at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(judgement.event_id)
    .bind(judgement.task)
    .bind(judgement.order.0)
    .bind(int(judgement.round))
    .bind(if judgement.by_unit { "unit" } else { "objective" })
    .bind(judgement.at)
    .execute(conn)
    .await?;
    Ok(())
}
