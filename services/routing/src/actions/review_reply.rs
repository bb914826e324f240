//! 审核: applies supervision's review of a reply. A passed reply goes to callback, a rejected one back to the unit.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use uuid::Uuid;

use super::{Error, apply, write};
use crate::NAME;
use crate::domain::order::{Order, OrderId};
use crate::store::orders;

/// A review of supervision.
#[derive(Clone, Debug)]
pub struct ReviewReply {
    /// The order.
    pub order: OrderId,
    /// Its round.
    pub round: u32,
    /// The reply that was reviewed.
    pub reply: Uuid,
    /// Numbers of `RejectionGround`; `None` when the reply passed.
    pub rejected: Option<Vec<i32>>,
    /// Subject of the reviewer.
    pub actor: String,
}

/// Passes or rejects the reply.
///
/// # Errors
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] when the decision is late: the order has another state,
/// round or reply.
#[tracing::instrument(skip_all, fields(service = NAME), name = "review_reply")]
pub async fn review_reply(tx: &mut Tx, command: ReviewReply, now: DateTime<Utc>) -> Result<Order, Error> {
    let order = orders::lock(tx.conn(), command.order).await?;
    let (order, change) = apply(order, |order| match command.rejected {
        None => order.pass_reply(command.reply, command.round, now),
        Some(grounds) => order.reject_reply(command.reply, command.round, grounds, now),
    })?;
    write(tx, &order, &change, &command.actor).await?;
    Ok(order)
}
