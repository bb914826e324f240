//! What a person at a terminal sees: results on standard output, everything else on standard error.

use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish};

/// Prints a line of the command's result. A reader that has gone away is no error.
pub fn say(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout().lock(), "{}", line.as_ref());
}

/// Prints a remark that is not part of the result.
pub fn remark(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Shows at a terminal that work goes on, until it is cleared or dropped.
#[must_use]
pub fn busy(with: impl Into<String>) -> ProgressBar {
    let spinner = ProgressBar::new_spinner()
        .with_message(with.into())
        .with_finish(ProgressFinish::AndClear);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// Why a command ended without its result: what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<platform::service::StartError> for Failure {
    fn from(error: platform::service::StartError) -> Self {
        Self(error.0)
    }
}

impl From<platform::store::StoreError> for Failure {
    fn from(error: platform::store::StoreError) -> Self {
        Self(platform::steps::chain(&error))
    }
}

impl From<platform::config::ConfigError> for Failure {
    fn from(error: platform::config::ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        use tonic_types::StatusExt as _;
        let mut text = platform::grpc::status::told(&status);
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
