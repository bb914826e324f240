//! 办结: the final outcome of a callback closes the order.

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::{Error, apply, write};
use crate::NAME;
use crate::domain::order::{Order, OrderId};
use crate::store::orders;

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
#[tracing::instrument(skip_all, fields(service = NAME), name = "close_order")]
pub async fn close_order(tx: &mut Tx, command: &CloseOrder, now: DateTime<Utc>) -> Result<Order, Error> {
    let order = orders::lock(tx.conn(), command.order).await?;
    let (order, change) = apply(order, |order| order.close(command.round, now))?;
    write(tx, &order, &change, &command.actor).await?;
    Ok(order)
}
