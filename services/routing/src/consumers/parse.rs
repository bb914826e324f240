//! Events to commands. Our own services wrote them: what cannot be read is a fault, and parks.

use chrono::{DateTime, Utc};
use eventlog::ApplyError;
use hotline_proto::common::{AppealType, RejectionGround, Urgency};
use hotline_proto::events::AppealFacts;
use platform::grpc::time::from_proto;
use prost_types::Timestamp;
use uuid::Uuid;

use crate::domain::order::Appeal;

/// A field that cannot be read.
fn unreadable(field: &str) -> ApplyError {
    ApplyError::Permanent(format!("the event's {field} cannot be read"))
}

/// An id.
pub(crate) fn uuid(field: &str, text: &str) -> Result<Uuid, ApplyError> {
    Uuid::try_parse(text).map_err(|_| unreadable(field))
}

/// Grounds of a rejection.
pub(crate) fn grounds(numbers: &[i32]) -> Result<Vec<RejectionGround>, ApplyError> {
    numbers.iter().map(|number| known("grounds", *number)).collect()
}

/// A known, specified value of an enum.
pub(crate) fn known<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, ApplyError> {
    if number == 0 {
        return Err(unreadable(field));
    }
    E::try_from(number).map_err(|_| unreadable(field))
}

/// The codes of an appeal.
pub(crate) fn appeal(facts: Option<&AppealFacts>) -> Result<Appeal, ApplyError> {
    let facts = facts.ok_or_else(|| unreadable("appeal"))?;
    Ok(Appeal {
        id: uuid("appeal_id", &facts.appeal_id)?,
        number: filled("appeal_number", &facts.appeal_number)?,
        kind: known::<AppealType>("type", facts.r#type)?,
        category: filled("category", &facts.category)?,
        region: filled("region", &facts.region)?,
        channel: filled("channel", &facts.channel)?,
        urgency: known::<Urgency>("urgency", facts.urgency)?,
        received_at: instant("received_time", facts.received_time.as_ref())?
            .ok_or_else(|| unreadable("received_time"))?,
        tags: facts.tags.clone(),
        anonymous: facts.anonymous,
        confidential: facts.confidential,
        platform: Some(facts.platform.clone()).filter(|platform| !platform.is_empty()),
        upstream_number: Some(facts.upstream_number.clone()).filter(|number| !number.is_empty()),
        upstream_due_at: instant("upstream_due_time", facts.upstream_due_time.as_ref())?,
    })
}

fn filled(field: &str, text: &str) -> Result<String, ApplyError> {
    if text.is_empty() {
        Err(unreadable(field))
    } else {
        Ok(text.to_owned())
    }
}

fn instant(field: &str, at: Option<&Timestamp>) -> Result<Option<DateTime<Utc>>, ApplyError> {
    at.map(|at| from_proto(at).ok_or_else(|| unreadable(field))).transpose()
}
