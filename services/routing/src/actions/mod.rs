//! One file per verb. An action locks, reads, decides, writes and publishes. Its transaction comes from an RPC or from
//! a consumer's batch.

pub mod close_order;
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

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eventlog::{NewEvent, Tx};
use platform::ids::new_id;
use platform::store::{AsStoreError, StoreError, check_version};
use sqlx::PgConnection;

use crate::domain::order::{Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::domain::state::Standing;
use crate::domain::transitions::Change;
use crate::domain::units::{Units, lies_in};
use crate::domain::violation::Violation;
use crate::events;
use crate::store::directory::Directories;
use crate::store::transitions::Transition;
use crate::store::{orders, transitions};

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
    let order = orders::lock(tx.conn(), asked.id).await?;
    let order = reached(tx.conn(), rules, order, reach, now).await?;
    check_version(asked.if_version, order.version)?;
    Ok(order)
}

/// The order, if it is within the caller's reach.
pub(crate) async fn reached(
    conn: &mut PgConnection,
    rules: &Rules,
    order: Order,
    reach: &Reach,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let reaches = match reach {
        Reach::All => true,
        Reach::Nothing => false,
        Reach::Unit { unit, dispatches } => {
            let directory = rules.directories.on(conn, calendar::local_date(now)).await?;
            is_of(&directory.units, &order, unit, *dispatches)
        }
    };
    if reaches {
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

/// Writes an order after one change, with its history and its event.
pub(crate) async fn write(tx: &mut Tx, order: &Order, change: &Change, actor: &str) -> Result<(), StoreError> {
    let step = tell(tx, order, change, actor);
    orders::save(tx.conn(), order).await?;
    transitions::insert(tx.conn(), vec![step]).await
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
