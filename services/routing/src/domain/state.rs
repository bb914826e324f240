//! Name of an order's state, and the standing of an order.

/// The name of a state, without its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StateName {
    /// 待派单
    PendingDispatch,
    /// 待签收
    PendingSign,
    /// 办理中
    InProgress,
    /// 待审核
    PendingReview,
    /// 待回访
    PendingCallback,
    /// 办结
    Closed,
}

impl StateName {
    /// All states, in the usual order.
    pub const ALL: [Self; 6] = [
        Self::PendingDispatch,
        Self::PendingSign,
        Self::InProgress,
        Self::PendingReview,
        Self::PendingCallback,
        Self::Closed,
    ];

    /// Name in the database and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingDispatch => "pending_dispatch",
            Self::PendingSign => "pending_sign",
            Self::InProgress => "in_progress",
            Self::PendingReview => "pending_review",
            Self::PendingCallback => "pending_callback",
            Self::Closed => "closed",
        }
    }

    /// Text for messages.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::PendingDispatch => "pending dispatch",
            Self::PendingSign => "pending sign",
            Self::InProgress => "in progress",
            Self::PendingReview => "pending review",
            Self::PendingCallback => "pending callback",
            Self::Closed => "closed",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// State, round and version of an order, so that a refused caller can decide what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: StateName,
    /// Its round.
    pub round: u32,
    /// Its version.
    pub version: u64,
}
