//! 派单: a person dispatches an order that the catalogue does not cover.

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::open_order::dispatch_to;
use super::{Actor, Asked, Error, Rules, accuses, apply, lock_for, write};
use crate::domain::directory::Directory;
use crate::domain::order::Dispatch;
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::state::StateName;

/// The lead unit that a dispatcher chose.
#[derive(Clone, Debug)]
pub struct DispatchOrder {
    /// The order.
    pub order: Asked,
    /// Code of a unit in force. A dispatcher of a unit may choose that unit or one below it.
    pub unit: String,
    /// The dispatcher.
    pub by: Actor,
}

/// Names the lead unit and starts the clocks.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`]; [`Error::Refused`] with
/// `NOT_PENDING_DISPATCH`, `UNKNOWN_UNIT`, `ACCUSED_UNIT` or `NO_LIMITS`.
pub async fn dispatch_order(
    tx: &mut Tx,
    rules: &Rules,
    command: &DispatchOrder,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let order = lock_for(tx, rules, command.order, &command.by.reach, now).await?;
    let now = order.instant(now);
    let directory = rules.directories.on(tx.conn(), calendar::local_date(now)).await?;
    let (order, change) = apply(order, |order| {
        let dispatch = by_person(&directory, &order, command, now)?;
        order.dispatch(dispatch, now)
    })?;
    write(tx, &order, &change, &command.by.subject).await?;
    Ok(order)
}

/// A dispatcher of a unit dispatches only within that unit. Any other unit is refused as not in force.
fn by_person(
    directory: &Directory,
    order: &Order,
    command: &DispatchOrder,
    now: DateTime<Utc>,
) -> Result<Dispatch, Refusal> {
    let found = order.state.name();
    if found != StateName::PendingDispatch {
        return Err(Refusal::NotPendingDispatch { found });
    }
    let (units, unit) = (&directory.units, command.unit.as_str());
    let own = command.by.reach.unit().is_none_or(|own| units.is_within(unit, own));
    if !own || !units.contains(unit) {
        return Err(Refusal::UnknownUnit);
    }
    if accuses(units, order, unit) {
        return Err(Refusal::AccusedUnit);
    }
    dispatch_to(directory, order, unit, None, now)
}
