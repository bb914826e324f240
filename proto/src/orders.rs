//! Orders in the contracts: the id that follows from the opening event, and look-ups in an order.

use uuid::Uuid;

use crate::common::{ClockKind, Deadline};
use crate::intake::AppealFacts;
use crate::routing::Order;

impl Order {
    /// Codes of the appeal that opened the order; `None` for a broken order.
    #[must_use]
    pub fn opening(&self) -> Option<&AppealFacts> {
        self.appeals.first().and_then(|linked| linked.facts.as_ref())
    }

    /// The order's deadline of a kind; for rework the newest one.
    #[must_use]
    pub fn deadline(&self, kind: ClockKind) -> Option<&Deadline> {
        self.deadlines
            .iter()
            .rev()
            .find(|deadline| deadline.kind == i32::from(kind))
    }
}

/// The id of the order that an `AppealForwarded` opens. intake returns the id before routing has read the event.
/// routing gets the same id on every delivery, because the id is derived from the event.
#[must_use]
pub fn order_of(forwarded: Uuid) -> Uuid {
    Uuid::new_v5(&forwarded, b"order")
}
