//! An action's error as callers see it: one exhaustive match.

use platform::grpc::fields::{InvalidRequest, Violation};
use platform::grpc::status;
use tonic::Status;

use crate::actions::Error;
use crate::domain::Fault;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => status::refused(refusal.reason(), refusal.to_string()),
            Error::Invalid(faults) => invalid(&faults).into(),
            Error::Denied(message) => status::denied(message),
            Error::Store(error) => error.into(),
            // Only a consumer hears of orders; no caller can bring one.
            Error::Foreign(error) => status::internal(&error),
        }
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
