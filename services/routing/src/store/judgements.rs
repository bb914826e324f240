//! Judged dissatisfactions that took effect, as rows: what I6 is asked of.

use chrono::{DateTime, Utc};
use platform::rows::int;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::order::OrderId;

/// A judgement of callback.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// Event that told it.
    pub event_id: Uuid,
    /// Callback task.
    pub task: Uuid,
    /// The order.
    pub order: OrderId,
    /// Round that was judged.
    pub round: u32,
    /// The unit's fault; else objective.
    pub by_unit: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// Adds a judgement.
///
/// # Errors
/// The database's.
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

/// Adds a judgement whose consequence stands in the history already, because the order was re-created from what others
/// knew of it: a rework round, or a closing with the flag. False when there is no such consequence, or the judgement is
/// there. A closing was re-created without knowing whose fault it was: that is made good here.
///
/// # Errors
/// The database's.
pub async fn insert_missing(conn: &mut PgConnection, judgement: &Judgement) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "insert into judgement (event_id, task_id, order_id, round, cause, at)
         select $1, $2, $3, $4, $5, $6
          where exists (
                    select from transition
                     where order_id = $3
                       and case $5
                               when 'unit' then event = 'order_reworked' and round = $4 + 1
                                             or event = 'order_closed' and round = $4 and reason <> ''
                               else event = 'order_closed' and round = $4 and reason <> ''
                           end)
            and not exists (select from judgement where order_id = $3 and round = $4)",
    )
    .bind(judgement.event_id)
    .bind(judgement.task)
    .bind(judgement.order.0)
    .bind(int(judgement.round))
    .bind(if judgement.by_unit { "unit" } else { "objective" })
    .bind(judgement.at)
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if added > 0 && judgement.by_unit {
        sqlx::query(
            "update transition set reason = 'MAX_ROUNDS'
              where order_id = $1 and round = $2 and event = 'order_closed' and reason = 'OBJECTIVE'",
        )
        .bind(judgement.order.0)
        .bind(int(judgement.round))
        .execute(conn)
        .await?;
    }
    Ok(added > 0)
}
