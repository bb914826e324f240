//! What the people do with a case, one command each.

use chrono::NaiveDate;
use uuid::Uuid;

/// A command about a case that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Todo {
    /// Index of the case in the plan.
    pub case: u32,
    /// The command.
    pub what: What,
}

/// The commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The person calls or writes, or the platform pushes the appeal.
    Register,
    /// The platform pushes it again.
    PushAgain,
    /// The agent asks the appellant back.
    Ask,
    /// The appellant has answered.
    Supplement,
    /// The agent ends the appeal, or forwards it.
    Decide,
    /// The receiver of a transfer acknowledges it.
    Acknowledge,
    /// A dispatcher dispatches the order.
    Dispatch,
    /// The unit signs.
    Sign,
    /// The unit contacts the appellant.
    Contact,
    /// The unit replies.
    Reply,
    /// The hotline reviews the reply.
    Review,
    /// A callback agent dials, for the n-th time.
    Attempt(u8),
    /// The agent records the outcome.
    Outcome,
    /// The supervisor judges the cause.
    Judge,
}

/// What is known of a case that is not over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// The appeal.
    pub appeal: Uuid,
    /// The order, once the appeal is forwarded.
    pub order: Uuid,
    /// Index of the lead unit in the city, once the order is read.
    pub unit: Option<u16>,
    /// Day of the dispatch.
    pub dispatch_day: NaiveDate,
    /// Day on which the handle limit ends, when the order has one.
    pub handle_day: Option<NaiveDate>,
    /// Replies so far.
    pub replies: u8,
    /// The newest reply.
    pub reply: Uuid,
    /// Whether the order is in its second round.
    pub reworked: bool,
    /// The leased callback task.
    pub task: Task,
}

/// A leased callback task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// UUID.
    pub id: Uuid,
    /// Fencing token.
    pub token: u64,
    /// Number of the callback agent, from 0.
    pub agent: u16,
}
