//! Facts that follow from the contract of an event: its name, its owner, and the order that it carries.

use crate::events::event::Body;
use crate::routing::Order;

/// The order's state in an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Carried<'e> {
    /// The event is not about an order's state.
    Nothing,
    /// The event should carry a state, but does not.
    Broken,
    /// The order after the event.
    Order(&'e Order),
}

/// Name of an event in log rows, parked lists and metrics: its arm in the contract, such as `call_recorded`.
#[must_use]
pub const fn event_type(body: &Body) -> &'static str {
    table::name(body)
}

/// The service that publishes an event, such as `routing`. Each service owns a range of the contract's numbers.
#[must_use]
pub const fn owner(body: &Body) -> &'static str {
    table::owned_by(body)
}

/// The order that an event carries, in its field `order`.
#[must_use]
pub fn carried(body: &Body) -> Carried<'_> {
    table::order(body)
}

/// One event of each kind, with empty fields. For tests that compare readers with the contract.
#[must_use]
pub fn every_event() -> Vec<Body> {
    table::every()
}

#[allow(clippy::all, clippy::pedantic, reason = "generated from the contract")]
mod table {
    use super::{Body, Carried};

    include!(concat!(env!("OUT_DIR"), "/event_table.rs"));
}
