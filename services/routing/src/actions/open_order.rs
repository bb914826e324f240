//! Opens the orders of forwarded appeals, and dispatches those that the catalogue covers.
//!
//! The order's id is derived from the event, so a repeated event finds the same order. An order waits in
//! `PENDING_DISPATCH` for a dispatcher when the catalogue does not cover it or no limits are published.

use std::collections::HashMap;
use std::sync::Arc;

use calendar::local_date;
use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use hotline_proto::routing::LimitStart;
use platform::numbers::number;

use super::{Error, Rules, Step, apply, tell};
use crate::NAME;
use crate::domain::appeal::Appeal;
use crate::domain::deadline::Deadline;
use crate::domain::directory::Directory;
use crate::domain::limits::Clock;
use crate::domain::order::Dispatch;
use crate::domain::order::{Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::store::{orders, transitions};

/// An order to open, with its appeal.
#[derive(Clone, Debug)]
pub struct OpenOrder {
    /// Id of the order, derived from the event.
    pub id: OrderId,
    /// The appeal.
    pub appeal: Appeal,
    /// Subject of the agent that forwarded the appeal.
    pub actor: String,
    /// Time at which the appeal was forwarded.
    pub at: DateTime<Utc>,
}

/// Opens the orders of a batch, in six statements for appeals of one day. Each result is the order, or `None` when it
/// was opened before. The results are in the order of the commands.
///
/// # Errors
/// Errors of the store.
#[tracing::instrument(skip_all, fields(service = NAME, items = commands.len()), name = "open_orders")]
pub async fn open_orders(tx: &mut Tx, rules: &Rules, commands: Vec<OpenOrder>) -> Result<Vec<Option<Order>>, Error> {
    let serials = orders::serials(tx.conn(), commands.len()).await?;
    let mut directories: HashMap<NaiveDate, Arc<Directory>> = HashMap::new();
    let mut opened = Vec::with_capacity(commands.len());
    for (command, serial) in commands.into_iter().zip(serials) {
        let day = local_date(command.at);
        let directory = match directories.get(&day) {
            Some(directory) => directory.clone(),
            None => rules.directories.on(tx.conn(), day).await?,
        };
        opened.push(open(&directory, command, number('W', day, serial))?);
        directories.insert(day, directory);
    }
    let orders: Vec<&Order> = opened.iter().map(Opened::order).collect();
    let mut written = orders::insert_all(tx.conn(), &orders).await?;
    // Events are queued only for orders that were written. An existing order publishes nothing again.
    let mut history = Vec::new();
    let results = opened.into_iter().map(|opened| {
        written.remove(&opened.order().id).then(|| {
            let steps = opened.steps.iter();
            history.extend(steps.map(|Step { order, change, actor }| tell(tx, order, change, actor)));
            opened.order().clone()
        })
    });
    let results = results.collect();
    transitions::insert(tx.conn(), history).await?;
    Ok(results)
}

/// A new order with its first steps.
struct Opened {
    steps: Vec<Step>,
}

impl Opened {
    /// The order after its steps.
    fn order(&self) -> &Order {
        &self.steps.last().expect("an order begins with its opening").order
    }
}

/// The order, dispatched when the catalogue covers it. The agent forwarded the appeal; the service itself dispatches.
fn open(directory: &Directory, command: OpenOrder, number: String) -> Result<Opened, Error> {
    let OpenOrder { id, appeal, actor, at } = command;
    let (order, change) = Order::open(id, number, appeal, at);
    let dispatched = apply(order.clone(), |order| {
        let dispatch = by_catalogue(directory, &order, at)?;
        dispatch.map(|dispatch| order.dispatch(dispatch, at)).transpose()
    })?;
    let mut steps = vec![Step { order, change, actor }];
    steps.extend(dispatched.map(|(order, change)| Step {
        order,
        change,
        actor: DISPATCHER.to_owned(),
    }));
    Ok(Opened { steps })
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

/// A dispatch to a unit in force. The clock of handling starts too, unless its row starts it at the signature.
pub(super) fn dispatch_to(
    directory: &Directory,
    order: &Order,
    unit: &str,
    row: Option<String>,
    now: DateTime<Utc>,
) -> Result<Dispatch, Refusal> {
    let appeal = order.appeals.opening();
    let matter = appeal.matter();
    let deadline = |clock| {
        let start = order.instant(now);
        Deadline::start(
            &directory.calendar,
            &directory.limits,
            clock,
            &matter,
            start,
            appeal.upstream_due_at,
        )
    };
    let rule = directory.limits.find(Clock::Handle, &matter).ok_or(Refusal::NoLimits)?;
    let handle = match rule.start {
        LimitStart::Unspecified => Some(deadline(Clock::Handle)?),
        LimitStart::Signature => None,
    };
    Ok(Dispatch {
        unit: unit.to_owned(),
        top_unit: directory.units.top_of(unit).to_owned(),
        row,
        sign: deadline(Clock::Sign)?,
        handle,
    })
}
