//! Events that routing publishes. Each carries the whole state of the order. Nothing personal.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common as pb;
use hotline_proto::events::event::Body;
use hotline_proto::events::{
    ContactRecorded, OrderClosed, OrderDispatched, OrderOpened, OrderReworked, OrderSigned, ProgressNoted, ReplyPassed,
    ReplyRejected, ReplySubmitted, UnitsPublished,
};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing as wire;
use prost_types::Timestamp;
use rpc::time::{date_to_proto, to_proto};

use crate::domain::appeal::{Appeal, LinkedAppeal};
use crate::domain::deadline::Deadline;
use crate::domain::limits::Clock;
use crate::domain::order::Order;
use crate::domain::state::StateName;
use crate::domain::transitions::{Change, Fact};
use crate::domain::units::Unit;

/// The event of a change, with the order as it stands after it.
#[must_use]
pub fn body(order: &Order, change: &Change) -> Body {
    let order = Some(self::order(order));
    match &change.fact {
        Fact::Opened => Body::OrderOpened(OrderOpened { order }),
        Fact::Dispatched { row } => Body::OrderDispatched(OrderDispatched {
            order,
            catalogue_row: row.clone().unwrap_or_default(),
        }),
        Fact::Signed { late, .. } => Body::OrderSigned(OrderSigned { order, late: *late }),
        Fact::Contacted { contact, mode, made_at } => Body::ContactRecorded(ContactRecorded {
            order,
            contact_id: contact.to_string(),
            mode: (*mode).into(),
            made_time: time(*made_at),
        }),
        Fact::Progressed { note, next_day } => Body::ProgressNoted(ProgressNoted {
            order,
            note_id: note.to_string(),
            next_day: next_day.map(date_to_proto),
        }),
        Fact::Replied { late } => Body::ReplySubmitted(ReplySubmitted { order, late: *late }),
        Fact::Passed { reply } => Body::ReplyPassed(ReplyPassed {
            order,
            reply_id: reply.to_string(),
        }),
        Fact::Rejected { reply, grounds } => Body::ReplyRejected(ReplyRejected {
            order,
            reply_id: reply.to_string(),
            grounds: grounds.clone(),
        }),
        Fact::Reworked => Body::OrderReworked(OrderReworked { order }),
        Fact::Closed => Body::OrderClosed(OrderClosed { order }),
    }
}

/// The event of published units.
#[must_use]
pub fn units_published(version: u64, valid_from: NaiveDate, units: &[Unit]) -> Body {
    Body::UnitsPublished(UnitsPublished {
        version,
        valid_from: Some(date_to_proto(valid_from)),
        units: units.iter().map(unit).collect(),
    })
}

/// A unit as a message.
#[must_use]
pub fn unit(unit: &Unit) -> wire::Unit {
    wire::Unit {
        code: unit.code.clone(),
        name: unit.name.clone(),
        parent: unit.parent.clone().unwrap_or_default(),
        regions: unit.regions.clone(),
        kind: unit.kind.into(),
        level: unit.level.into(),
    }
}

/// A clock as a message.
#[must_use]
pub const fn clock(clock: Clock) -> pb::ClockKind {
    match clock {
        Clock::Sign => pb::ClockKind::Sign,
        Clock::Handle => pb::ClockKind::Handle,
        Clock::Rework => pb::ClockKind::Rework,
    }
}

/// A limit of a round as a message.
#[must_use]
pub fn deadline(round: u32, deadline: &Deadline) -> pb::Deadline {
    pb::Deadline {
        kind: clock(deadline.clock).into(),
        round,
        start_time: Some(to_proto(deadline.start)),
        due_time: Some(to_proto(deadline.due)),
        warn_time: deadline.warn.map(to_proto),
        rule: deadline.rule_name().to_owned(),
        calendar_version: deadline.calendar_version.clone(),
        provisional: deadline.provisional,
    }
}

