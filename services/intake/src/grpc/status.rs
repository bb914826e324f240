//! Translates an action's error for callers: one exhaustive match.

use platform::status::{self, Standing};
use rpc::fields::{InvalidRequest, Violation};
use tonic::Status;

use crate::actions::Error;
use crate::domain::Fault;
use crate::domain::refusal::Refusal;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => status::refused(refusal.reason(), refusal.to_string(), &standing(refusal)),
            Error::Invalid(faults) => invalid(&faults).into(),
            Error::Denied(message) => status::denied(message),
            Error::Store(error) => error.into(),
            // Only a consumer stores orders; no request of a caller can cause this.
            Error::Foreign(error) => status::internal(&error),
        }
    }
}

/// State of the refused appeal, which follows from the refusal.
fn standing(refusal: Refusal) -> Standing {
    Standing {
        state: refusal.state().map(str::to_ascii_uppercase),
        ..Standing::default()
    }
}

/// Faults as violations of a request.
#[must_use]
pub fn invalid(faults: &[Fault]) -> InvalidRequest {
    let violation = |fault: &Fault| Violation {
        field: fault.field.clone(),
        description: fault.description.clone(),
    };
    InvalidRequest::new(faults.iter().map(violation))
}
