//! Reasons for refusing a verb: expected, stable, and shown to the caller as the reason of `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

use super::state::StateName;

/// A rule that refused a verb.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only an order that is pending dispatch can be dispatched.
    #[error("the order is {}, it can be dispatched only while it is pending dispatch", .found.text())]
    NotPendingDispatch {
        /// State of the order.
        found: StateName,
    },
    /// Only an order that is pending sign can be signed.
    #[error("the order is {}, it can be signed only while it is pending sign", .found.text())]
    NotPendingSign {
        /// State of the order.
        found: StateName,
    },
    /// The order was signed before.
    #[error("the order is already signed")]
    AlreadySigned,
    /// Contacts, notes and replies need an order in progress.
    #[error("the order is {}, it has to be in progress", .found.text())]
    NotInProgress {
        /// State of the order.
        found: StateName,
    },
    /// Records of each kind are limited. A reply is still possible.
    #[error("the order already has {most} records of this kind, which is the limit; submit the reply")]
    TooManyRecords {
        /// Maximum number of records.
        most: u32,
    },
    /// No reply waits for review: the decision is late.
    #[error("the order is {}, no reply waits for review", .found.text())]
    NotPendingReview {
        /// State of the order.
        found: StateName,
    },
    /// The order does not wait for a callback: the decision is late.
    #[error("the order is {}, it does not wait for a callback", .found.text())]
    NotPendingCallback {
        /// State of the order.
        found: StateName,
    },
    /// The decision is about another round: it is late.
    #[error("the order is in round {found}, the decision is about round {judged}")]
    OtherRound {
        /// Round of the order.
        found: u32,
        /// Round of the decision.
        judged: u32,
    },
    /// The decision is about another reply: it is late.
    #[error("the decision is not about the newest reply")]
    OtherReply,
    /// 先行联系: a reply needs a contact record or a ground for having none.
    #[error("the order has no contact record; record a contact or give a ground for having none")]
    NoContactRecord,
    /// The order contradicts the ground for having no contact record.
    #[error("the order's appellant is not {said}; record a contact or give the true ground")]
    UntrueGround {
        /// Claim of the ground.
        said: &'static str,
    },
    /// The day of a commitment must not be past.
    #[error("the day of the commitment is before today; choose today or a later day")]
    CommitmentInPast,
    /// Deadlines cannot be computed without limits.
    #[error("no time limits are in force; publish limits first")]
    NoLimits,
    /// The unit that a report accuses never leads, and no unit below it leads. The accused unit's superior leads.
    #[error("the report accuses this unit or one above it; dispatch to the superior of the accused unit")]
    AccusedUnit,
    /// The unit is not in force, or the caller may not dispatch to it.
    #[error("the unit is not in force, or the caller may not dispatch to it; choose another unit")]
    UnknownUnit,
}

impl Refusal {
    /// Stable reason code.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NotPendingDispatch { .. } => Reason::NotPendingDispatch,
            Self::NotPendingSign { .. } => Reason::NotPendingSign,
            Self::AlreadySigned => Reason::AlreadySigned,
            Self::NotInProgress { .. } => Reason::NotInProgress,
            Self::TooManyRecords { .. } => Reason::TooManyRecords,
            Self::NotPendingReview { .. } => Reason::NotPendingReview,
            Self::NotPendingCallback { .. } => Reason::NotPendingCallback,
            Self::OtherRound { .. } => Reason::OtherRound,
            Self::OtherReply => Reason::OtherReply,
            Self::NoContactRecord => Reason::NoContactRecord,
            Self::UntrueGround { .. } => Reason::UntrueGround,
            Self::CommitmentInPast => Reason::CommitmentInPast,
            Self::NoLimits => Reason::NoLimits,
            Self::AccusedUnit => Reason::AccusedUnit,
            Self::UnknownUnit => Reason::UnknownUnit,
        }
    }

    /// Whether the refusal only means that a decision came too late, after the order had moved on.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        matches!(
            self,
            Self::NotPendingReview { .. }
                | Self::NotPendingCallback { .. }
                | Self::OtherRound { .. }
                | Self::OtherReply
        )
    }
}
