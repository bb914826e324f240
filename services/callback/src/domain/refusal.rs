//! Why a command is refused: expected, stable, shown to the caller as the reason of `FAILED_PRECONDITION`.

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
    /// The person gave a grade and was not asked whether it is solved.
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
    /// Somebody was quicker.
    #[error("the dissatisfaction was judged already")]
    AlreadyJudged,
}

impl Refusal {
    /// Stable, for callers' programs.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::StaleLease => "STALE_LEASE",
            Self::TooManyLeases { .. } => "TOO_MANY_LEASES",
            Self::AlreadyRecorded => "ALREADY_RECORDED",
            Self::Anonymous => "ANONYMOUS",
            Self::NotReached => "NOT_REACHED",
            Self::SolvedMissing => "SOLVED_MISSING",
            Self::NotRecorded => "NOT_RECORDED",
            Self::TooFewAttempts { .. } => "TOO_FEW_ATTEMPTS",
            Self::NotPendingJudgement => "NOT_PENDING_JUDGEMENT",
            Self::AlreadyJudged => "ALREADY_JUDGED",
        }
    }
}
