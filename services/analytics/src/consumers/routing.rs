//! routing: every state of an order, and the names of units.

use eventlog::Recorded;
use hotline_proto::common::{Deadline, OrderState};
use hotline_proto::events::event::Body;
use hotline_proto::events::{OrderSnapshot, UnitsPublished};

use super::read;
use crate::domain::change::{Change, NameKind};
use crate::domain::order::{Lead, OrderHeard, RoutingState};

/// Whose events these are.
pub const SOURCE: &str = "routing";

/// What an event of routing changes. The arms are listed, so that a new one is decided on here.
///
/// # Errors
/// What is wrong with the event.
pub fn read(event: &Recorded) -> Result<Option<Change>, String> {
    let snapshot = match &event.body {
        Body::UnitsPublished(units) => return units_published(units).map(Some),
        Body::OrderOpened(told) => &told.order,
        Body::OrderDispatched(told) => &told.order,
        Body::OrderSigned(told) => &told.order,
        Body::ContactRecorded(told) => &told.order,
        Body::ReplySubmitted(told) => &told.order,
        Body::ReplyPassed(told) => &told.order,
        Body::ReplyRejected(told) => &told.order,
        Body::OrderClosed(told) => &told.order,
        Body::OrderReworked(told) => &told.order,
        Body::CallRecorded(_)
        | Body::AppealRegistered(_)
        | Body::AppealAnswered(_)
        | Body::AppealForwarded(_)
        | Body::ReferencePublished(_)
        | Body::ReplyReviewed(_)
        | Body::CardIssued(_)
        | Body::CardWithdrawn(_)
        | Body::AttemptReported(_)
        | Body::OutcomeRecorded(_)
        | Body::DissatisfactionJudged(_) => return Ok(None),
    };
    let order = read::present("order", snapshot.as_ref())?;
    let id = read::id("order_id", &order.order_id)?;
    let state = routing_state(order)?;
    Ok(Some(Change::Order(id, OrderHeard::State(Box::new(state)))))
}

fn routing_state(order: &OrderSnapshot) -> Result<RoutingState, String> {
    let appeal = read::present("appeal", order.appeal.as_ref())?;
    let state = read::known("state", order.state)?;
    let lead = lead(order)?;
    if lead.is_none() && state != OrderState::PendingDispatch {
        return Err("lead_unit is empty after dispatch".to_owned());
    }
    let closed_at = read::optional_time("close_time", order.close_time.as_ref())?;
    if (state == OrderState::Closed) != closed_at.is_some() {
        return Err("close_time contradicts the state".to_owned());
    }
    let accepted = order.accepted_reply_time.as_ref();
    Ok(RoutingState {
        version: read::version(order.version)?,
        number: read::filled("order_number", &order.order_number)?,
        appeal: read::id("appeal_id", &appeal.appeal_id)?,
        kind: read::known("type", appeal.r#type)?,
        category: read::filled("category", &appeal.category)?,
        region: appeal.region.clone(),
        channel: read::filled("channel", &appeal.channel)?,
        anonymous: appeal.anonymous,
        state,
        round: order.round,
        opened_at: read::time("open_time", order.open_time.as_ref())?,
        lead,
        signed_at: read::optional_time("sign_time", order.sign_time.as_ref())?,
        contacts: order.contact_count,
        accepted_at: read::optional_time("accepted_reply_time", accepted)?,
        rejected: order.rejected_count,
        closed_at,
        closed_dissatisfied: order.closed_dissatisfied,
    })
}

fn lead(order: &OrderSnapshot) -> Result<Option<Lead>, String> {
    if order.lead_unit.is_empty() {
        return Ok(None);
    }
    let due = |field, deadline: Option<&Deadline>| {
        let deadline = read::present(field, deadline)?;
        read::time(field, deadline.due_time.as_ref())
    };
    Ok(Some(Lead {
        unit: order.lead_unit.clone(),
        top_unit: read::filled("lead_top_unit", &order.lead_top_unit)?,
        dispatched_at: read::time("dispatch_time", order.dispatch_time.as_ref())?,
        by_person: order.dispatched_by_person,
        sign_due_at: due("sign", order.sign.as_ref())?,
        handle_due_at: due("handle", order.handle.as_ref())?,
    }))
}

fn units_published(units: &UnitsPublished) -> Result<Change, String> {
    let day = read::day("valid_from", &units.valid_from)?;
    let version = read::version(units.version)?;
    Ok(Change::Names(
        read::names(NameKind::Unit, &units.units, day, version).collect(),
    ))
}
