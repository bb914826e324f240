//! An action's error as callers see it: one exhaustive match.

use platform::grpc::status;
use tonic::Status;

use crate::actions::Error;

/// The status of an action's error.
#[must_use]
pub fn of(error: &Error) -> Status {
    match error {
        Error::Refused(refusal) => status::refused(refusal.reason(), refusal.to_string()),
        Error::Store(error) => status::store(error),
    }
}
