//! Opens the order of a forwarded appeal, and dispatches it when the catalogue covers it.
//!
//! The order's id is derived from the event, so a repeated event finds the same order. An order waits in
//! `PENDING_DISPATCH` for a dispatcher when the catalogue does not cover it or no limits are published.

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

/// The order to open, with its appeal.
#[derive(Clone, Debug)]
pub struct OpenOrder {
    /// Id of the order, derived from the event.
    pub id: OrderId,
    /// Serial of its number.
    pub serial: u64,
    /// The appeal.
    pub appeal: Appeal,
    /// Subject of the agent that forwarded the appeal.
    pub actor: String,
}

/// Takes one serial for the number of each order.
///
/// # Errors
/// Errors of the store.
pub async fn take_serials(tx: &mut Tx, count: usize) -> Result<Vec<u64>, Error> {
    Ok(orders::serials(tx.conn(), count).await?)
}

/// Returns the order, or `None` when it was opened before. `directory` is what is in force on the day of `now`; a batch
/// reads it once.
///
/// # Errors
/// Errors of the store.
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
    // Events are queued only after the order was written. An existing order publishes nothing again.
    let changes: Vec<(Order, Change)> = std::iter::once((opened.clone(), change))
        .chain(dispatched.clone())
        .collect();
    let order = dispatched.map_or(opened, |(order, _)| order);
    if !orders::insert(tx.conn(), &order).await? {
        return Ok(None);
    }
    let mut steps = Vec::with_capacity(changes.len());
    for (order, change) in &changes {
        // The agent forwarded the appeal; the service itself dispatches by the catalogue.
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

/// Actor of dispatches by the catalogue, in history and events.
const DISPATCHER: &str = "service:routing";

/// The catalogue's decision. `None` when the catalogue does not cover the appeal, its unit is not in force, or no
/// limits are published. If a report accuses that unit, its superior leads.
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

/// A dispatch to a unit in force. Both clocks start.
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
