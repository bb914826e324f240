//! Why a command is refused: expected, stable, shown to the caller as the reason of `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The lease is another agent's by now, or was given back.
    #[error("the task was leased to another agent since, or was given back: lease it again")]
    StaleLease,
    /// The agent has as many tasks as it may have.
    #[error("the agent has {held} leased tasks and may have {most}: report or give back some of them first")]
    TooManyLeases {
        /// Tasks that it has.
        held: u32,
        /// As configured.
        most: u32,
    },
    /// An outcome stands.
    #[error("the outcome was recorded already")]
    AlreadyRecorded,
    /// There is nobody to call.
    #[error("the appellant is anonymous: there is nobody to call")]
    Anonymous,
    /// No attempt reached the person, so nothing can have been said.
    #[error("no attempt reached the appellant: only an unrated outcome without answers can be recorded")]
    NotReached,
    /// A grade without the answer whether the matter is solved.
    #[error("the appellant gave a grade: whether the matter is solved is needed")]
    SolvedMissing,
    /// A rating enters only through a recorded call (domain.md §7).
    #[error("no recorded call reached the appellant: report the call with its recording before its grade")]
    NotRecorded,
    /// Too early to give up.
    #[error("the appellant was not reached: {needed} attempts are needed before the outcome may be unrated")]
    TooFewAttempts {
        /// As configured.
        needed: u32,
    },
    /// Nothing to judge.
    #[error("the task does not wait for a judgement")]
    NotPendingJudgement,
    /// The judgement stands.
    #[error("the dissatisfaction was judged already")]
    AlreadyJudged,
}

impl Refusal {
    /// The reason in the contract, for callers' programs.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::StaleLease => Reason::StaleLease,
            Self::TooManyLeases { .. } => Reason::TooManyLeases,
            Self::AlreadyRecorded => Reason::AlreadyRecorded,
            Self::Anonymous => Reason::Anonymous,
            Self::NotReached => Reason::NotReached,
            Self::SolvedMissing => Reason::SolvedMissing,
            Self::NotRecorded => Reason::NotRecorded,
            Self::TooFewAttempts { .. } => Reason::TooFewAttempts,
            Self::NotPendingJudgement => Reason::NotPendingJudgement,
            Self::AlreadyJudged => Reason::AlreadyJudged,
        }
    }
}
