//! The events that supervision publishes, and how it reads those of routing. Only this file translates between the
//! domain's words and those of `hotline.events.v1`.

use chrono::{DateTime, Utc};
use eventlog::read::{self, Unreadable};
use eventlog::{NewEvent, Recorded};
use hotline_proto::common::{ClockKind, OrderState};
use hotline_proto::events::event::Body;
use hotline_proto::events::{
    CardIssued, CardWithdrawn, LedgerEntryRecorded, ReplyReviewed, RiskNoticeFedBack, RiskNoticeIssued,
    RiskNoticeVerified,
};
use hotline_proto::routing::Order;
use hotline_proto::{Carried, carried};
use platform::ids::new_id;
use rpc::time::{date_to_proto, to_proto};

use crate::domain::clock::{Card, Clock, Told, Unit};
use crate::domain::review::{Review, State, Verdict};
use crate::domain::risk::{Addressee, RiskNotice};
use crate::domain::watch::{Fact, Limit, LinkedAppeal, Snapshot, WatchedOrder, What};
use crate::store::ledger::Entry;

/// The actor of events that no person caused: time or a fact did.
pub const ACTOR: &str = "service:supervision";

/// A card issued or withdrawn, as the next event about its order.
#[must_use]
pub fn card(order: &mut WatchedOrder, told: Told) -> NewEvent {
    let at = order.last_at;
    let body = match told {
        Told::CardIssued { clock, card } => Body::CardIssued(issued(order, &clock, card)),
        Told::CardWithdrawn { clock, card } => Body::CardWithdrawn(withdrawn(order, &clock, card)),
    };
    next(order, ACTOR, at, body)
}

/// A verdict, as the next event about its order. None for an open review.
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

/// An entry of the ledger, as the only event about it.
#[must_use]
pub fn recorded(entry: &Entry) -> NewEvent {
    NewEvent {
        event_id: new_id(entry.recorded_at),
        key: entry.id,
        version: 1,
        actor: entry.actor.clone(),
        occurred_at: entry.recorded_at,
        body: Body::LedgerEntryRecorded(LedgerEntryRecorded {
            entry_id: entry.id.to_string(),
            kind: entry.kind.into(),
            day: Some(date_to_proto(entry.day)),
            unit: entry.unit.clone(),
        }),
    }
}

/// A notice was issued.
#[must_use]
pub fn risk_issued(notice: &RiskNotice, actor: &str) -> NewEvent {
    let body = Body::RiskNoticeIssued(RiskNoticeIssued {
        notice_id: notice.id.to_string(),
        number: notice.number.clone(),
        level: notice.level,
        category: notice.category.clone(),
        region: notice.region.clone(),
        units: notice.addressees.iter().map(|a| a.unit.clone()).collect(),
        order_count: notice.counts.orders,
        appeal_count: notice.counts.appeals,
        person_count: notice.counts.persons,
    });
    about(notice, actor, notice.issued_at, body)
}

/// An addressee of a notice fed back at `at`.
#[must_use]
pub fn risk_fed_back(notice: &RiskNotice, addressee: &Addressee, actor: &str, at: DateTime<Utc>) -> NewEvent {
    let body = Body::RiskNoticeFedBack(RiskNoticeFedBack {
        notice_id: notice.id.to_string(),
        unit: addressee.unit.clone(),
        late: notice.is_late(at),
    });
    about(notice, actor, at, body)
}

/// A notice was verified at `at`.
#[must_use]
pub fn risk_verified(notice: &RiskNotice, actor: &str, at: DateTime<Utc>) -> NewEvent {
    let body = Body::RiskNoticeVerified(RiskNoticeVerified {
        notice_id: notice.id.to_string(),
    });
    about(notice, actor, at, body)
}

/// Key and version are the notice's.
fn about(notice: &RiskNotice, actor: &str, at: DateTime<Utc>, body: Body) -> NewEvent {
    NewEvent {
        event_id: new_id(at),
        key: notice.id,
        version: notice.version,
        actor: actor.to_owned(),
        occurred_at: at,
        body,
    }
}

/// Key and version are the order's: all events about one order are in one partition, densely numbered.
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
        clock: clock.kind,
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
        clock: clock.kind,
    }
}

/// Reads an event of routing; `None` for one that is not about an order.
///
/// # Errors
/// Names the part of the event that contradicts the contract. A retry gives the same error.
pub fn fact(event: &Recorded) -> Result<Option<Fact>, Unreadable> {
    let order = match carried(&event.body) {
        Carried::Order(order) => order,
        Carried::Broken => return Err(Unreadable::new("order is missing")),
        Carried::Nothing => return Ok(None),
    };
    // Read first: an unknown state is the reason why the order waits.
    let snapshot = snapshot(order)?;
    let what = match &event.body {
        Body::OrderDispatched(_) => dispatched(order)?,
        Body::OrderSigned(_) => signed(order)?,
        Body::ReplySubmitted(event) => replied(order, event.late)?,
        Body::ReplyRejected(_) => What::ReplyRejected,
        Body::OrderClosed(_) => What::Closed,
        Body::OrderReworked(_) => reworked(order)?,
        // No other event changes a clock or a review.
        _ => What::Other,
    };
    Ok(Some(Fact {
        event_id: event.event_id,
        partition: u32::from(event.partition),
        at: event.occurred_at,
        what,
        order: snapshot,
    }))
}

