//! Reads events of routing: all states of an order, and the units.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::common::{ClockKind, OrderState};
use hotline_proto::events::UnitsPublished;
use hotline_proto::events::event::Body;
use hotline_proto::routing::Order;
use hotline_proto::{Carried, carried};

use super::{codes, day, kept, names};
use crate::domain::change::{Change, NameKind, Unit};
use crate::domain::kept::Kept;
use crate::domain::order::{Lead, OrderHeard, RoutingState};

/// Source of these events.
pub const SOURCE: &str = "routing";

/// The change that an event of routing makes.
///
/// # Errors
/// Names the fault of the event.
pub fn read(event: &Recorded) -> Result<Option<Change>, Unreadable> {
    if let Body::UnitsPublished(units) = &event.body {
        return units_published(units).map(Some);
    }
    let order = match carried(&event.body) {
        Carried::Order(order) => order,
        Carried::Broken => return Err(Unreadable::new("order is missing")),
        Carried::Nothing => return Ok(None),
    };
    let id = read::id("order_id", &order.order_id)?;
    let state = routing_state(order)?;
    Ok(Some(Change::Order(id, OrderHeard::State(Box::new(state)))))
}

fn routing_state(order: &Order) -> Result<RoutingState, Unreadable> {
    let appeal = read::present("appeals", order.opening())?;
    let state: Kept<OrderState> = kept("state", order.state)?;
    let lead = lead(order)?;
    let closed_at = read::optional_time("close_time", order.close_time.as_ref())?;
    check_state(state, lead.is_some(), closed_at.is_some())?;
    let accepted = order.accepted_reply_time.as_ref();
    Ok(RoutingState {
        version: read::version(order.version)?,
        number: read::filled("number", &order.number)?,
        appeal: read::id("appeal_id", &appeal.appeal_id)?,
        codes: codes(appeal)?,
        anonymous: appeal.anonymous,
        confidential: appeal.confidential,
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

/// Checks the fields that a known state requires. An unknown state requires none.
fn check_state(state: Kept<OrderState>, led: bool, closed: bool) -> Result<(), Unreadable> {
    let Some(state) = state.known() else {
        return Ok(());
    };
    if !led && state != OrderState::PendingDispatch {
        return Err(Unreadable::new("lead_unit is empty after dispatch"));
    }
    if (state == OrderState::Closed) != closed {
        return Err(Unreadable::new("close_time contradicts the state"));
    }
    Ok(())
}

fn lead(order: &Order) -> Result<Option<Lead>, Unreadable> {
    if order.lead_unit.is_empty() {
        return Ok(None);
    }
    let sign = read::present("deadline of signing", order.deadline(ClockKind::Sign))?;
    let handle = order.deadline(ClockKind::Handle);
    let handle = handle.map(|handle| read::time("deadline of handling", handle.due_time.as_ref()));
    Ok(Some(Lead {
        unit: order.lead_unit.clone(),
        top_unit: read::filled("lead_top_unit", &order.lead_top_unit)?,
        dispatched_at: read::time("dispatch_time", order.dispatch_time.as_ref())?,
        by_person: order.dispatched_by_person,
        sign_due_at: read::time("deadline of signing", sign.due_time.as_ref())?,
        handle_due_at: handle.transpose()?,
    }))
}

fn units_published(units: &UnitsPublished) -> Result<Change, Unreadable> {
    let day = day("valid_from", units.valid_from.as_ref())?;
    let version = read::version(units.version)?;
    let codes = units.units.iter().map(|unit| (&unit.code, &unit.name));
    let names = names(NameKind::Unit, codes, day, version).collect();
    let places = units.units.iter().map(|unit| Unit {
        code: unit.code.clone(),
        valid_from: day,
        version,
        parent: unit.parent.clone(),
    });
    Ok(Change::Units(names, places.collect()))
}
