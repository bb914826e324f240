//! Reasons for refusing a verb: expected, stable, and shown to the caller as the reason of `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule that refused a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The appeal already has a direct answer.
    #[error("the appeal already has a direct answer")]
    AlreadyAnswered,
    /// The appeal was already forwarded to routing.
    #[error("the appeal was already forwarded")]
    AlreadyForwarded,
    /// No reference data is in force on the day.
    #[error("no reference data is in force today: publish channels, categories and regions first")]
    NoReference,
}

impl Refusal {
    /// Reason code of the contract.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::AlreadyAnswered => Reason::AlreadyAnswered,
            Self::AlreadyForwarded => Reason::AlreadyForwarded,
            Self::NoReference => Reason::NoReference,
        }
    }
}
