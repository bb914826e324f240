//! An action's error as callers see it: one exhaustive match.

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

/// A state is named as in the contract.
fn shown(standing: Standing) -> status::Standing {
    let state = events::state(standing.state).as_str_name();
    status::Standing {
        state: Some(state.trim_start_matches("ORDER_STATE_").to_owned()),
        round: Some(standing.round),
        version: Some(standing.version),
    }
}

/// Why the text of an order could not be read.
impl From<TextError> for Status {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Store(error) => error.into(),
            TextError::Upstream(error @ UpstreamError::Away(_)) => status::unavailable(error.to_string()),
            // The order names an appeal that intake does not have, or intake does not trust us: ours to mend.
            TextError::Upstream(error @ (UpstreamError::Unknown(_) | UpstreamError::Refused { .. })) => {
                status::internal(&error)
            }
        }
    }
}
