//! How an event is called in log rows, parked lists and metrics: the name of its arm in the contract.

use crate::events::event::Body;

/// The arm's name as the contract writes it, such as `call_recorded`. Exhaustive, so that a new arm gets its name here.
#[must_use]
pub const fn event_type(body: &Body) -> &'static str {
    match body {
        Body::CallRecorded(_) => "call_recorded",
        Body::AppealRegistered(_) => "appeal_registered",
        Body::AppealAnswered(_) => "appeal_answered",
        Body::AppealForwarded(_) => "appeal_forwarded",
        Body::ReferencePublished(_) => "reference_published",
        Body::UnitsPublished(_) => "units_published",
        Body::OrderOpened(_) => "order_opened",
        Body::OrderDispatched(_) => "order_dispatched",
        Body::OrderSigned(_) => "order_signed",
        Body::ContactRecorded(_) => "contact_recorded",
        Body::ReplySubmitted(_) => "reply_submitted",
        Body::ReplyPassed(_) => "reply_passed",
        Body::ReplyRejected(_) => "reply_rejected",
        Body::OrderClosed(_) => "order_closed",
        Body::OrderReworked(_) => "order_reworked",
        Body::ReplyReviewed(_) => "reply_reviewed",
        Body::CardIssued(_) => "card_issued",
        Body::CardWithdrawn(_) => "card_withdrawn",
        Body::AttemptReported(_) => "attempt_reported",
        Body::OutcomeRecorded(_) => "outcome_recorded",
        Body::DissatisfactionJudged(_) => "dissatisfaction_judged",
    }
}
