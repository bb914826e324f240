//! Why a verb is refused: expected, stable, shown to the caller as the reason of `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was answered at once.
    #[error("the appeal was answered at once already")]
    AlreadyAnswered,
    /// It was handed to routing.
    #[error("the appeal was forwarded already")]
    AlreadyForwarded,
    /// No reference data is in force on the day.
    #[error("no reference data is in force today: publish channels, categories and regions first")]
    NoReference,
}

impl Refusal {
    /// As the contract has it.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::AlreadyAnswered => Reason::AlreadyAnswered,
            Self::AlreadyForwarded => Reason::AlreadyForwarded,
            Self::NoReference => Reason::NoReference,
        }
    }
}
