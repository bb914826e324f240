//! Errors for callers: the right code, a stable reason, nothing internal.

use std::collections::HashMap;
use std::error::Error;

use hotline_proto::common::Reason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::steps::chain;
use crate::store::StoreError;

/// Domain of our reasons in `ErrorInfo`.
pub const DOMAIN: &str = "hotline";

/// The current state of the refused thing, sent as metadata of `ErrorInfo`. It holds no personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Name of its state, such as `PENDING_SIGN`.
    pub state: Option<String>,
    /// Its round.
    pub round: Option<u32>,
    /// Its version.
    pub version: Option<u64>,
}

impl Standing {
    fn metadata(&self) -> HashMap<String, String> {
        let pairs = [
            ("state", self.state.clone()),
            ("round", self.round.map(|round| round.to_string())),
            ("version", self.version.map(|version| version.to_string())),
        ];
        let known = pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)));
        known.collect()
    }
}

/// `FAILED_PRECONDITION`: a rule of the domain refuses, with a stable reason.
#[must_use]
pub fn refused(reason: Reason, message: impl Into<String>, standing: &Standing) -> Status {
    explained(Code::FailedPrecondition, reason, message, standing)
}

/// `ABORTED`: reference data changed since the first page.
#[must_use]
pub fn changed_between_pages() -> Status {
    with_reason(
        Code::Aborted,
        Reason::ChangedBetweenPages,
        "another version came into force since the first page; begin again without a page_token",
    )
}

/// `NOT_FOUND`: the thing does not exist, or this caller may not see it.
#[must_use]
pub fn not_found(what: &str) -> Status {
    with_reason(Code::NotFound, Reason::NotFound, format!("there is no such {what}"))
}

/// `PERMISSION_DENIED`.
#[must_use]
pub fn denied(message: impl Into<String>) -> Status {
    with_reason(Code::PermissionDenied, Reason::PermissionDenied, message)
}

/// `RESOURCE_EXHAUSTED`: the request is larger than the service accepts.
#[must_use]
pub fn too_large(message: impl Into<String>) -> Status {
    with_reason(Code::ResourceExhausted, Reason::TooLarge, message)
}

/// `UNAVAILABLE`: retry with the same request_id.
#[must_use]
pub fn unavailable(message: impl Into<String>) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(std::time::Duration::from_secs(1)));
    details.set_error_info(Reason::Unavailable.text(), DOMAIN, HashMap::new());
    Status::with_error_details(Code::Unavailable, message, details)
}

/// `ALREADY_EXISTS`: an idempotency key was used again with other content.
#[must_use]
pub fn reused(message: impl Into<String>) -> Status {
    with_reason(Code::AlreadyExists, Reason::RequestReused, message)
}

/// `INTERNAL`, logged here once with its whole chain. The caller gets no details.
#[must_use]
pub fn internal(error: &dyn Error) -> Status {
    tracing::error!(error = %chain(error), "a call failed");
    with_reason(Code::Internal, Reason::Internal, "internal error")
}

impl From<StoreError> for Status {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Absent(what) => not_found(what),
            StoreError::Stale { version } => explained(
                Code::Aborted,
                Reason::StaleVersion,
                format!("it has version {version} now; read it again and decide by that"),
                &Standing {
                    version: Some(version),
                    ..Standing::default()
                },
            ),
            StoreError::RequestReused => reused("the request_id was used with another content"),
            error if error.is_lost_race() => with_reason(
                Code::Aborted,
                Reason::LostRace,
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

/// A status from another service, or in place of its answer, with the known cause. For the log and the operator.
#[must_use]
pub fn told(status: &Status) -> String {
    let cause = status.source().map(|cause| format!(" ({})", chain(cause)));
    format!("{:?}: {}{}", status.code(), status.message(), cause.unwrap_or_default())
}

/// A code with a stable reason.
#[must_use]
pub fn with_reason(code: Code, reason: Reason, message: impl Into<String>) -> Status {
    explained(code, reason, message, &Standing::default())
}

fn explained(code: Code, reason: Reason, message: impl Into<String>, standing: &Standing) -> Status {
    let details = ErrorDetails::with_error_info(reason.text(), DOMAIN, standing.metadata());
    Status::with_error_details(code, message, details)
}
