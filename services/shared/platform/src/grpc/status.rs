//! Errors as callers see them: the right code, a stable reason, nothing internal.

use std::error::Error;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::fields::InvalidRequest;
use crate::steps::chain;
use crate::store::StoreError;

/// The domain of our reasons in `ErrorInfo`.
pub const DOMAIN: &str = "hotline";

impl From<InvalidRequest> for Status {
    /// `INVALID_ARGUMENT` with every violation.
    fn from(request: InvalidRequest) -> Self {
        let message = request.to_string();
        let violations: Vec<FieldViolation> = request
            .violations
            .into_iter()
            .map(|v| FieldViolation::new(v.field, v.description))
            .collect();
        let mut details = ErrorDetails::new();
        details.set_bad_request(violations);
        Self::with_error_details(Code::InvalidArgument, message, details)
    }
}

/// `FAILED_PRECONDITION`: a rule of the domain says no, for a stable reason.
#[must_use]
pub fn refused(reason: &str, message: impl Into<String>) -> Status {
    with_reason(Code::FailedPrecondition, reason, message)
}

/// `NOT_FOUND`: there is none, or none that this caller may see.
#[must_use]
pub fn not_found(what: &str) -> Status {
    with_reason(Code::NotFound, "NOT_FOUND", format!("there is no such {what}"))
}

/// `PERMISSION_DENIED`.
#[must_use]
pub fn denied(message: impl Into<String>) -> Status {
    with_reason(Code::PermissionDenied, "PERMISSION_DENIED", message)
}

/// `RESOURCE_EXHAUSTED`: what came is larger than the service takes.
#[must_use]
pub fn too_large(message: impl Into<String>) -> Status {
    with_reason(Code::ResourceExhausted, "TOO_LARGE", message)
}

/// `UNAVAILABLE`: try again with the same request_id.
#[must_use]
pub fn unavailable(message: impl Into<String>) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(std::time::Duration::from_secs(1)));
    details.set_error_info("UNAVAILABLE", DOMAIN, std::collections::HashMap::new());
    Status::with_error_details(Code::Unavailable, message, details)
}

/// `ALREADY_EXISTS`: a key of idempotency came again with another content.
#[must_use]
pub fn reused(message: impl Into<String>) -> Status {
    with_reason(Code::AlreadyExists, "REQUEST_REUSED", message)
}

/// `INTERNAL`, logged here once with its whole chain; the caller learns nothing of it.
#[must_use]
pub fn internal(error: &dyn Error) -> Status {
    tracing::error!(error = %chain(error), "a call failed");
    with_reason(Code::Internal, "INTERNAL", "internal error")
}

impl From<StoreError> for Status {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Absent(what) => not_found(what),
            StoreError::RequestReused => reused("the request_id was used with another content"),
            error if error.is_lost_race() => with_reason(
                Code::Aborted,
                "LOST_RACE",
                "others changed the same things at once; try again with the same request_id",
            ),
            error if error.is_away() => {
                tracing::warn!(error = %chain(&error), "the database is away");
                unavailable("the database is away; try again with the same request_id")
            }
            error => internal(&error),
        }
    }
}

/// A status that another service answered, or that stands for no answer, with what is known of its cause: for the log
/// and for an operator.
#[must_use]
pub fn told(status: &Status) -> String {
    let cause = status.source().map(|cause| format!(" ({})", chain(cause)));
    format!("{:?}: {}{}", status.code(), status.message(), cause.unwrap_or_default())
}

/// A code with a stable reason.
#[must_use]
pub fn with_reason(code: Code, reason: &str, message: impl Into<String>) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, std::collections::HashMap::<String, String>::new());
    Status::with_error_details(code, message, details)
}
