//! The stages of a case.

use chrono::{DateTime, Utc};
use hotline_proto::intake::RegisterAppealResponse;
use hotline_proto::routing::Order;

/// The stage of a case, with its known ids, the order as last read, and the leased task.
#[derive(Clone, Debug)]
#[allow(
    missing_docs,
    reason = "each field is what its name says, and the stages say when it is set"
)]
pub enum Stage {
    /// The person calls or writes, or the platform pushes the appeal.
    Arrive,
    /// The platform pushes the appeal again.
    PushAgain { receipt: RegisterAppealResponse },
    /// The agent answers or forwards.
    Decide { appeal: String },
    /// An analyst or a dispatcher reads the new order.
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
    /// Waits until a callback agent leases the task.
    AwaitCallback { order: Box<Order> },
    /// The agent dials, for the n-th time.
    Attempt {
        order: Box<Order>,
        task: Task,
        attempt: u32,
    },
    /// The agent records the outcome.
    Outcome { order: Box<Order>, task: Task },
    /// The supervisor judges the cause.
    Judge { order: Box<Order>, task: Task },
    /// The unit handles the order again.
    Rework { order: Box<Order> },
    /// The case is over.
    Done,
}

/// A leased callback task.
#[derive(Clone, Debug)]
pub struct Task {
    /// UUID.
    pub id: String,
    /// Fencing token.
    pub token: u64,
    /// Number of the callback agent, from 0.
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
