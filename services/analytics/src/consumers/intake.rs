//! Reads events of intake: calls, appeals, leader days, messages to accounts, the policy library, and the names of
//! channels, categories and regions.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::Date;
use hotline_proto::events::event::Body;
use hotline_proto::events::{CallRecorded, LibraryPublished, PolicyValidity, ReferencePublished};
use hotline_proto::intake::AppealFacts;
use prost_types::Timestamp;

use super::{codes, day, kept, kept_or_unspecified, names};
use crate::domain::account_message::MessageState;
use crate::domain::appeal::{AppealHeard, AppealState, Outcome, PersonKey};
use crate::domain::call::CallState;
use crate::domain::change::{Change, NameKind};
use crate::domain::leader_day::LeaderDayState;
use crate::domain::library::{Library, Policy};

/// Source of these events.
pub const SOURCE: &str = "intake";

/// The change that an event of intake makes. It lists the event types it uses, and ignores the others.
///
/// # Errors
/// Names the fault of the event.
pub fn read(event: &Recorded) -> Result<Option<Change>, Unreadable> {
    let (facts, outcome) = match &event.body {
        Body::CallRecorded(call) => return call_recorded(event, call).map(Some),
        Body::ReferencePublished(reference) => return reference_published(reference).map(Some),
        Body::LibraryPublished(library) => return library_published(library).map(Some),
        Body::LeaderDayAnnounced(told) => {
            return leader_day(event, &told.leader_day_id, told.day.as_ref(), false).map(Some);
        }
        Body::LeaderDayCancelled(told) => {
            return leader_day(event, &told.leader_day_id, told.day.as_ref(), true).map(Some);
        }
        Body::AccountMessageRecorded(told) => {
            return message(event, &told.message_id, &told.account, told.sent_time.as_ref(), None).map(Some);
        }
        Body::AccountMessageResolved(told) => {
            let outcome = Some(told.outcome);
            return message(event, &told.message_id, &told.account, told.sent_time.as_ref(), outcome).map(Some);
        }
        Body::AppealRegistered(told) => (&told.appeal, None),
        Body::AppealAnswered(told) => (&told.appeal, Some(Outcome::Answered)),
        Body::AppealForwarded(told) => (&told.appeal, Some(Outcome::Forwarded)),
        Body::AppealDeclined(told) => (&told.appeal, Some(Outcome::NotAccepted)),
        Body::AppealTransferred(told) => (&told.appeal, Some(Outcome::Transferred)),
        Body::ProgressTold(told) => (&told.appeal, Some(Outcome::ProgressTold)),
        Body::AppealInvalidated(told) => (&told.appeal, Some(Outcome::Invalid)),
        _ => return Ok(None),
    };
    appeal(event, facts.as_ref(), outcome).map(Some)
}

fn call_recorded(event: &Recorded, call: &CallRecorded) -> Result<Change, Unreadable> {
    let state = CallState {
        version: read::version(event.version)?,
        offered_at: read::time("offered_time", call.offered_time.as_ref())?,
        answered: call.answered,
    };
    Ok(Change::Call(read::id("call_id", &call.call_id)?, state))
}

fn appeal(event: &Recorded, facts: Option<&AppealFacts>, outcome: Option<Outcome>) -> Result<Change, Unreadable> {
    let facts = read::present("appeal", facts)?;
    let state = AppealState {
        version: read::version(event.version)?,
        number: read::filled("appeal_number", &facts.appeal_number)?,
        codes: codes(facts)?,
        received_at: read::time("received_time", facts.received_time.as_ref())?,
        source_at: read::optional_time("source_time", facts.source_time.as_ref())?,
        platform: Some(facts.platform.clone()).filter(|platform| !platform.is_empty()),
        person: person(&facts.person_key)?,
    };
    let id = read::id("appeal_id", &facts.appeal_id)?;
    Ok(Change::Appeal(id, AppealHeard { state, outcome }))
}

fn person(key: &[u8]) -> Result<Option<PersonKey>, Unreadable> {
    if key.is_empty() {
        return Ok(None);
    }
    let key = <[u8; 16]>::try_from(key).map_err(|_| Unreadable::new("person_key is not of 16 bytes"))?;
    Ok(Some(PersonKey(key)))
}

fn leader_day(event: &Recorded, id: &str, of: Option<&Date>, cancelled: bool) -> Result<Change, Unreadable> {
    let state = LeaderDayState {
        version: read::version(event.version)?,
        day: day("day", of)?,
        cancelled,
    };
    Ok(Change::LeaderDay(read::id("leader_day_id", id)?, state))
}

/// Reads a message; its outcome is given from its end on.
fn message(
    event: &Recorded,
    id: &str,
    account: &str,
    sent_at: Option<&Timestamp>,
    outcome: Option<i32>,
) -> Result<Change, Unreadable> {
    let state = MessageState {
        version: read::version(event.version)?,
        account: read::filled("account", account)?,
        sent_at: read::time("sent_time", sent_at)?,
        outcome: match outcome {
            Some(outcome) => kept("outcome", outcome)?,
            None => kept_or_unspecified("outcome", 0)?,
        },
    };
    Ok(Change::Message(read::id("message_id", id)?, state))
}

fn library_published(library: &LibraryPublished) -> Result<Change, Unreadable> {
    let specialists = library.specialists.iter().map(|code| read::filled("specialists", code));
    Ok(Change::Library(Library {
        version: read::version(library.version)?,
        valid_from: day("valid_from", library.valid_from.as_ref())?,
        policies: library.policies.iter().map(policy).collect::<Result<_, _>>()?,
        specialists: specialists.collect::<Result<_, _>>()?,
    }))
}

fn policy(policy: &PolicyValidity) -> Result<Policy, Unreadable> {
    let valid_to = policy.valid_to.as_ref();
    Ok(Policy {
        code: read::filled("policy", &policy.policy)?,
        valid_from: day("policies.valid_from", policy.valid_from.as_ref())?,
        valid_to: valid_to.map(|to| day("policies.valid_to", Some(to))).transpose()?,
    })
}

fn reference_published(reference: &ReferencePublished) -> Result<Change, Unreadable> {
    let day = day("valid_from", reference.valid_from.as_ref())?;
    let version = read::version(reference.version)?;
    let kinds = [
        (NameKind::Channel, &reference.channels),
        (NameKind::Category, &reference.categories),
        (NameKind::Region, &reference.regions),
    ];
    let names = kinds
        .into_iter()
        .flat_map(|(kind, codes)| {
            let codes = codes.iter().map(|named| (&named.code, &named.name));
            names(kind, codes, day, version)
        })
        .collect();
    Ok(Change::Names(names))
}