/// A state as a message.
#[must_use]
pub fn state(name: StateName) -> pb::OrderState {
    match name {
        StateName::PendingDispatch => pb::OrderState::PendingDispatch,
        StateName::PendingSign => pb::OrderState::PendingSign,
        StateName::InProgress => pb::OrderState::InProgress,
        StateName::PendingReview => pb::OrderState::PendingReview,
        StateName::PendingCallback => pb::OrderState::PendingCallback,
        StateName::Closed => pb::OrderState::Closed,
    }
}

/// The whole order as a message, for events and answers. Answers to people leave `person_key` out.
#[must_use]
pub fn order(order: &Order) -> wire::Order {
    let (lead, work, reply, closing) = (order.lead(), order.work(), order.reply(), order.closing());
    wire::Order {
        order_id: order.id.0.to_string(),
        number: order.number.clone(),
        version: order.version,
        state: state(order.state.name()).into(),
        round: order.round(),
        appeals: order.appeals.linked().map(linked).collect(),
        open_time: Some(to_proto(order.opened_at)),
        lead_unit: lead.map(|lead| lead.unit.clone()).unwrap_or_default(),
        lead_top_unit: lead.map(|lead| lead.top_unit.clone()).unwrap_or_default(),
        dispatch_time: time(lead.map(|lead| lead.dispatched_at)),
        dispatched_by_person: lead.is_some_and(|lead| lead.by_person),
        deadlines: order.deadlines().map(|(round, limit)| deadline(round, limit)).collect(),
        sign_time: time(work.map(|work| work.signed_at)),
        contact_time: time(work.and_then(|work| work.contacted_at)),
        contact_count: work.map_or(0, |work| work.contacts),
        reply_id: reply.map(|reply| reply.id.to_string()).unwrap_or_default(),
        reply_time: time(reply.map(|reply| reply.submitted_at)),
        reply_result: reply.map_or(0, |reply| reply.result.into()),
        commitment_day: reply.and_then(|reply| reply.commitment_day).map(date_to_proto),
        no_contact: reply.and_then(|reply| reply.no_contact).map_or(0, Into::into),
        accepted_reply_time: time(work.and_then(|work| work.accepted_at)),
        rejected_count: work.map_or(0, |work| work.rejected),
        close_time: time(closing.map(|(at, _)| at)),
        closed_dissatisfied: closing.is_some_and(|(_, dissatisfied)| dissatisfied),
    }
}

fn linked(linked: &LinkedAppeal) -> wire::LinkedAppeal {
    wire::LinkedAppeal {
        facts: Some(facts(&linked.facts)),
        link_time: Some(to_proto(linked.linked_at)),
    }
}

fn facts(appeal: &Appeal) -> AppealFacts {
    AppealFacts {
        appeal_id: appeal.id.to_string(),
        appeal_number: appeal.number.clone(),
        r#type: appeal.kind.into(),
        category: appeal.category.clone(),
        region: appeal.region.clone(),
        channel: appeal.channel.clone(),
        urgency: appeal.urgency.into(),
        received_time: Some(to_proto(appeal.received_at)),
        source_time: time(appeal.source_at),
        tags: appeal.tags.clone(),
        anonymous: appeal.anonymous,
        confidential: appeal.confidential,
        accused_unit: appeal.accused_unit.clone().unwrap_or_default(),
        defects: appeal.defects.clone(),
        no_channel: appeal.no_channel,
        platform: appeal.platform.clone().unwrap_or_default(),
        upstream_due_time: appeal.upstream_due_at.map(to_proto),
        upstream_number: appeal.upstream_number.clone().unwrap_or_default(),
        person_key: appeal.person_key.clone().unwrap_or_default(),
        seat: appeal.seat.map_or(0, Into::into),
        deputy_level: appeal.deputy_level.unwrap_or_default(),
        leader_day_id: appeal.leader_day.map(|day| day.to_string()).unwrap_or_default(),
        complex: appeal.complex,
    }
}

fn time(at: Option<DateTime<Utc>>) -> Option<Timestamp> {
    at.map(to_proto)
}
