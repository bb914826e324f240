//! What supervision tells the others, and how it reads what routing tells. The only place between the domain's words
//! and those of `hotline.events.v1`.

use chrono::{DateTime, Utc};
use eventlog::{NewEvent, Recorded};
use hotline_proto::common::{Deadline, OrderState};
use hotline_proto::events::event::Body;
use hotline_proto::events::{CardIssued, CardWithdrawn, OrderSnapshot, ReplyReviewed};
use platform::grpc::time::{from_proto, to_proto};
use platform::ids::new_id;
use prost_types::Timestamp;
use uuid::Uuid;

use crate::domain::clock::{Card, Clock, Told, Unit};
use crate::domain::review::{Review, State, Verdict};
use crate::domain::watch::{Fact, Limit, Snapshot, WatchedOrder, What};

/// Who acts when nobody asked: time, or a fact.
pub const ACTOR: &str = "service:supervision";

/// A card given or taken back, as the next event about its order.
#[must_use]
pub fn card(order: &mut WatchedOrder, told: Told) -> NewEvent {
    let at = order.last_at;
    let body = match told {
        Told::CardIssued { clock, card } => Body::CardIssued(issued(order, &clock, card)),
        Told::CardWithdrawn { clock, card } => Body::CardWithdrawn(withdrawn(order, &clock, card)),
    };
    next(order, ACTOR, at, body)
}

/// A verdict, as the next event about its order. Nothing for a review that is open.
#[must_use]
pub fn reviewed(order: &mut WatchedOrder, review: &Review) -> Option<NewEvent> {
    let State::Judged {
        verdict,
        reviewer,
        reviewed_at,
    } = &review.state
    else {
        return None;
    };
    let grounds = match verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Reject(grounds) => grounds.iter().map(|g| i32::from(*g)).collect(),
    };
    let body = Body::ReplyReviewed(ReplyReviewed {
        review_id: review.id.to_string(),
        order_id: review.order_id.to_string(),
        round: review.round,
        reply_id: review.reply_id.to_string(),
        passed: *verdict == Verdict::Pass,
        grounds,
    });
    Some(next(order, reviewer, *reviewed_at, body))
}

/// Key and version are the order's: all that is told about one order stands in one partition, densely numbered.
fn next(order: &mut WatchedOrder, actor: &str, at: DateTime<Utc>, body: Body) -> NewEvent {
    order.told += 1;
    NewEvent {
        event_id: new_id(at),
        key: order.id,
        version: order.told,
        actor: actor.to_owned(),
        occurred_at: at,
        body,
    }
}

fn issued(order: &WatchedOrder, clock: &Clock, card: Card) -> CardIssued {
    CardIssued {
        card_id: card.id.to_string(),
        order_id: order.id.to_string(),
        round: clock.round,
        unit: card.unit.code,
        colour: clock.colour.into(),
        clock: clock.kind.into(),
        due_time: Some(to_proto(clock.due_at)),
    }
}

fn withdrawn(order: &WatchedOrder, clock: &Clock, card: Card) -> CardWithdrawn {
    CardWithdrawn {
        card_id: card.id.to_string(),
        order_id: order.id.to_string(),
        round: clock.round,
        unit: card.unit.code,
        colour: clock.colour.into(),
        clock: clock.kind.into(),
    }
}

/// Reads an event of routing; `None` for one that is not about an order.
///
/// # Errors
/// Which part of the event contradicts the contract: it will not read better the next time.
pub fn fact(event: &Recorded) -> Result<Option<Fact>, String> {
    let (order, what) = match &event.body {
        Body::OrderOpened(e) => (&e.order, Ok(What::Other)),
        Body::OrderDispatched(e) => (&e.order, dispatched(e.order.as_ref())),
        Body::OrderSigned(e) => (&e.order, signed(e.order.as_ref())),
        Body::ContactRecorded(e) => (&e.order, Ok(What::Other)),
        Body::ReplySubmitted(e) => (&e.order, replied(e.order.as_ref(), e.late)),
        Body::ReplyPassed(e) => (&e.order, Ok(What::Other)),
        Body::ReplyRejected(e) => (&e.order, Ok(What::ReplyRejected)),
        Body::OrderClosed(e) => (&e.order, Ok(What::Closed)),
        Body::OrderReworked(e) => (&e.order, reworked(e.order.as_ref())),
        _ => return Ok(None),
    };
    let order = order.as_ref().ok_or("order is missing")?;
    Ok(Some(Fact {
        event_id: event.event_id,
        partition: u32::from(event.partition),
        at: event.occurred_at,
        what: what?,
        order: snapshot(order)?,
    }))
}

fn snapshot(order: &OrderSnapshot) -> Result<Snapshot, String> {
    let state = OrderState::try_from(order.state)
        .ok()
        .filter(|state| *state != OrderState::Unspecified)
        .ok_or_else(|| format!("state {} is unknown", order.state))?;
    let unit = match (order.lead_unit.as_str(), order.lead_top_unit.as_str()) {
        ("", "") => None,
        ("", _) | (_, "") => return Err("lead_unit and lead_top_unit come together".to_owned()),
        (code, top) => Some(Unit {
            code: code.to_owned(),
            top: top.to_owned(),
        }),
    };
    let reply_id = match order.reply_id.as_str() {
        "" => None,
        id => Some(uuid("reply_id", id)?),
    };
    Ok(Snapshot {
        id: uuid("order_id", &order.order_id)?,
        number: order.order_number.clone(),
        version: order.version,
        state,
        round: order.round,
        unit,
        reply_id,
    })
}

fn dispatched(order: Option<&OrderSnapshot>) -> Result<What, String> {
    let order = order.ok_or("order is missing")?;
    if order.lead_unit.is_empty() {
        return Err("a dispatched order has a lead_unit".to_owned());
    }
    Ok(What::Dispatched {
        sign: limit("sign", order.sign.as_ref())?,
        handle: limit("handle", order.handle.as_ref())?,
    })
}

fn signed(order: Option<&OrderSnapshot>) -> Result<What, String> {
    let order = order.ok_or("order is missing")?;
    Ok(What::Signed {
        signed_at: time("sign_time", order.sign_time.as_ref())?,
    })
}

fn replied(order: Option<&OrderSnapshot>, late: bool) -> Result<What, String> {
    let order = order.ok_or("order is missing")?;
    Ok(What::ReplySubmitted {
        reply_id: uuid("reply_id", &order.reply_id)?,
        submitted_at: time("reply_time", order.reply_time.as_ref())?,
        late,
        contact_count: order.contact_count,
    })
}

fn reworked(order: Option<&OrderSnapshot>) -> Result<What, String> {
    let order = order.ok_or("order is missing")?;
    Ok(What::Reworked {
        rework: limit("rework", order.rework.as_ref())?,
    })
}

fn limit(field: &str, deadline: Option<&Deadline>) -> Result<Limit, String> {
    let deadline = deadline.ok_or_else(|| format!("{field} is missing"))?;
    let warn_at = match &deadline.warn_time {
        None => None,
        warn_time => Some(time(field, warn_time.as_ref())?),
    };
    Ok(Limit {
        due_at: time(field, deadline.due_time.as_ref())?,
        warn_at,
    })
}

fn time(field: &str, at: Option<&Timestamp>) -> Result<DateTime<Utc>, String> {
    at.and_then(from_proto)
        .ok_or_else(|| format!("{field} has no readable time"))
}

fn uuid(field: &str, id: &str) -> Result<Uuid, String> {
    Uuid::try_parse(id).map_err(|_| format!("{field} is no UUID"))
}
