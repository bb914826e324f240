//! What follows from the contract of an event: its name, its owner, and whether it carries an order.

use crate::events::OrderSnapshot;
use crate::events::event::Body;

/// What an event says of an order's state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Carried<'e> {
    /// Nothing: it is not about an order's state.
    Nothing,
    /// It should carry a state, and does not.
    Broken,
    /// The order after the event.
    Order(&'e OrderSnapshot),
}

/// How an event is called in log rows, parked lists and metrics: its arm in the contract, such as `call_recorded`.
#[must_use]
pub const fn event_type(body: &Body) -> &'static str {
    table::name(body)
}

/// The service that publishes an event, such as `routing`: each owns a range of the contract's numbers.
#[must_use]
pub const fn owner(body: &Body) -> &'static str {
    table::owned_by(body)
}

/// The order that an event carries, in its field `order`.
#[must_use]
pub fn carried(body: &Body) -> Carried<'_> {
    table::order(body)
}

/// One event of each kind, with empty fields: for tests that hold readers against the contract.
#[must_use]
pub fn every_event() -> Vec<Body> {
    table::every()
}

#[allow(clippy::all, clippy::pedantic, reason = "generated from the contract")]
mod table {
    use super::{Body, Carried};

    include!(concat!(env!("OUT_DIR"), "/event_table.rs"));
}
