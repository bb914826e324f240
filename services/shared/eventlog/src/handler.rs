//! How a service applies events: one trait for all its consumers.

use async_trait::async_trait;

use crate::event::{ApplyError, Effect, Recorded};
use crate::tx::Tx;

/// Applies the events of one source.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Applies events in order, in the given transaction, and returns one effect per event.
    ///
    /// After a rollback it is called again with the same events, so it must change nothing outside the transaction. An
    /// event that [`Effect::Waits`] is applied a second time, so the first time must write nothing.
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError>;
}
