//! One file per verb. An action locks, reads, decides, writes and publishes. Its transaction comes from an RPC or from
//! a consumer's batch. A verb that also comes in batches is written for a batch; a single call is a batch of one.

pub mod close_order;
pub mod decide;
pub mod dispatch_order;
pub mod get_directory;
pub mod get_order;
pub mod get_order_history;
pub mod judge_dissatisfaction;
pub mod list_orders;
pub mod note_progress;
pub mod open_order;
pub mod publish_calendar;
pub mod publish_catalogue;
pub mod publish_limits;
pub mod publish_units;
pub mod record_contact;
pub mod review_reply;
pub mod sign_order;
pub mod submit_reply;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use calendar::local_date;
use chrono::{DateTime, Utc};
use eventlog::{NewEvent, Tx};
use platform::ids::new_id;
use platform::store::{AsStoreError, StoreError, check_version};
use sqlx::PgConnection;

use crate::domain::directory::Directory;
use crate::domain::order::{Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::domain::state::Standing;
use crate::domain::transitions::Change;
use crate::domain::units::{Units, lies_in};
use crate::domain::violation::Violation;
use crate::events;
use crate::store::directory::Directories;
use crate::store::transitions::Transition;
use crate::store::{deadlines, orders, transitions};

/// The reason why an action changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule refused the action.
    #[error("{refusal}")]
    Refused {
        /// The rule.
        refusal: Refusal,
        /// State, round and version of the order.
        standing: Standing,
    },
    /// The publication contradicts itself or what is in force.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<Violation>),
    /// The store failed, or the thing does not exist for this caller.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsStoreError for Error {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Refused { .. } | Self::Invalid(_) => None,
        }
    }
}

/// The rules that actions apply.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Units, catalogue, limits and working days.
    pub directories: Arc<Directories>,
    /// Maximum number of rework rounds of an order.
    pub max_rework_rounds: u32,
    /// Maximum age of a contact in days, by the time that the unit gives.
    pub source_days: u32,
}

/// The orders that a caller may see and change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All orders.
    All,
    /// Orders that this unit or a unit below it leads. If an order accuses this unit or one above it, this unit reaches
    /// it only as its lead.
    Unit {
        /// Code of the unit.
        unit: String,
        /// True for a dispatcher. It also reaches orders that wait for dispatch in a region of the unit or of a unit
        /// below it. Orders that accuse the unit or one above it stay out of reach.
        dispatches: bool,
    },
    /// No orders: the liaison's token names no unit.
    Nothing,
}

impl Reach {
    /// The unit that limits the caller's reach.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Unit { unit, .. } => Some(unit),
            Self::All | Self::Nothing => None,
        }
    }

    /// Whether it has an order. The reach of a unit depends on the units in force.
    fn has(&self, order: &Order, in_force: Option<&Directory>) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Unit { unit, dispatches } => {
                in_force.is_some_and(|directory| is_of(&directory.units, order, unit, *dispatches))
            }
        }
    }
}

/// The caller and its reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Subject, as written to events.
    pub subject: String,
    /// Reach.
    pub reach: Reach,
}

/// An order that a caller asks to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The order.
    pub id: OrderId,
    /// Version that the caller has seen; 0 accepts any version.
    pub if_version: u64,
}

/// Locks an order and checks the caller's reach and version. An order outside the reach is reported as absent.
pub(crate) async fn lock_for(
    tx: &mut Tx,
    rules: &Rules,
    asked: Asked,
    reach: &Reach,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    Locked::of(tx, rules, &[(asked, reach)], now).await?.get(asked, reach)
}

/// The orders of a batch, locked. Each item of the batch reads its order as the items before it left it.
pub(crate) struct Locked {
    orders: HashMap<OrderId, Order>,
    /// The units in force; only where a reach depends on them.
    directory: Option<Arc<Directory>>,
}

impl Locked {
    /// Locks the orders of all items.
    pub(crate) async fn of(
        tx: &mut Tx,
        rules: &Rules,
        items: &[(Asked, &Reach)],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let ids: BTreeSet<OrderId> = items.iter().map(|(asked, _)| asked.id).collect();
        let ids: Vec<OrderId> = ids.into_iter().collect();
        let orders = orders::lock_all(tx.conn(), &ids).await?;
        let by_unit = items.iter().any(|(_, reach)| reach.unit().is_some());
        let directory = if by_unit {
            Some(rules.directories.on(tx.conn(), local_date(now)).await?)
        } else {
            None
        };
        Ok(Self { orders, directory })
    }

    /// Locks orders for decisions of other services, which reach all orders.
    pub(crate) async fn all(tx: &mut Tx, ids: Vec<OrderId>) -> Result<Self, StoreError> {
        Ok(Self {
            orders: orders::lock_all(tx.conn(), &ids).await?,
            directory: None,
        })
    }