fn snapshot(order: &Order) -> Result<Snapshot, Unreadable> {
    let unit = match (order.lead_unit.as_str(), order.lead_top_unit.as_str()) {
        ("", "") => None,
        ("", _) | (_, "") => return Err(Unreadable::new("lead_unit and lead_top_unit come together")),
        (code, top) => Some(Unit {
            code: code.to_owned(),
            top: top.to_owned(),
        }),
    };
    let reply_id = match order.reply_id.as_str() {
        "" => None,
        id => Some(read::id("reply_id", id)?),
    };
    Ok(Snapshot {
        id: read::id("order_id", &order.order_id)?,
        number: order.number.clone(),
        version: order.version,
        state: state(order.state)?,
        round: order.round,
        unit,
        accused: accused(order),
        reply_id,
        appeals: appeals(order)?,
    })
}

/// In a state that this program does not know, clocks may run and a reply may wait. The order waits for a newer
/// program.
fn state(number: i32) -> Result<OrderState, Unreadable> {
    if number > 0 && OrderState::try_from(number).is_err() {
        return Err(Unreadable::new(format!(
            "state {number} is of a newer version: update supervision, then retry"
        )));
    }
    read::known("state", number)
}

fn appeals(order: &Order) -> Result<Vec<LinkedAppeal>, Unreadable> {
    let facts = order.appeals.iter().filter_map(|linked| linked.facts.as_ref());
    let appeals = facts.map(|facts| {
        Ok(LinkedAppeal {
            id: read::id("appeal_id", &facts.appeal_id)?,
            person_key: Some(facts.person_key.clone()).filter(|key| !key.is_empty()),
        })
    });
    appeals.collect()
}

/// Codes of the units that its appeals accuse.
fn accused(order: &Order) -> Vec<String> {
    let facts = order.appeals.iter().filter_map(|linked| linked.facts.as_ref());
    let units = facts.map(|facts| &facts.accused_unit).filter(|unit| !unit.is_empty());
    let mut units: Vec<String> = units.cloned().collect();
    units.sort_unstable();
    units.dedup();
    units
}

fn dispatched(order: &Order) -> Result<What, Unreadable> {
    if order.lead_unit.is_empty() {
        return Err(Unreadable::new("lead_unit of a dispatched order is missing"));
    }
    Ok(What::Dispatched {
        sign: limit(order, ClockKind::Sign, 0)?,
        handle: optional_limit(order, ClockKind::Handle, 0)?,
    })
}

fn signed(order: &Order) -> Result<What, Unreadable> {
    Ok(What::Signed {
        signed_at: read::time("sign_time", order.sign_time.as_ref())?,
        handle: limit(order, ClockKind::Handle, 0)?,
    })
}

fn replied(order: &Order, late: bool) -> Result<What, Unreadable> {
    Ok(What::ReplySubmitted {
        reply_id: read::id("reply_id", &order.reply_id)?,
        submitted_at: read::time("reply_time", order.reply_time.as_ref())?,
        late,
        contact_count: order.contact_count,
    })
}

fn reworked(order: &Order) -> Result<What, Unreadable> {
    Ok(What::Reworked {
        rework: limit(order, ClockKind::Rework, order.round)?,
    })
}

/// The newest limit of a kind and round.
fn limit(order: &Order, kind: ClockKind, round: u32) -> Result<Limit, Unreadable> {
    let missing = || Unreadable::new(format!("deadlines have no {} of round {round}", kind.as_str_name()));
    optional_limit(order, kind, round)?.ok_or_else(missing)
}

/// The newest limit of a kind and round, if there is one. Limits of other kinds are ignored, known or not.
fn optional_limit(order: &Order, kind: ClockKind, round: u32) -> Result<Option<Limit>, Unreadable> {
    let is_it = |kind_of: i32, round_of: u32| kind_of == i32::from(kind) && round_of == round;
    let mut newest = order.deadlines.iter().rev();
    let Some(deadline) = newest.find(|deadline| is_it(deadline.kind, deadline.round)) else {
        return Ok(None);
    };
    Ok(Some(Limit {
        due_at: read::time("due_time", deadline.due_time.as_ref())?,
        warn_at: read::optional_time("warn_time", deadline.warn_time.as_ref())?,
    }))
}
