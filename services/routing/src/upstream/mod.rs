//! Questions to other services: traits, and their gRPC clients. Asked before a transaction, never inside one.

mod intake;

use async_trait::async_trait;
use hotline_proto::intake::Appellant;
use uuid::Uuid;

pub use intake::Intake;

/// Who reads which text; intake records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The appeal.
    pub appeal: Uuid,
    /// The order that routing vouches for.
    pub order: Uuid,
    /// Subject of the reader.
    pub reader: String,
    /// Unit for which the reader reads; empty for the hotline's own people.
    pub unit: String,
    /// Whether the reader may learn who brings it.
    pub with_appellant: bool,
}

/// The text of an appeal. No Debug: it is personal.
#[derive(Clone, PartialEq)]
pub struct AppealText {
    /// One line.
    pub title: String,
    /// The matter.
    pub content: String,
    /// Where it happened.
    pub place: String,
    /// Who brings it, if asked for; absent for anonymous and confidential ones.
    pub appellant: Option<Appellant>,
}

/// Why another service did not answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It is away, or too slow: try again.
    #[error("{0} does not answer")]
    Away(&'static str),
    /// It knows nothing of what it was asked.
    #[error("{0} does not know it")]
    Unknown(&'static str),
    /// It refused, which it should not.
    #[error("{service} refused: {reason}")]
    Refused {
        /// Which.
        service: &'static str,
        /// The status, without personal data.
        reason: String,
    },
}

/// Reads the text behind an order.
#[async_trait]
pub trait AppealTexts: Send + Sync + 'static {
    /// The text, whose reading the owner records.
    ///
    /// # Errors
    /// [`UpstreamError`].
    async fn read(&self, reading: Reading) -> Result<AppealText, UpstreamError>;
}
