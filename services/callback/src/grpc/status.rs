//! Turns an action's error into the caller's status, in one exhaustive match.

use hotline_proto::callback::TaskState;
use platform::status::{self, Standing};
use tonic::Status;

use super::fields::state;
use crate::actions::{Error, Stood};

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { refusal, about } => {
                let standing = about.map(standing).unwrap_or_default();
                status::refused(refusal.reason(), refusal.to_string(), &standing)
            }
            Error::Store(error) => error.into(),
        }
    }
}

/// State of a task, such as `LEASED`, for `ErrorInfo`.
fn standing(stood: Stood) -> Standing {
    let state: TaskState = state(stood.standing);
    Standing {
        state: Some(state.as_str_name().trim_start_matches("TASK_STATE_").to_owned()),
        round: Some(stood.round),
        version: Some(stood.version),
    }
}
