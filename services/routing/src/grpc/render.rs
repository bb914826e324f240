//! Domain to answers.

use calendar::{Notice, Span};
use hotline_proto::common::ClockKind;
use hotline_proto::routing as pb;
use hotline_proto::routing::duration::Kind;
use personal::Phone;
use platform::grpc::time::to_proto;
use platform::people::phone_defect;

use crate::actions::get_order::{ContactText, OrderText};
use crate::domain::directory::Directory;
use crate::domain::limits::{Clock, LimitRow};
use crate::domain::order::Order;
use crate::events;
use crate::store::transitions::Transition;

pub(super) fn receipt(order: &Order) -> pb::OrderReceipt {
    pb::OrderReceipt {
        order_id: order.id.0.to_string(),
        number: order.number.clone(),
        version: order.version,
        state: events::state(order.state.name()).into(),
        round: order.round(),
        due_time: order.running().map(|deadline| to_proto(deadline.due)),
    }
}

pub(super) fn order(order: &Order) -> pb::Order {
    let (lead, work, reply, closing) = (order.lead(), order.work(), order.reply(), order.closing());
    pb::Order {
        order_id: order.id.0.to_string(),
        number: order.number.clone(),
        version: order.version,
        state: events::state(order.state.name()).into(),
        round: order.round(),
        appeal_id: order.appeal.id.to_string(),
        appeal_number: order.appeal.number.clone(),
        r#type: order.appeal.kind.into(),
        category: order.appeal.category.clone(),
        region: order.appeal.region.clone(),
        channel: order.appeal.channel.clone(),
        urgency: order.appeal.urgency.into(),
        open_time: Some(to_proto(order.opened_at)),
        lead_unit: lead.map(|lead| lead.unit.clone()).unwrap_or_default(),
        lead_top_unit: lead.map(|lead| lead.top_unit.clone()).unwrap_or_default(),
        dispatch_time: lead.map(|lead| to_proto(lead.dispatched_at)),
        dispatched_by_person: lead.is_some_and(|lead| lead.by_person),
        sign: lead.map(|lead| events::deadline(&lead.sign)),
        handle: lead.map(|lead| events::deadline(&lead.handle)),
        rework: work.and_then(|work| work.rework.as_ref()).map(events::deadline),
        sign_time: work.map(|work| to_proto(work.signed_at)),
        contact_time: work.and_then(|work| work.contacted_at).map(to_proto),
        contact_count: work.map_or(0, |work| work.contacts),
        reply_id: reply.map(|reply| reply.id.to_string()).unwrap_or_default(),
        reply_time: reply.map(|reply| to_proto(reply.submitted_at)),
        reply_result: reply.map_or(0, |reply| reply.result.into()),
        accepted_reply_time: work.and_then(|work| work.accepted_at).map(to_proto),
        rejected_count: work.map_or(0, |work| work.rejected),
        close_time: closing.map(|(at, _)| to_proto(at)),
        closed_dissatisfied: closing.is_some_and(|(_, dissatisfied)| dissatisfied),
        text: None,
        anonymous: order.appeal.anonymous,
        confidential: order.appeal.confidential,
        accused_unit: order.appeal.accused_unit.clone().unwrap_or_default(),
        source_time: order.appeal.source_at.map(to_proto),
        defects: order.appeal.defects.iter().map(|defect| i32::from(*defect)).collect(),
        commitment_day: reply
            .and_then(|reply| reply.commitment_day)
            .map(|day| day.to_string())
            .unwrap_or_default(),
        no_contact: reply.and_then(|reply| reply.no_contact).map_or(0, Into::into),
    }
}

pub(super) fn text(text: OrderText) -> pb::OrderText {
    pb::OrderText {
        title: text.appeal.title,
        content: text.appeal.content,
        place: text.appeal.place,
        appellant: text.appeal.appellant,
        reply: text.reply.unwrap_or_default(),
        evidence: text.evidence,
        contacts: text.contacts.into_iter().map(contact).collect(),
    }
}

fn contact(said: ContactText) -> pb::ContactText {
    pb::ContactText {
        time: Some(to_proto(said.at)),
        result: said.result,
        mode: said.mode,
        made_time: Some(to_proto(said.made_at)),
        phone: said.phone.unwrap_or_default(),
        note: said.note.unwrap_or_default(),
        recording: said.recording.unwrap_or_default(),
    }
}

/// What is wrong with a number that was called.
pub(super) fn defects(phone: Option<&Phone>) -> Vec<i32> {
    phone.and_then(phone_defect).map(i32::from).into_iter().collect()
}

pub(super) fn transition(step: &Transition) -> pb::Transition {
    pb::Transition {
        version: step.version,
        event: step.event.clone(),
        actor: step.actor.clone(),
        unit: step.unit.clone().unwrap_or_default(),
        time: Some(to_proto(step.at)),
        source_time: step.source_at.map(to_proto),
        before: step.before.map_or(0, |before| events::state(before).into()),
        after: events::state(step.after).into(),
        round: step.round,
        event_id: step.event_id.to_string(),
        reason: step.reason.clone(),
    }
}

pub(super) fn directory(directory: &Directory) -> pb::GetDirectoryResponse {
    pb::GetDirectoryResponse {
        units_version: directory.units_version,
        units: directory
            .units
            .iter()
            .map(|unit| pb::Unit {
                code: unit.code.clone(),
                name: unit.name.clone(),
                parent: unit.parent.clone().unwrap_or_default(),
            })
            .collect(),
        catalogue_version: directory.catalogue_version,
        catalogue: directory
            .catalogue
            .iter()
            .map(|row| pb::CatalogueRow {
                row: row.row.clone(),
                category: row.category.clone(),
                region: row.region.clone(),
                unit: row.unit.clone(),
            })
            .collect(),
        limits_version: directory.limits.version,
        limits: directory.limits.iter().map(limit).collect(),
        calendar_version: directory.calendar.notices_version().to_owned(),
        notices: directory.calendar.notices().map(notice).collect(),
    }
}

fn notice(notice: &Notice) -> pb::Notice {
    pb::Notice {
        year: u32::try_from(notice.year).expect("a checked notice is of this or the last century"),
        source: notice.source.clone(),
        off: notice.off.clone(),
        work: notice.work.clone(),
    }
}

fn limit(row: &LimitRow) -> pb::LimitRow {
    let clock = match row.clock {
        Clock::Sign => ClockKind::Sign,
        Clock::Handle => ClockKind::Handle,
        Clock::Rework => ClockKind::Rework,
    };
    let kind = match row.limit {
        Span::WorkingDays(n) => Kind::WorkingDays(n),
        Span::NaturalDays(n) => Kind::NaturalDays(n),
        Span::Minutes(n) => Kind::Minutes(n),
    };
    pb::LimitRow {
        row: row.row.clone(),
        clock: clock.into(),
        r#type: row.kind.map_or(0, Into::into),
        urgency: row.urgency.map_or(0, Into::into),
        channel: row.channel.clone().unwrap_or_default(),
        limit: Some(pb::Duration { kind: Some(kind) }),
    }
}
