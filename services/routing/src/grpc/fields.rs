//! What several verbs read and answer.

use hotline_proto::routing as pb;
use platform::auth::Caller;
use platform::grpc::fields::Fields;
use platform::grpc::time::to_proto;

use crate::actions::{Actor, Reach};
use crate::domain::order::Order;
use crate::events;

/// Longest code, in bytes; as the columns of all services have it.
pub(super) const MAX_CODE: usize = 64;
/// Characters of a reference of evidence or of a recording: a path or an id in the store of attachments.
pub(super) const MAX_REFERENCE: usize = 200;

/// The caller, as actions see it.
pub(super) fn actor(caller: &Caller) -> Actor {
    let reach = if caller.sees_all() {
        Reach::All
    } else {
        caller
            .unit()
            .map_or(Reach::Nothing, |unit| Reach::Unit(unit.to_owned()))
    };
    Actor {
        subject: caller.actor(),
        reach,
    }
}

/// The answer to every verb that changes an order.
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

/// An order without its text.
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

/// Refuses a list that is empty or has more than `most` entries.
pub(super) fn count(fields: &mut Fields, field: &str, found: usize, most: usize) {
    if !(1..=most).contains(&found) {
        fields.refuse(field, format!("must have 1 to {most} entries, has {found}"));
    }
}

/// Reads the entries of a list, at most `most`. An entry with violations is left out; its violations are noted.
pub(super) fn read_all<M, T>(
    fields: &mut Fields,
    field: &str,
    entries: &[M],
    most: usize,
    read: impl Fn(&mut Fields, &M) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::with_capacity(entries.len().min(most));
    for (at, entry) in entries.iter().take(most).enumerate() {
        let mut part = Fields::at(&format!("{field}[{at}]"));
        found.extend(read(&mut part, entry));
        fields.absorb(part);
    }
    found
}
