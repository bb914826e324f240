//! Consumers of the other services' events. Each source has a file that reads its events. One action applies their
//! changes, a whole batch at once.

pub mod callback;
pub mod intake;
pub mod routing;
pub mod supervision;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use eventlog::read::{self, Unreadable};
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use hotline_proto::Date;
use hotline_proto::intake::AppealFacts;
use rpc::time::date_from_proto;

use crate::actions::apply_changes::apply_changes;
use crate::domain::change::{Change, Name, NameKind};
use crate::domain::codes::Codes;
use crate::domain::kept::Kept;

/// Reads one event of a source: the change it makes, or none for a type that analytics ignores. The error names the
/// fault of the event.
pub type Read = fn(&Recorded) -> Result<Option<Change>, Unreadable>;

/// Applies the events of a source.
#[must_use]
pub fn applying(read: Read) -> Arc<dyn Handler> {
    Arc::new(Facts { read })
}

/// Applies the events of one source to the facts.
struct Facts {
    read: Read,
}

#[async_trait]
impl Handler for Facts {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let mut effects = Vec::with_capacity(events.len());
        let mut changes = Vec::with_capacity(events.len());
        for event in events {
            match (self.read)(event)? {
                Some(change) => {
                    changes.push(change);
                    effects.push(Effect::Applied);
                }
                None => effects.push(Effect::Ignored),
            }
        }
        if !changes.is_empty() {
            apply_changes(tx, &changes).await?;
        }
        Ok(effects)
    }
}

/// Names of codes of one kind, as `(code, name)`.
fn names<'e>(
    kind: NameKind,
    codes: impl IntoIterator<Item = (&'e String, &'e String)>,
    valid_from: NaiveDate,
    version: u64,
) -> impl Iterator<Item = Name> {
    codes.into_iter().map(move |(code, name)| Name {
        kind,
        code: code.clone(),
        valid_from,
        version,
        name: name.clone(),
    })
}

/// Reads the codes of an appeal.
fn codes(facts: &AppealFacts) -> Result<Codes, Unreadable> {
    let mut tags = facts.tags.clone();
    tags.sort_unstable();
    tags.dedup();
    let leader_day = Some(&facts.leader_day_id).filter(|id| !id.is_empty());
    Ok(Codes {
        kind: kept("type", facts.r#type)?,
        category: read::filled("category", &facts.category)?,
        region: facts.region.clone(),
        channel: read::filled("channel", &facts.channel)?,
        urgency: kept_or_unspecified("urgency", facts.urgency)?,
        seat: kept_or_unspecified("seat", facts.seat)?,
        deputy_level: kept_or_unspecified("deputy_level", facts.deputy_level)?,
        leader_day: leader_day.map(|id| read::id("leader_day_id", id)).transpose()?,
        complex: facts.complex,
        tags,
    })
}

/// Reads a day.
fn day(field: &str, day: Option<&Date>) -> Result<NaiveDate, Unreadable> {
    let day = date_from_proto(read::present(field, day)?);
    day.ok_or_else(|| Unreadable::new(format!("{field} is not a valid day")))
}

/// Reads a number of an enum, known or not; 0 is refused.
fn kept<E: TryFrom<i32>>(field: &str, number: i32) -> Result<Kept<E>, Unreadable> {
    if number == 0 {
        return Err(Unreadable::new(format!("{field} is unspecified")));
    }
    kept_or_unspecified(field, number)
}

/// Reads a number of an enum, known or not.
fn kept_or_unspecified<E: TryFrom<i32>>(field: &str, number: i32) -> Result<Kept<E>, Unreadable> {
    if number < 0 {
        return Err(Unreadable::new(format!("{field} is negative")));
    }
    Ok(Kept::new(number))
}
