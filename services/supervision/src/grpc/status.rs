//! Turns an action's error into the caller's status, in one exhaustive match.

use platform::status;
use rpc::fields::{InvalidRequest, Violation};
use tonic::Status;

use crate::actions::Error;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal, standing) => status::refused(refusal.reason(), refusal.to_string(), &standing),
            Error::Invalid(violations) => InvalidRequest::new(violations.into_iter().map(|violation| Violation {
                field: violation.field,
                description: violation.description,
            }))
            .into(),
            Error::Store(error) => error.into(),
        }
    }
}
