//! Reads events of intake: calls, appeals, and the names of channels, categories and regions.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::events::event::Body;
use hotline_proto::events::{CallRecorded, ReferencePublished};
use hotline_proto::intake::AppealFacts;

use super::{day, kept, names};
use crate::domain::appeal::{AppealHeard, AppealState, Outcome, PersonKey};
use crate::domain::call::CallState;
use crate::domain::change::{Change, NameKind};

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
    let mut tags = facts.tags.clone();
    tags.sort_unstable();
    tags.dedup();
    let state = AppealState {
        version: read::version(event.version)?,
        number: read::filled("appeal_number", &facts.appeal_number)?,
        kind: kept("type", facts.r#type)?,
        category: read::filled("category", &facts.category)?,
        region: facts.region.clone(),
        channel: read::filled("channel", &facts.channel)?,
        received_at: read::time("received_time", facts.received_time.as_ref())?,
        source_at: read::optional_time("source_time", facts.source_time.as_ref())?,
        tags,
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
