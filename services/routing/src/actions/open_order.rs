//! Opens the order of a forwarded appeal, and dispatches it when the catalogue covers it.
//!
//! Its id is derived from the event, so doing it again finds the same one. What the catalogue does not cover, or what
//! comes before any limits are published, waits in `PENDING_DISPATCH` for a person.

use calendar::local_date;
use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::numbers::number;

use super::{Error, apply, tell};
use crate::NAME;
use crate::domain::appeal::Appeal;
use crate::domain::deadline::Deadline;
use crate::domain::directory::Directory;
use crate::domain::limits::Clock;
use crate::domain::order::Dispatch;
use crate::domain::order::{Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::domain::transitions::Change;
use crate::store::{orders, transitions};

/// An appeal to open an order for.
#[derive(Clone, Debug)]
pub struct OpenOrder {
    /// Id of the order, derived from the event.
    pub id: OrderId,
    /// Serial of its number.
    pub serial: u64,
    /// The appeal.
    pub appeal: Appeal,
    /// Who forwarded it.
    pub actor: String,
}

/// Takes serials for the numbers of so many orders.
///
/// # Errors
/// The store's.
pub async fn take_serials(tx: &mut Tx, count: usize) -> Result<Vec<u64>, Error> {
    Ok(orders::serials(tx.conn(), count).await?)
}

/// Gives the order, or none when it was opened before. `directory` is what is in force on the day of `now`: a batch
/// reads it once.
///
/// # Errors
/// The store's.
#[tracing::instrument(skip_all, fields(service = NAME), name = "open_order")]
pub async fn open_order(
    tx: &mut Tx,
    directory: &Directory,
    command: OpenOrder,
    now: DateTime<Utc>,
) -> Result<Option<Order>, Error> {
    let OpenOrder {
        id,
        serial,
        appeal,
        actor,
    } = command;
    let (opened, change) = Order::open(id, number('W', local_date(now), serial), appeal, now);
    let dispatched = apply(opened.clone(), |order| {
        let dispatch = by_catalogue(directory, &order, now)?;
        dispatch.map(|dispatch| order.dispatch(dispatch, now)).transpose()
    })?;
    // Told only when it is written: an order that is there already tells nothing again.
    let changes: Vec<(Order, Change)> = std::iter::once((opened.clone(), change))
        .chain(dispatched.clone())
        .collect();
    let order = dispatched.map_or(opened, |(order, _)| order);
    if !orders::insert(tx.conn(), &order).await? {
        return Ok(None);
    }
    let mut steps = Vec::with_capacity(changes.len());
    for (order, change) in &changes {
        // The catalogue's dispatch is the service's own doing; forwarding was the actor's.
        let actor = if change.before.is_none() {
            actor.as_str()
        } else {
            DISPATCHER
        };
        steps.push(tell(tx, order, change, actor));
    }
    transitions::insert(tx.conn(), steps).await?;
    Ok(Some(order))
}

/// Who dispatches by the catalogue, in history and events.
const DISPATCHER: &str = "service:routing";

/// The catalogue's decision, if it covers the appeal, its unit is in force, and limits are published. Where a report
/// accuses that unit, its superior leads.
fn by_catalogue(directory: &Directory, order: &Order, now: DateTime<Utc>) -> Result<Option<Dispatch>, Refusal> {
    if directory.limits.version == 0 {
        return Ok(None);
    }
    let appeal = order.appeals.opening();
    let row = directory
        .catalogue
        .find(&appeal.category, &appeal.region)
        .filter(|row| directory.units.contains(&row.unit));
    let Some(row) = row else { return Ok(None) };
    match directory.units.lead_instead(&row.unit, appeal.accused_unit.as_deref()) {
        None => Ok(None),
        Some(lead) => dispatch_to(directory, order, lead, Some(row.row.clone()), now).map(Some),
    }
}

/// A dispatch to a unit in force, with both limits started.
pub(super) fn dispatch_to(
    directory: &Directory,
    order: &Order,
    unit: &str,
    row: Option<String>,
    now: DateTime<Utc>,
) -> Result<Dispatch, Refusal> {
    let appeal = order.appeals.opening();
    let deadline = |clock| {
        let start = order.instant(now);
        Deadline::start(
            &directory.calendar,
            &directory.limits,
            clock,
            &appeal.matter(),
            start,
            appeal.upstream_due_at,
        )
    };
    Ok(Dispatch {
        unit: unit.to_owned(),
        top_unit: directory.units.top_of(unit).to_owned(),
        row,
        sign: deadline(Clock::Sign)?,
        handle: deadline(Clock::Handle)?,
    })
}
