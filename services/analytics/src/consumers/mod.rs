//! What the other services tell analytics. Each source has a file that reads its events; what they change is applied
//! by one action, a whole batch at once.

pub mod callback;
pub mod intake;
mod read;
pub mod routing;
pub mod supervision;

use std::sync::Arc;

use async_trait::async_trait;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};

use crate::actions::apply_changes::apply_changes;
use crate::domain::change::Change;

/// Reads one event of a source: what it changes, or nothing when nobody here needs its type. The error says what is
/// wrong with it.
type Read = fn(&Recorded) -> Result<Option<Change>, String>;

/// The sources, each with its handler.
#[must_use]
pub fn sources() -> Vec<(&'static str, Arc<dyn Handler>)> {
    let sources: [(&'static str, Read); 4] = [
        (intake::SOURCE, intake::read),
        (routing::SOURCE, routing::read),
        (supervision::SOURCE, supervision::read),
        (callback::SOURCE, callback::read),
    ];
    sources
        .into_iter()
        .map(|(source, read)| (source, Arc::new(Facts { read }) as Arc<dyn Handler>))
        .collect()
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
            match (self.read)(event).map_err(ApplyError::Permanent)? {
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
