//! 签收: a liaison of the lead unit signs the order.

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::{Actor, Asked, Error, Rules, apply, lock_for, write};
use crate::domain::order::Order;
use crate::domain::transitions::Fact;

/// The caller's request.
#[derive(Clone, Debug)]
pub struct SignOrder {
    /// The order.
    pub order: Asked,
    /// The liaison.
    pub by: Actor,
}

/// Returns the order, and whether it was signed late.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`]; [`Error::Refused`] with
/// `ALREADY_SIGNED` or `NOT_PENDING_SIGN`.
pub async fn sign_order(
    tx: &mut Tx,
    rules: &Rules,
    command: &SignOrder,
    now: DateTime<Utc>,
) -> Result<(Order, bool), Error> {
    let order = lock_for(tx, rules, command.order, &command.by.reach, now).await?;
    let (order, change) = apply(order, |order| order.sign(now))?;
    write(tx, &order, &change, &command.by.subject).await?;
    let late = matches!(change.fact, Fact::Signed { late: true });
    Ok((order, late))
}
