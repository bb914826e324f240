//! What the contracts fix about orders: how an order's id follows from the event that opens it, and which events carry
//! its state.

use uuid::Uuid;

use crate::events::OrderSnapshot;
use crate::events::event::Body;

/// The id of the order that an `AppealForwarded` opens. intake answers it before routing has heard of the event, and
/// routing finds the same order however often it hears: the id is no one's choice.
#[must_use]
pub fn order_of(forwarded: Uuid) -> Uuid {
    Uuid::new_v5(&forwarded, b"order")
}

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

/// The order that an event carries. The arms are listed, so that a new event is decided on here.
#[must_use]
pub fn carried(body: &Body) -> Carried<'_> {
    let order = match body {
        Body::OrderOpened(event) => &event.order,
        Body::OrderDispatched(event) => &event.order,
        Body::OrderSigned(event) => &event.order,
        Body::ContactRecorded(event) => &event.order,
        Body::ReplySubmitted(event) => &event.order,
        Body::ReplyPassed(event) => &event.order,
        Body::ReplyRejected(event) => &event.order,
        Body::OrderClosed(event) => &event.order,
        Body::OrderReworked(event) => &event.order,
        Body::CallRecorded(_)
        | Body::AppealRegistered(_)
        | Body::AppealAnswered(_)
        | Body::AppealForwarded(_)
        | Body::ReferencePublished(_)
        | Body::UnitsPublished(_)
        | Body::ReplyReviewed(_)
        | Body::CardIssued(_)
        | Body::CardWithdrawn(_)
        | Body::AttemptReported(_)
        | Body::OutcomeRecorded(_)
        | Body::DissatisfactionJudged(_) => return Carried::Nothing,
    };
    order.as_ref().map_or(Carried::Broken, Carried::Order)
}
