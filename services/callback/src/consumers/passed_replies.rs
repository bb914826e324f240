//! Consumes routing's events about orders. A passed reply opens tasks; every other event is ignored.

use async_trait::async_trait;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};

use crate::actions::open_tasks::open_tasks;
use crate::events;

/// Passes the passed replies to [`open_tasks`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PassedReplies;

#[async_trait]
impl Handler for PassedReplies {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let mut replies = Vec::new();
        // One entry per event: whether it is a passed reply.
        let mut concerned = Vec::with_capacity(events.len());
        for event in events {
            let passed = events::passed(event)?;
            concerned.push(passed.is_some());
            replies.extend(passed);
        }
        let mut effects = open_tasks(tx, &replies).await?.into_iter();
        Ok(concerned
            .into_iter()
            .map(|concerned| concerned.then(|| effects.next()).flatten().unwrap_or(Effect::Ignored))
            .collect())
    }
}
