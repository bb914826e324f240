//! The error of a command, as it is printed to the operator.

use platform::config::ConfigError;
use platform::store::StoreError;
use rpc::service::StartError;
use tonic::Status;
use tonic_types::StatusExt as _;

/// The reason why a command ended without its result: what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self(error.0)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(platform::steps::chain(&error))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let mut text = platform::status::told(&status);
        if let Some(bad) = status.get_details_bad_request() {
            for violation in bad.field_violations {
                text.push_str("\n  ");
                text.push_str(&violation.field);
                text.push_str(": ");
                text.push_str(&violation.description);
            }
        }
        Self(text)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self(message.to_owned())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}
