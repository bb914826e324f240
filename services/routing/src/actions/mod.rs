//! One verb, one file: lock, look, decide, write, tell – on a transaction that is lent by an RPC or by a consumer's batch.

pub mod close_order;
pub mod dispatch_order;
pub mod get_directory;
pub mod get_order;
pub mod get_order_history;
pub mod judge_dissatisfaction;
pub mod list_orders;
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

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::{NewEvent, Tx};
use platform::ids::new_id;
use platform::store::{AsStoreError, StoreError};
use sqlx::PgConnection;

use crate::domain::directory::Violation;
use crate::domain::order::{Change, Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::events;
use crate::store::directory::Directories;
use crate::store::transitions::Transition;
use crate::store::{directory, orders, transitions};

/// Why an action did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
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
            Self::Refused(_) | Self::Invalid(_) => None,
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
    /// Those led by this unit or one below it, but of another lead none that accuses it or one above it.
    Unit(String),
    /// None: a liaison whose token names no unit.
    Nothing,
}

/// Who acts, and how far he reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Subject, as it stands in events.
    pub subject: String,
    /// How far.
    pub reach: Reach,
}

/// An order locked for a caller; one out of his reach does not exist for him.
pub(crate) async fn lock_for(tx: &mut Tx, id: OrderId, reach: &Reach, now: DateTime<Utc>) -> Result<Order, Error> {
    let order = orders::lock(tx.conn(), id).await?;
    reached(tx.conn(), order, reach, now).await
}

/// The order, if the caller reaches it.
pub(crate) async fn reached(
    conn: &mut PgConnection,
    order: Order,
    reach: &Reach,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let reaches = match (reach, order.lead()) {
        (Reach::All, _) => true,
        (Reach::Unit(unit), Some(lead)) if lead.unit == *unit => true,
        (Reach::Unit(unit), Some(lead)) => {
            let day = calendar::local_date(now);
            directory::lineage(conn, &lead.unit, day).await?.contains(unit) && !accused(conn, &order, unit, day).await?
        }
        (Reach::Unit(_), None) | (Reach::Nothing, _) => false,
    };
    if reaches {
        Ok(order)
    } else {
        Err(StoreError::Absent(orders::ORDER).into())
    }
}

/// Whether a report accuses the unit, or one above it. That it is above the lead all the same comes of units that were
/// published since the dispatch.
pub(crate) async fn accused(
    conn: &mut PgConnection,
    order: &Order,
    unit: &str,
    day: NaiveDate,
) -> Result<bool, StoreError> {
    match &order.appeal.accused_unit {
        None => Ok(false),
        Some(accused) => Ok(directory::lineage(conn, unit, day).await?.contains(accused)),
    }
}

/// Writes an order after one change, with its history and its event.
pub(crate) async fn write(tx: &mut Tx, order: &Order, change: &Change, actor: &str) -> Result<(), StoreError> {
    let step = tell(tx, order, change, actor);
    orders::save(tx.conn(), order).await?;
    transitions::insert(tx.conn(), &[step]).await
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
