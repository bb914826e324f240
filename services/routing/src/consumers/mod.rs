//! Handlers of other services' events. The batch lends its transaction. Rules use the event's `occurred_at` as the
//! current time.

pub(crate) mod appeal_facts;
mod decisions;
mod forwarded_appeals;

pub use decisions::Decisions;
pub use forwarded_appeals::ForwardedAppeals;

use eventlog::ApplyError;

use crate::actions::Error;

/// Converts an action's error for the event log.
pub(crate) fn failed(error: Error) -> ApplyError {
    match error {
        Error::Store(error) => error.into(),
        error => ApplyError::Permanent(error.to_string()),
    }
}
