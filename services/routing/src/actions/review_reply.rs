//! 审核: applies supervision's review of a reply. A passed reply goes to callback, a rejected one back to the unit.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Error, Locked, Step};
use crate::domain::order::OrderId;

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
pub(super) fn review_reply(locked: &mut Locked, command: &ReviewReply, now: DateTime<Utc>) -> Result<Step, Error> {
    let order = locked.known(command.order)?;
    locked.step(order, &command.actor, |order| match command.rejected.clone() {
        None => order.pass_reply(command.reply, command.round, now),
        Some(grounds) => order.reject_reply(command.reply, command.round, grounds, now),
    })
}
