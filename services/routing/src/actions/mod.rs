//! One verb, one file: lock, look, decide, write, tell – on a transaction that is lent by an RPC or by a consumer's batch.

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

/// Why an action did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error("{refusal}")]
    Refused {
        /// Which.
        refusal: Refusal,
        /// Where the order stands.
        standing: Standing,
    },
    /// What was to be published contradicts itself or what is in force.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<Violation>),
    /// The store says no; or there is no such thing, or none that this caller may see.
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

/// The rules that actions decide by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Units, catalogue, limits and working days.
    pub directories: Arc<Directories>,
    /// Rework rounds that an order may have.
    pub max_rework_rounds: u32,
    /// Days back that a unit may say a contact was made.
    pub source_days: u32,
}

/// Whose orders a caller reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All orders.
    All,
    /// Orders that this unit leads or one below it. An order that accuses the unit or one above it is left out, unless the
    /// unit itself leads it.
    Unit {
        /// Code of the unit.
        unit: String,
        /// A dispatcher: also orders that wait for dispatch in a region of the unit or of one below it, unless they
        /// accuse the unit or one above it.
        dispatches: bool,
    },
    /// None: a liaison whose token names no unit.
    Nothing,
}

impl Reach {
    /// The unit that the caller is confined to.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Unit { unit, .. } => Some(unit),
            Self::All | Self::Nothing => None,
        }
    }
}

/// Who acts, and how far the actor reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Subject, as it stands in events.
    pub subject: String,
    /// How far.
    pub reach: Reach,
}

/// An order that a caller asks to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The order.
    pub id: OrderId,
    /// Version that the caller decided by; 0 for whatever it is.
    pub if_version: u64,
}

/// An order locked for a caller, at the version that the caller decided by. One out of reach does not exist.
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

/// The order, if the caller reaches it.
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

/// Whether a caller that is confined to a unit reaches the order.
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

/// Whether a report in the order accuses the unit, or one above it. That it is above the lead all the same comes of units
/// that were published since the dispatch.
pub(crate) fn accuses(units: &Units, order: &Order, unit: &str) -> bool {
    order.appeals.accused().any(|accused| units.is_within(unit, accused))
}

/// Applies a transition; its refusal says where the order stands.
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

/// Tells a change; gives the step of history that belongs to it, to be written.
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
