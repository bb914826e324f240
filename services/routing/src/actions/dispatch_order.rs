//! 派单 by a person: an order that the catalogue does not cover.

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::open_order::dispatch_to;
use super::{Actor, Asked, Error, Rules, accuses, apply, lock_for, write};
use crate::domain::directory::Directory;
use crate::domain::order::Dispatch;
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::state::StateName;
use crate::store::deadlines;

/// Names the lead unit.
#[derive(Clone, Debug)]
pub struct DispatchOrder {
    /// The order.
    pub order: Asked,
    /// Code of a unit in force; for a dispatcher that is confined to a unit, of that one or one below it.
    pub unit: String,
    /// Who.
    pub by: Actor,
}

/// Starts both clocks and names the lead unit.
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
    deadlines::insert(tx.conn(), order.id, order.deadlines()).await?;
    Ok(order)
}

/// A unit out of the dispatcher's own is refused as one that is not in force: it is none for that dispatcher.
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
