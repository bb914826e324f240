//! Why a verdict is refused: expected, stable, shown to the caller as the reason of `FAILED_PRECONDITION`.

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
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotPendingReview => "NOT_PENDING_REVIEW",
            Self::ReplySuperseded => "REPLY_SUPERSEDED",
            Self::AlreadyReviewed => "ALREADY_REVIEWED",
            Self::UntrueGround { .. } => "UNTRUE_GROUND",
        }
    }
}
