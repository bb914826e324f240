//! 办结: the final outcome of a callback closes the order.

use chrono::{DateTime, Utc};

use super::{Error, Locked, Step};
use crate::domain::order::OrderId;

/// A final outcome of callback.
#[derive(Clone, Debug)]
pub struct CloseOrder {
    /// The order.
    pub order: OrderId,
    /// Its round.
    pub round: u32,
    /// Subject of the person that recorded the outcome.
    pub actor: String,
}

/// Closes the order.
///
/// # Errors
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] when the decision is late: the order has another state
/// or round.
pub(super) fn close_order(locked: &mut Locked, command: &CloseOrder, now: DateTime<Utc>) -> Result<Step, Error> {
    let order = locked.known(command.order)?;
    locked.step(order, &command.actor, |order| order.close(command.round, now))
}
