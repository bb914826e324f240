//! Requests to other services: traits and their gRPC clients. They run before a transaction, never inside one.

mod intake;

use async_trait::async_trait;
use hotline_proto::intake::Appellant;
use uuid::Uuid;

pub use intake::Intake;

/// A reading of a text. intake records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The appeal.
    pub appeal: Uuid,
    /// The order that routing vouches for.
    pub order: Uuid,
    /// Subject of the reader.
    pub reader: String,
    /// Unit of the reader; empty for hotline staff.
    pub unit: String,
    /// Whether the reader may learn the appellant.
    pub with_appellant: bool,
}

/// The text of an appeal. No Debug: it is personal.
#[derive(Clone, PartialEq)]
pub struct AppealText {
    /// One line.
    pub title: String,
    /// The matter.
    pub content: String,
    /// Place of the matter.
    pub place: String,
    /// The appellant, if requested; absent for anonymous and confidential appeals.
    pub appellant: Option<Appellant>,
}

/// The reason why another service gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The service is unreachable or too slow; retry later.
    #[error("{0} does not answer; retry later")]
    Away(&'static str),
    /// The service does not have what was requested.
    #[error("{0} has no such text")]
    Unknown(&'static str),
    /// The service refused the request. This is an internal error.
    #[error("{service} refused: {reason}")]
    Refused {
        /// Name of the service.
        service: &'static str,
        /// The status, without personal data.
        reason: String,
    },
}

/// Reads the text of an appeal.
#[async_trait]
pub trait AppealTexts: Send + Sync + 'static {
    /// Reads the text. Its owner records the reading.
    ///
    /// # Errors
    /// [`UpstreamError`].
    async fn read(&self, reading: Reading) -> Result<AppealText, UpstreamError>;
}
