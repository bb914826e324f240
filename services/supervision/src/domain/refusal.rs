//! Why a request is refused. The reason is stable and goes to the caller with `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule refuses the request.
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
    /// Supervision knows no appeal of an order of the notice.
    #[error("order_ids[{at}] has no known appeal: correct it, or try again when its next event is read")]
    UnknownOrder {
        /// Its place in the request, from 0.
        at: usize,
    },
    /// The notice is not addressed to the unit.
    #[error("the notice is not addressed to this unit")]
    NotAddressed,
    /// Each addressee feeds back once.
    #[error("the unit has fed back already")]
    AlreadyFedBack,
    /// All addressees feed back before the verification.
    #[error("some addressee has not fed back")]
    FeedbackMissing,
    /// The notice is done.
    #[error("the notice is verified already")]
    AlreadyVerified,
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
            Self::UnknownOrder { .. } => Reason::UnknownOrder,
            Self::NotAddressed => Reason::NotAddressed,
            Self::AlreadyFedBack => Reason::AlreadyFedBack,
            Self::FeedbackMissing => Reason::FeedbackMissing,
            Self::AlreadyVerified => Reason::AlreadyVerified,
        }
    }
}
