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

/// Adds judgements in one statement.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, judgements: &[Judgement]) -> Result<(), StoreError> {
    if judgements.is_empty() {
        return Ok(());
    }
    let cause = |by_unit: bool| if by_unit { "unit" } else { "objective" };
    sqlx::query(
        "insert into judgement (event_id, task_id, order_id, round, cause, at)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::timestamptz[])",
    )
    .bind(judgements.iter().map(|one| one.event_id).collect::<Vec<_>>())
    .bind(judgements.iter().map(|one| one.task).collect::<Vec<_>>())
    .bind(judgements.iter().map(|one| one.order.0).collect::<Vec<_>>())
    .bind(judgements.iter().map(|one| int(one.round)).collect::<Vec<_>>())
    .bind(judgements.iter().map(|one| cause(one.by_unit)).collect::<Vec<_>>())
    .bind(judgements.iter().map(|one| one.at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
