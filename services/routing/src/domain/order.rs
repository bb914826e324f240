//! An order and its current assignment: what state it is in, what is known in it, and which state may follow.
//!
//! The table of domain.md §4 is the specification; `orders.state` and its CHECKs repeat it. The transitions stand in
//! [`super::transitions`]: each takes the order, the command and *now*, and gives the order after it with the
//! [`super::transitions::Change`], or a refusal. Time never runs backwards for one order: a transition happens at the later of *now* and
//! the order's own last change.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::ReplyResult;
use hotline_proto::routing::{ContactMode, NoContactGround};
use uuid::Uuid;

use super::appeal::Appeals;
use super::deadline::Deadline;
use super::state::{Standing, StateName};

/// Id of an order, derived from the event that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub Uuid);

/// Who leads, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Code of the lead unit.
    pub unit: String,
    /// Code of the top-level unit above it, when it was dispatched.
    pub top_unit: String,
    /// When; both clocks start here.
    pub dispatched_at: DateTime<Utc>,
    /// By a person; else by the catalogue.
    pub by_person: bool,
    /// 签收时限
    pub sign: Deadline,
    /// 办理时限
    pub handle: Deadline,
}

/// What a unit has done so far with an order that it signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Who leads.
    pub lead: Assignment,
    /// 签收
    pub signed_at: DateTime<Utc>,
    /// 重办时限, one of each round of rework, in their order.
    pub reworks: Vec<Deadline>,
    /// First time that the appellant was reached.
    pub contacted_at: Option<DateTime<Utc>>,
    /// Contact records, of any result.
    pub contacts: u32,
    /// When the reply was submitted that review passed in round 0.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Rejected replies, all rounds.
    pub rejected: u32,
}

impl Work {
    /// 0 at first, one more with every rework.
    #[must_use]
    pub fn round(&self) -> u32 {
        u32::try_from(self.reworks.len()).expect("an order has a few rounds")
    }

    /// The limit of the running round: handling in round 0, rework later.
    #[must_use]
    pub fn running(&self) -> &Deadline {
        self.reworks.last().unwrap_or(&self.lead.handle)
    }
}

/// 回复: what the unit answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its id.
    pub id: Uuid,
    /// When it was submitted.
    pub submitted_at: DateTime<Utc>,
    /// What it says was achieved.
    pub result: ReplyResult,
    /// Until when the unit committed itself.
    pub commitment_day: Option<NaiveDate>,
    /// Why there was no contact record.
    pub no_contact: Option<NoContactGround>,
}

/// Where the current assignment stands. A state carries the facts that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// 待派单
    PendingDispatch,
    /// 待签收
    PendingSign {
        /// Who should sign.
        lead: Assignment,
    },
    /// 办理中
    InProgress {
        /// What was done.
        work: Work,
        /// The newest reply: rejected, or of the round before.
        previous: Option<Reply>,
    },
    /// 待审核
    PendingReview {
        /// What was done.
        work: Work,
        /// The reply to judge.
        reply: Reply,
    },
    /// 待回访
    PendingCallback {
        /// What was done.
        work: Work,
        /// The reply that review passed.
        reply: Reply,
    },
    /// 办结
    Closed {
        /// What was done.
        work: Work,
        /// The last reply.
        reply: Reply,
        /// When.
        closed_at: DateTime<Utc>,
        /// Closed although the appellant was dissatisfied.
        dissatisfied: bool,
    },
}

/// 工单: appeals that have to be handled by a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Number that people say on the phone.
    pub number: String,
    /// Dense: one more with every change, from 1.
    pub version: u64,
    /// What it is about.
    pub appeals: Appeals,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
    /// Where it stands.
    pub state: State,
}

impl Order {
    /// Who leads, once it is dispatched.
    #[must_use]
    pub fn lead(&self) -> Option<&Assignment> {
        match &self.state {
            State::PendingDispatch => None,
            State::PendingSign { lead } => Some(lead),
            _ => self.work().map(|work| &work.lead),
        }
    }

    /// What was done, once it is signed.
    #[must_use]
    pub fn work(&self) -> Option<&Work> {
        match &self.state {
            State::PendingDispatch | State::PendingSign { .. } => None,
            State::InProgress { work, .. }
            | State::PendingReview { work, .. }
            | State::PendingCallback { work, .. }
            | State::Closed { work, .. } => Some(work),
        }
    }

    /// The newest reply.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match &self.state {
            State::PendingDispatch | State::PendingSign { .. } => None,
            State::InProgress { previous, .. } => previous.as_ref(),
            State::PendingReview { reply, .. } | State::PendingCallback { reply, .. } | State::Closed { reply, .. } => {
                Some(reply)
            }
        }
    }

    /// 0 at first, one more with every rework.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.work().map_or(0, Work::round)
    }

    /// The limit of the running round.
    #[must_use]
    pub fn running(&self) -> Option<&Deadline> {
        match self.work() {
            Some(work) => Some(work.running()),
            None => self.lead().map(|lead| &lead.handle),
        }
    }

    /// Its limits with their rounds, in the order in which they started.
    pub fn deadlines(&self) -> impl Iterator<Item = (u32, &Deadline)> {
        let first = self.lead().map(|lead| [(0, &lead.sign), (0, &lead.handle)]);
        let reworks = self.work().map(|work| work.reworks.as_slice()).unwrap_or_default();
        first.into_iter().flatten().chain((1..).zip(reworks))
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            state: self.state.name(),
            round: self.round(),
            version: self.version,
        }
    }

    /// When it was closed, and whether the appellant was dissatisfied.
    #[must_use]
    pub fn closing(&self) -> Option<(DateTime<Utc>, bool)> {
        match self.state {
            State::Closed {
                closed_at,
                dissatisfied,
                ..
            } => Some((closed_at, dissatisfied)),
            _ => None,
        }
    }
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::PendingDispatch => StateName::PendingDispatch,
            Self::PendingSign { .. } => StateName::PendingSign,
            Self::InProgress { .. } => StateName::InProgress,
            Self::PendingReview { .. } => StateName::PendingReview,
            Self::PendingCallback { .. } => StateName::PendingCallback,
            Self::Closed { .. } => StateName::Closed,
        }
    }
}

/// Names the lead unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// Code of the lead unit.
    pub unit: String,
    /// Code of the top-level unit above it.
    pub top_unit: String,
    /// Row of the catalogue that decided; none when a person did.
    pub row: Option<String>,
    /// 签收时限, started at the dispatch.
    pub sign: Deadline,
    /// 办理时限, started at the dispatch.
    pub handle: Deadline,
}

/// A contact of the unit with the appellant, as far as the order's life knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The record.
    pub id: Uuid,
    /// The person was reached.
    pub reached: bool,
    /// How.
    pub mode: ContactMode,
    /// When it was made, if the unit says.
    pub made_at: Option<DateTime<Utc>>,
}

/// What the unit says it achieved; a commitment has a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Achieved {
    /// Anything but a commitment.
    Now(ReplyResult),
    /// 承诺办理
    Commitment(NaiveDate),
}

impl Achieved {
    /// As the contracts name it.
    #[must_use]
    pub const fn result(self) -> ReplyResult {
        match self {
            Self::Now(result) => result,
            Self::Commitment(_) => ReplyResult::Commitment,
        }
    }

    /// Day of the commitment.
    #[must_use]
    pub const fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Now(_) => None,
            Self::Commitment(day) => Some(day),
        }
    }
}
