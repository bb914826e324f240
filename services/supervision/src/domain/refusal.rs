//! Why a verdict is refused. The reason is stable and goes to the caller with `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule refuses the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No reply of the order waits for review.
    #[error("no reply of the order waits for a review")]
    NotPendingReview,
    /// A newer reply waits for review.
    #[error("a newer reply has replaced this one: review the newer one")]
    ReplySuperseded,
    /// The reply already has a verdict.
    #[error("the reply already has a verdict")]
    AlreadyReviewed,
    /// The ground contradicts a check made when the reply arrived. Such a check is a fact, so no reviewer can overrule
    /// it.
    #[error("the ground contradicts an objective check: {said}")]
    UntrueGround {
        /// The result of that check.
        said: &'static str,
    },
}

impl Refusal {
    /// The stable reason, for callers' programs.
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
