//! What the other services' events do here. A batch's transaction is lent; rule time is the event's `occurred_at`.

pub(crate) mod appeal_facts;
mod decisions;
mod forwarded_appeals;

pub use decisions::Decisions;
pub use forwarded_appeals::ForwardedAppeals;

use eventlog::ApplyError;

use crate::actions::Error;

/// An action's error, as the event log sees it.
pub(crate) fn failed(error: Error) -> ApplyError {
    match error {
        Error::Store(error) => error.into(),
        error => ApplyError::Permanent(error.to_string()),
    }
}
