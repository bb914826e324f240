//! Reasons for refusing a verb: expected, stable, and shown to the caller as the reason of `FAILED_PRECONDITION`.

use hotline_proto::common::Reason;

/// A rule that refused a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The appeal already has a direct answer.
    #[error("the appeal already has a direct answer")]
    AlreadyAnswered,
    /// The appeal was already forwarded to routing.
    #[error("the appeal was already forwarded")]
    AlreadyForwarded,
    /// The appeal waits for the appellant's answer.
    #[error("the appeal waits for its appellant: supplement it, or invalidate it for want of an answer")]
    Awaiting,
    /// The appeal does not wait for an answer.
    #[error("the appeal does not wait for its appellant: ask first")]
    NotAwaiting,
    /// The appellant was asked back as often as allowed.
    #[error("the appellant was asked {most} times, which is the limit: answer the appeal, forward it or end it")]
    TooManyQuestions {
        /// Maximum number of questions.
        most: u32,
    },
    /// The appeal ended in another way, in this state.
    #[error("the appeal ended before")]
    Ended(&'static str),
    /// The appeal in this state has no transfer, or an acknowledged one.
    #[error("the appeal has no transfer that waits for an acknowledgement")]
    NoOpenTransfer(&'static str),
    /// The order answers no earlier appeal by the same person.
    #[error("the order answers no earlier appeal by the same person: forward the appeal")]
    NotSamePerson,
    /// The order of the earlier appeal is closed.
    #[error("the order of the earlier appeal is closed: forward the appeal")]
    OrderNotOpen,
    /// Another leader day of the date is announced and not cancelled.
    #[error("another leader day is announced for that day: cancel it first, or choose another day")]
    LeaderDayExists,
    /// The leader day is cancelled, or appeals name it.
    #[error("the leader day cannot be cancelled: it is cancelled already, or appeals name it")]
    LeaderDayFixed(&'static str),
    /// The message ended before, with this outcome.
    #[error("the message ended before")]
    MessageEnded(&'static str),
    /// No reference data is in force on the day.
    #[error("no reference data is in force today: publish channels, categories and regions first")]
    NoReference,
}

impl Refusal {
    /// Reason code of the contract.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::AlreadyAnswered => Reason::AlreadyAnswered,
            Self::AlreadyForwarded => Reason::AlreadyForwarded,
            Self::Awaiting | Self::NotAwaiting => Reason::AwaitingInformation,
            Self::TooManyQuestions { .. } => Reason::TooManyRecords,
            Self::Ended(_) => Reason::AppealEnded,
            Self::NoOpenTransfer(_) => Reason::NoOpenTransfer,
            Self::NotSamePerson => Reason::NotSamePerson,
            Self::OrderNotOpen => Reason::OrderNotOpen,
            Self::LeaderDayExists => Reason::LeaderDayExists,
            Self::LeaderDayFixed(_) => Reason::LeaderDayFixed,
            Self::MessageEnded(_) => Reason::MessageEnded,
            Self::NoReference => Reason::NoReference,
        }
    }

    /// The name of the refused thing's state, where the state is the reason: that of an appeal, `cancelled` or `named`
    /// of a leader day, the outcome of a message.
    #[must_use]
    pub const fn state(self) -> Option<&'static str> {
        match self {
            Self::AlreadyAnswered => Some("answered"),
            Self::AlreadyForwarded => Some("ordered"),
            Self::Awaiting => Some("awaiting_information"),
            Self::NotAwaiting | Self::TooManyQuestions { .. } => Some("received"),
            Self::Ended(state)
            | Self::NoOpenTransfer(state)
            | Self::LeaderDayFixed(state)
            | Self::MessageEnded(state) => Some(state),
            Self::NotSamePerson | Self::OrderNotOpen | Self::LeaderDayExists | Self::NoReference => None,
        }
    }
}
