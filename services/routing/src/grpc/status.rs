//! Errors to statuses: what platform does not know of.

use platform::grpc::fields::{InvalidRequest, Violation};
use platform::grpc::status;
use tonic::Status;

pub(super) use platform::grpc::status::{denied, invalid, store};

use crate::actions::Error;
use crate::actions::get_order::TextError;
use crate::upstream::UpstreamError;

/// An action's error.
pub(super) fn action(error: Error) -> Status {
    match error {
        Error::Refused(refusal) => status::refused(refusal.reason(), refusal.to_string()),
        Error::NotFound(what) => status::not_found(what),
        Error::Invalid(violations) => invalid(&InvalidRequest {
            violations: violations
                .into_iter()
                .map(|violation| Violation {
                    field: violation.field,
                    description: violation.description,
                })
                .collect(),
        }),
        Error::Store(error) => store(&error),
    }
}

/// Why the text of an order could not be read.
pub(super) fn text(error: TextError) -> Status {
    match error {
        TextError::Store(error) => store(&error),
        TextError::Upstream(error @ UpstreamError::Away(_)) => status::unavailable(error.to_string()),
        // The order names an appeal that intake does not have, or intake does not trust us: ours to mend.
        TextError::Upstream(error @ (UpstreamError::Unknown(_) | UpstreamError::Refused { .. })) => {
            status::internal(&error)
        }
    }
}
