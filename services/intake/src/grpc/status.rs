//! An action's error as callers see it: one exhaustive match.

use platform::grpc::fields::{InvalidRequest, Violation};
use platform::grpc::status;
use tonic::Status;

use crate::actions::Error;
use crate::domain::Fault;

/// The status of an action's error.
#[must_use]
pub fn of(error: &Error) -> Status {
    match error {
        Error::Refused(refusal) => status::refused(refusal.reason(), refusal.to_string()),
        Error::Invalid(faults) => status::invalid(&invalid(faults)),
        Error::Denied(message) => status::denied(*message),
        Error::Store(error) => status::store(error),
        // Only a consumer hears of orders; no caller can bring one.
        Error::Foreign(error) => status::internal(error),
    }
}

/// Faults as violations of a request.
#[must_use]
pub fn invalid(faults: &[Fault]) -> InvalidRequest {
    let violation = |fault: &Fault| Violation {
        field: fault.field.clone(),
        description: fault.description.clone(),
    };
    InvalidRequest {
        violations: faults.iter().map(violation).collect(),
    }
}
