//! Where a case stands.

use chrono::{DateTime, Utc};
use hotline_proto::intake::RegisterAppealResponse;
use hotline_proto::routing::Order;

/// Where a case stands, with what its people remember: ids, the order as it was last read, the leased task.
#[derive(Clone, Debug)]
#[allow(
    missing_docs,
    reason = "each field is what its name says, and the stages tell when it is there"
)]
pub enum Stage {
    /// The person calls, writes, or is pushed.
    Arrive,
    /// The platform pushes it again.
    PushAgain { receipt: RegisterAppealResponse },
    /// The agent answers or forwards.
    Decide { appeal: String },
    /// Somebody looks at the new order.
    Look { order: String },
    /// The unit signs.
    Sign { order: Box<Order> },
    /// The unit calls the appellant.
    Contact { order: Box<Order>, reply_at: DateTime<Utc> },
    /// The unit replies.
    Reply { order: Box<Order> },
    /// The hotline reviews.
    Review {
        order: Box<Order>,
        reply: String,
        reject: bool,
    },
    /// Nothing to do until a callback agent takes the task.
    AwaitCallback { order: Box<Order> },
    /// The agent dials, for the n-th time.
    Attempt {
        order: Box<Order>,
        task: Task,
        attempt: u32,
    },
    /// The agent notes what was said.
    Outcome { order: Box<Order>, task: Task },
    /// The supervisor judges.
    Judge { order: Box<Order>, task: Task },
    /// The unit works once more.
    Rework { order: Box<Order> },
    /// Over.
    Done,
}

/// A leased callback task.
#[derive(Clone, Debug)]
pub struct Task {
    /// UUID.
    pub id: String,
    /// Fencing token.
    pub token: u64,
    /// Which of the callback agents has it, from 0.
    pub agent: usize,
}

impl Stage {
    /// The agent whose lease ends with this stage.
    #[must_use]
    pub fn ends_lease_of(&self) -> Option<usize> {
        match self {
            Self::Outcome { task, .. } => Some(task.agent),
            _ => None,
        }
    }
}
