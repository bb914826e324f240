//! Translates an action's error for callers: one exhaustive match.

use platform::status;
use rpc::fields::{InvalidRequest, Violation};
use tonic::Status;

use crate::actions::Error;
use crate::actions::get_order::TextError;
use crate::domain::state::Standing;
use crate::events;
use crate::upstream::UpstreamError;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { refusal, standing } => {
                status::refused(refusal.reason(), refusal.to_string(), &shown(standing))
            }
            Error::Invalid(violations) => InvalidRequest::new(violations.into_iter().map(|violation| Violation {
                field: violation.field,
                description: violation.description,
            }))
            .into(),
            Error::Store(error) => error.into(),
        }
    }
}

/// The standing of an order, with the state's name from the contract.
fn shown(standing: Standing) -> status::Standing {
    let state = events::state(standing.state).as_str_name();
    status::Standing {
        state: Some(state.trim_start_matches("ORDER_STATE_").to_owned()),
        round: Some(standing.round),
        version: Some(standing.version),
    }
}

/// Translates the error of reading an order's text.
impl From<TextError> for Status {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Store(error) => error.into(),
            TextError::Upstream(error @ UpstreamError::Away(_)) => status::unavailable(error.to_string()),
            // intake lacks the appeal that the order names, or refuses routing. Both are internal errors.
            TextError::Upstream(error @ (UpstreamError::Unknown(_) | UpstreamError::Refused { .. })) => {
                status::internal(&error)
            }
        }
    }
}
