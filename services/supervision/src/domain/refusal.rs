//! Why a verdict is refused: expected, stable, shown to the caller as the reason of `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The order has no reply that waits.
    #[error("the order does not wait for a review")]
    NotPendingReview,
    /// Another reply waits.
    #[error("another reply has taken the place of the one that was read")]
    ReplySuperseded,
    /// Somebody was quicker.
    #[error("the reply was reviewed already")]
    AlreadyReviewed,
    /// What is checked when a reply arrives is a fact, and no matter of opinion.
    #[error("the ground is not so: {said}")]
    UntrueGround {
        /// What is.
        said: &'static str,
    },
}

impl Refusal {
    /// Stable, for callers' programs.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::NotPendingReview => Reason::NotPendingReview,
            Self::ReplySuperseded => Reason::ReplySuperseded,
            Self::AlreadyReviewed => Reason::AlreadyReviewed,
            Self::UntrueGround { .. } => Reason::UntrueGround,
        }
    }
}
