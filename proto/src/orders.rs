//! What the contracts fix about orders: how an order's id follows from the event that opens it.

use uuid::Uuid;

/// The id of the order that an `AppealForwarded` opens. intake answers it before routing has heard of the event, and
/// routing finds the same order however often it hears: the id is no one's choice.
#[must_use]
pub fn order_of(forwarded: Uuid) -> Uuid {
    Uuid::new_v5(&forwarded, b"order")
}
