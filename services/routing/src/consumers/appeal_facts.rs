//! The codes of an appeal, as intake publishes them.

use eventlog::read::{self, Unreadable};
use hotline_proto::common::Seat;
use hotline_proto::intake::AppealFacts;

use crate::domain::appeal::Appeal;

/// The codes of an appeal. An unknown type, urgency or seat makes it unreadable, because limits depend on them. Other
/// unknown numbers are kept, because routing only passes them on.
pub(crate) fn appeal(facts: Option<&AppealFacts>) -> Result<Appeal, Unreadable> {
    let facts = read::present("appeal", facts)?;
    let leader_day = read::optional_text(&facts.leader_day_id);
    Ok(Appeal {
        id: read::id("appeal_id", &facts.appeal_id)?,
        number: read::filled("appeal_number", &facts.appeal_number)?,
        kind: read::known("type", facts.r#type)?,
        category: read::filled("category", &facts.category)?,
        region: read::filled("region", &facts.region)?,
        channel: read::filled("channel", &facts.channel)?,
        urgency: read::known("urgency", facts.urgency)?,
        received_at: read::time("received_time", facts.received_time.as_ref())?,
        source_at: read::optional_time("source_time", facts.source_time.as_ref())?,
        tags: facts.tags.clone(),
        anonymous: facts.anonymous,
        confidential: facts.confidential,
        accused_unit: read::optional_text(&facts.accused_unit),
        defects: facts.defects.clone(),
        no_channel: facts.no_channel,
        platform: read::optional_text(&facts.platform),
        upstream_number: read::optional_text(&facts.upstream_number),
        upstream_due_at: read::optional_time("upstream_due_time", facts.upstream_due_time.as_ref())?,
        person_key: (!facts.person_key.is_empty()).then(|| facts.person_key.clone()),
        seat: Some(read::known_or_unspecified("seat", facts.seat)?).filter(|seat| *seat != Seat::Unspecified),
        deputy_level: Some(facts.deputy_level).filter(|level| *level != 0),
        leader_day: leader_day.map(|id| read::id("leader_day_id", &id)).transpose()?,
        complex: facts.complex,
    })
}
