//! What the other services tell analytics. Each source has a file that reads its events; what they change is applied
//! by one action, a whole batch at once.

pub mod callback;
pub mod intake;
pub mod routing;
pub mod supervision;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use eventlog::read::Unreadable;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use hotline_proto::events::NamedCode;

use crate::actions::apply_changes::apply_changes;
use crate::domain::change::{Change, Name, NameKind};

/// Reads one event of a source: what it changes, or nothing when nobody here needs its type. The error says what is
/// wrong with it.
pub type Read = fn(&Recorded) -> Result<Option<Change>, Unreadable>;

/// What applies the events of a source.
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

/// Names of codes of one kind.
fn names(kind: NameKind, codes: &[NamedCode], valid_from: NaiveDate, version: u64) -> impl Iterator<Item = Name> {
    codes.iter().map(move |named| Name {
        kind,
        code: named.code.clone(),
        valid_from,
        version,
        name: named.name.clone(),
    })
}
