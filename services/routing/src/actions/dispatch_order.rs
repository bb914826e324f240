//! 派单 by a person: an order that the catalogue does not cover.

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::open_order::dispatch_to;
use super::{Actor, Error, Rules, lock_for, tell};
use crate::domain::order::{Order, OrderId, StateName};
use crate::domain::refusal::Refusal;
use crate::store::{deadlines, orders, transitions};

/// Names the lead unit.
#[derive(Clone, Debug)]
pub struct DispatchOrder {
    /// The order.
    pub order: OrderId,
    /// Code of a unit in force.
    pub unit: String,
    /// Who.
    pub by: Actor,
}

/// Starts both clocks and names the lead unit.
///
/// # Errors
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] with `NOT_PENDING_DISPATCH`, `UNKNOWN_UNIT`,
/// `ACCUSED_UNIT` or `NO_LIMITS`.
pub async fn dispatch_order(
    tx: &mut Tx,
    rules: &Rules,
    command: &DispatchOrder,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let order = lock_for(tx, command.order, &command.by.reach, now).await?;
    let found = order.state.name();
    if found != StateName::PendingDispatch {
        return Err(Refusal::NotPendingDispatch { found }.into());
    }
    let now = order.instant(now);
    let directory = rules.directories.on(tx.conn(), calendar::local_date(now)).await?;
    if !directory.units.contains(&command.unit) {
        return Err(Refusal::UnknownUnit.into());
    }
    let accused = order.appeal.accused_unit.as_deref();
    if accused.is_some_and(|accused| directory.units.is_within(&command.unit, accused)) {
        return Err(Refusal::AccusedUnit.into());
    }
    let dispatch = dispatch_to(&directory, &order, &command.unit, None, now)?;
    let (sign, handle) = (dispatch.sign.clone(), dispatch.handle.clone());
    let (order, change) = order.dispatch(dispatch, now)?;
    let step = tell(tx, &order, &change, &command.by.subject);
    orders::save(tx.conn(), &order).await?;
    deadlines::insert(tx.conn(), order.id, 0, &[&sign, &handle]).await?;
    transitions::insert(tx.conn(), &[step]).await?;
    Ok(order)
}
