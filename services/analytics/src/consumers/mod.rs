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
use rpc::time::date_from_proto;

use crate::actions::apply_changes::apply_changes;
use crate::domain::change::{Change, Name, NameKind};
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
