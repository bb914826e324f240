//! Why a command is refused. The reason is stable and goes to the caller with `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule refuses the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another agent has leased the task since, or the lease was released.
    #[error("the lease is void: another agent leased the task, or it was released; lease it again")]
    StaleLease,
    /// The agent is at its limit of leases.
    #[error("the agent has {held} leased tasks and may have {most}: record or release some of them first")]
    TooManyLeases {
        /// Tasks that it has leased.
        held: u32,
        /// The configured limit.
        most: u32,
    },
    /// The task already has an outcome.
    #[error("the task already has an outcome")]
    AlreadyRecorded,
    /// The appellant is anonymous, so no call is possible.
    #[error("the appellant is anonymous and cannot be called")]
    Anonymous,
    /// No attempt reached the person, so the person cannot have answered.
    #[error("no attempt reached the appellant: only an unrated outcome without answers can be recorded")]
    NotReached,
    /// A grade without an answer to whether the matter is solved.
    #[error("a grade needs an answer: ask whether the matter is solved")]
    SolvedMissing,
    /// A rating enters only through a recorded call (domain.md §7).
    #[error("no recorded call reached the appellant: report the call with its recording before the grade")]
    NotRecorded,
    /// Too few attempts for an unrated outcome.
    #[error("the appellant was not reached: {needed} attempts are needed before the outcome may be unrated")]
    TooFewAttempts {
        /// The configured number of attempts.
        needed: u32,
    },
    /// The task has no outcome that needs a judgement.
    #[error("the task does not wait for a judgement")]
    NotPendingJudgement,
    /// The dissatisfaction already has a judgement.
    #[error("the dissatisfaction already has a judgement")]
    AlreadyJudged,
}

impl Refusal {
    /// The stable reason, for callers' programs.
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
