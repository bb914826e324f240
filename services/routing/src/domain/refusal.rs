//! Why a verb is refused: expected, stable, shown to the caller as the reason of `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

use super::state::StateName;

/// A rule says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only an order that waits for dispatch can be dispatched.
    #[error("the order is {}, it can be dispatched only while it is pending dispatch", .found.text())]
    NotPendingDispatch {
        /// Where it stands.
        found: StateName,
    },
    /// Not dispatched yet.
    #[error("the order is {}, it can be signed only while it is pending sign", .found.text())]
    NotPendingSign {
        /// Where it stands.
        found: StateName,
    },
    /// Signed before, by whomever.
    #[error("the order is already signed")]
    AlreadySigned,
    /// Contacts and replies belong to an order that is worked on.
    #[error("the order is {}, it has to be in progress", .found.text())]
    NotInProgress {
        /// Where it stands.
        found: StateName,
    },
    /// An order has a number of records of each kind at most; a reply is possible all the same.
    #[error("the order has {most} such records already, as many as it may have; submit the reply")]
    TooManyRecords {
        /// Records that an order may have.
        most: u32,
    },
    /// There is no reply to judge: the decision is late.
    #[error("the order is {}, no reply waits for review", .found.text())]
    NotPendingReview {
        /// Where it stands.
        found: StateName,
    },
    /// Nobody is asked: the decision is late.
    #[error("the order is {}, it does not wait for a callback", .found.text())]
    NotPendingCallback {
        /// Where it stands.
        found: StateName,
    },
    /// A decision about another round: it is late.
    #[error("the order is in round {found}, the decision is about round {judged}")]
    OtherRound {
        /// Round of the order.
        found: u32,
        /// Round of the decision.
        judged: u32,
    },
    /// A decision about another reply: it is late.
    #[error("the decision is about another reply than the newest")]
    OtherReply,
    /// 先行联系: a reply needs a contact record or a ground why there is none.
    #[error("the order has no contact record; record a contact or give the ground why there is none")]
    NoContactRecord,
    /// The ground why there is no contact record is not so.
    #[error("the order's appellant is not {said}; record a contact or give the ground that holds")]
    UntrueGround {
        /// What the ground says.
        said: &'static str,
    },
    /// A commitment looks ahead.
    #[error("the day of the commitment is before today")]
    CommitmentInPast,
    /// Deadlines cannot be computed.
    #[error("no time limits are in force; publish limits first")]
    NoLimits,
    /// A report's accused unit never leads, nor one below it: its superior does.
    #[error("the unit is the one that the report accuses, or below it; dispatch to its superior")]
    AccusedUnit,
    /// Not among the units in force that the caller may dispatch to.
    #[error("the unit is not in force, or not among those that the caller may dispatch to")]
    UnknownUnit,
}

impl Refusal {
    /// The stable reason.
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

    /// Whether it says no more than that a decision came too late: the order has moved on.
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