    /// An order, if it exists.
    pub(crate) fn find(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// An order.
    pub(crate) fn known(&self, id: OrderId) -> Result<Order, StoreError> {
        self.find(id).cloned().ok_or(StoreError::Absent(orders::ORDER))
    }

    /// The order of an item. An order outside the reach is reported as absent, and has no version.
    pub(crate) fn get(&self, asked: Asked, reach: &Reach) -> Result<Order, Error> {
        let found = self.orders.get(&asked.id);
        let order = found.filter(|order| reach.has(order, self.directory.as_deref()));
        let order = order.ok_or(StoreError::Absent(orders::ORDER))?;
        check_version(asked.if_version, order.version)?;
        Ok(order.clone())
    }

    /// Applies the transition of an item to its order. The items after it find the order as it is then.
    pub(crate) fn step(
        &mut self,
        order: Order,
        actor: &str,
        transition: impl FnOnce(Order) -> Result<(Order, Change), Refusal>,
    ) -> Result<Step, Error> {
        let (order, change) = apply(order, transition)?;
        self.orders.insert(order.id, order.clone());
        Ok(Step {
            order,
            change,
            actor: actor.to_owned(),
        })
    }

    /// The orders, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }
}

/// The order, if it is within the caller's reach.
pub(crate) async fn reached(
    conn: &mut PgConnection,
    rules: &Rules,
    order: Order,
    reach: &Reach,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let directory = match reach {
        Reach::Unit { .. } => Some(rules.directories.on(conn, local_date(now)).await?),
        Reach::All | Reach::Nothing => None,
    };
    if reach.has(&order, directory.as_deref()) {
        Ok(order)
    } else {
        Err(StoreError::Absent(orders::ORDER).into())
    }
}

/// Whether an order is within the reach of a unit.
fn is_of(units: &Units, order: &Order, unit: &str, dispatches: bool) -> bool {
    match order.lead() {
        Some(lead) if lead.unit == unit => true,
        Some(lead) => units.is_within(&lead.unit, unit) && !accuses(units, order, unit),
        None => {
            let waits_here = || lies_in(&order.appeals.opening().region, &units.regions(unit));
            dispatches && waits_here() && !accuses(units, order, unit)
        }
    }
}

/// Whether a report in the order accuses the unit or a unit above it. The accused unit can be above the lead when units
/// have moved since the dispatch.
pub(crate) fn accuses(units: &Units, order: &Order, unit: &str) -> bool {
    order.appeals.accused().any(|accused| units.is_within(unit, accused))
}

/// Applies a transition. A refusal carries the order's state, round and version.
pub(crate) fn apply<T>(order: Order, transition: impl FnOnce(Order) -> Result<T, Refusal>) -> Result<T, Error> {
    let standing = order.standing();
    transition(order).map_err(|refusal| Error::Refused { refusal, standing })
}

/// One change of an order, to be written.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The order as it stands after the change.
    pub(crate) order: Order,
    /// The change.
    pub(crate) change: Change,
    /// Subject of the actor.
    pub(crate) actor: String,
}

/// Writes an order after one change, with its history and its event.
pub(crate) async fn write(tx: &mut Tx, order: &Order, change: &Change, actor: &str) -> Result<(), StoreError> {
    let step = Step {
        order: order.clone(),
        change: change.clone(),
        actor: actor.to_owned(),
    };
    write_all(tx, std::slice::from_ref(&step)).await
}

/// Writes orders after changes, with their new limits, their history and their events, in three statements at most. The
/// steps of one order are in the order of its versions, and the order was locked before the first.
pub(crate) async fn write_all(tx: &mut Tx, steps: &[Step]) -> Result<(), StoreError> {
    let mut last: BTreeMap<OrderId, (&Order, u64)> = BTreeMap::new();
    let mut history = Vec::with_capacity(steps.len());
    for Step { order, change, actor } in steps {
        let held = order.version - 1;
        last.entry(order.id).or_insert((order, held)).0 = order;
        history.push(tell(tx, order, change, actor));
    }
    let last: Vec<(&Order, u64)> = last.into_values().collect();
    let limits: Vec<_> = steps
        .iter()
        .flat_map(|Step { order, change, .. }| order.started(change).map(|(round, limit)| (order.id, round, limit)))
        .collect();
    orders::save_all(tx.conn(), &last).await?;
    deadlines::insert(tx.conn(), &limits).await?;
    transitions::insert(tx.conn(), history).await
}

/// Queues the event of a change. Returns the matching step of the history, which the caller writes.
pub(crate) fn tell(tx: &mut Tx, order: &Order, change: &Change, actor: &str) -> Transition {
    let body = events::body(order, change);
    let event_id = new_id(change.at);
    let event = hotline_proto::event_type(&body).to_owned();
    tx.tell(NewEvent {
        event_id,
        key: order.id.0,
        version: order.version,
        actor: actor.to_owned(),
        occurred_at: change.at,
        body,
    });
    Transition {
        order: order.id,
        version: order.version,
        event_id,
        event,
        actor: actor.to_owned(),
        at: change.at,
        source_at: change.source_at(order),
        unit: order.lead().map(|lead| lead.unit.clone()),
        before: change.before,
        after: order.state.name(),
        round: order.round(),
        reason: change.reason.clone(),
    }
}
