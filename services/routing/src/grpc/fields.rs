//! Requests and answers that several verbs share.

use calendar::Span;
use hotline_proto::access::Role;
use hotline_proto::routing as pb;
use hotline_proto::routing::time_limit::Kind;
use platform::auth::Caller;
use rpc::fields::Fields;
use rpc::time::to_proto;

use crate::actions::{Actor, Asked, Reach};
use crate::domain::order::{Order, OrderId};
use crate::events;

/// Maximum length of a code, in bytes; the same as in the columns of all services.
pub(super) const MAX_CODE: usize = 64;
/// Maximum characters of a reference of evidence or of a recording: a path or an id in the store of attachments.
pub(super) const MAX_REFERENCE: usize = 200;

/// The caller, in the form that actions need.
pub(super) fn actor(caller: &Caller) -> Actor {
    let reach = if caller.sees_all() {
        Reach::All
    } else {
        caller.unit().map_or(Reach::Nothing, |unit| Reach::Unit {
            unit: unit.to_owned(),
            dispatches: caller.has(Role::Dispatcher),
        })
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

/// An order as people see it. The person key is left out, because it shows that two appeals are of one person.
pub(super) fn shown(order: &Order) -> pb::Order {
    let mut shown = events::order(order);
    for facts in shown.appeals.iter_mut().filter_map(|linked| linked.facts.as_mut()) {
        facts.person_key.clear();
    }
    shown
}

/// The order of a request, and the version that its caller has seen.
pub(super) fn asked(fields: &mut Fields, order_id: &str, if_version: u64) -> Option<Asked> {
    let id = fields.uuid("order_id", order_id).map(OrderId)?;
    Some(Asked { id, if_version })
}

/// A length of time within its limits; violations are added to `fields`.
pub(super) fn span(fields: &mut Fields, field: &str, limit: pb::TimeLimit) -> Option<Span> {
    let (kind, span) = match limit.kind {
        None => {
            fields.refuse(field, "must be working_days, natural_days or minutes");
            return None;
        }
        Some(Kind::WorkingDays(n)) => ("working_days", Span::WorkingDays(n)),
        Some(Kind::NaturalDays(n)) => ("natural_days", Span::NaturalDays(n)),
        Some(Kind::Minutes(n)) => ("minutes", Span::Minutes(n)),
    };
    if span.is_allowed() {
        return Some(span);
    }
    fields.refuse(&format!("{field}.{kind}"), format!("must be 1 to {}", span.most()));
    None
}

/// A length of time as a message.
pub(super) fn time_limit(span: Span) -> pb::TimeLimit {
    let kind = match span {
        Span::WorkingDays(n) => Kind::WorkingDays(n),
        Span::NaturalDays(n) => Kind::NaturalDays(n),
        Span::Minutes(n) => Kind::Minutes(n),
    };
    pb::TimeLimit { kind: Some(kind) }
}

/// Refuses an empty list, and a list with more than `most` entries.
pub(super) fn count(fields: &mut Fields, field: &str, found: usize, most: usize) {
    if !(1..=most).contains(&found) {
        fields.refuse(field, format!("must have 1 to {most} entries, has {found}"));
    }
}

/// Reads the entries of a list, at most `most`. An entry with violations is left out, and its violations are added.
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
