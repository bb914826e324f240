//! An order and its current assignment: its state, the facts of that state, and the states that may follow.
//!
//! The table of domain.md §4 is the specification; `orders.state` and its CHECKs repeat it.
//!
//! The transitions are in [`super::transitions`]. Each takes the order, the command and *now*. It returns the changed
//! order with a [`super::transitions::Change`], or a refusal. Time never runs backwards for one order: a transition
//! happens at *now* or at the order's last change, whichever is later.

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

/// The lead unit with its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Code of the lead unit.
    pub unit: String,
    /// Code of the top-level unit above it at the time of the dispatch.
    pub top_unit: String,
    /// Time of the dispatch.
    pub dispatched_at: DateTime<Utc>,
    /// Dispatched by a person; otherwise by the catalogue.
    pub by_person: bool,
    /// 签收时限, from the dispatch.
    pub sign: Deadline,
}

/// Work of a unit since it signed the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The lead unit.
    pub lead: Assignment,
    /// 签收
    pub signed_at: DateTime<Utc>,
    /// 办理时限, from the dispatch or from the signature.
    pub handle: Deadline,
    /// 重办时限, one per rework round, in order.
    pub reworks: Vec<Deadline>,
    /// Time of the first record of a contact that reached the appellant.
    pub contacted_at: Option<DateTime<Utc>>,
    /// Number of contact records with any result.
    pub contacts: u32,
    /// Submission time of the reply that passed review in round 0.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Number of rejected replies in all rounds.
    pub rejected: u32,
}

impl Work {
    /// Starts at 0 and grows by one with every rework.
    #[must_use]
    pub fn round(&self) -> u32 {
        u32::try_from(self.reworks.len()).expect("an order has a few rounds")
    }

    /// The limit of the running round: handle in round 0, rework after it.
    #[must_use]
    pub fn running(&self) -> &Deadline {
        self.reworks.last().unwrap_or(&self.handle)
    }
}

/// 回复: the reply of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its id.
    pub id: Uuid,
    /// Time of submission.
    pub submitted_at: DateTime<Utc>,
    /// Result that the unit reports.
    pub result: ReplyResult,
    /// Day by which the unit commits to finish.
    pub commitment_day: Option<NaiveDate>,
    /// Ground for having no contact record.
    pub no_contact: Option<NoContactGround>,
}

/// State of the current assignment. Each state carries its own facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// 待派单
    PendingDispatch,
    /// 待签收
    PendingSign {
        /// The lead unit that has to sign.
        lead: Assignment,
        /// 办理时限; `None` when its clock starts at the signature.
        handle: Option<Deadline>,
    },
    /// 办理中
    InProgress {
        /// Work of the unit.
        work: Work,
        /// The newest reply: a rejected one, or one of an earlier round.
        previous: Option<Reply>,
    },
    /// 待审核
    PendingReview {
        /// Work of the unit.
        work: Work,
        /// The reply to review.
        reply: Reply,
    },
    /// 待回访
    PendingCallback {
        /// Work of the unit.
        work: Work,
        /// The reply that passed review.
        reply: Reply,
    },
    /// 办结
    Closed {
        /// Work of the unit.
        work: Work,
        /// The last reply.
        reply: Reply,
        /// Time of closing.
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
    /// Number for use on the phone.
    pub number: String,
    /// Starts at 1 and grows by one with every change.
    pub version: u64,
    /// Appeals that it answers.
    pub appeals: Appeals,
    /// Time of opening.
    pub opened_at: DateTime<Utc>,
    /// Time of the last change.
    pub changed_at: DateTime<Utc>,
    /// State of the assignment.
    pub state: State,
}

impl Order {
    /// The lead unit, once the order is dispatched.
    #[must_use]
    pub fn lead(&self) -> Option<&Assignment> {
        match &self.state {
            State::PendingDispatch => None,
            State::PendingSign { lead, .. } => Some(lead),
            _ => self.work().map(|work| &work.lead),
        }
    }

    /// Work of the unit, once the order is signed.
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

    /// Starts at 0 and grows by one with every rework.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.work().map_or(0, Work::round)
    }

    /// 办理时限, once its clock has started.
    #[must_use]
    pub fn handle(&self) -> Option<&Deadline> {
        match &self.state {
            State::PendingSign { handle, .. } => handle.as_ref(),
            _ => self.work().map(|work| &work.handle),
        }
    }

    /// The limit of the running round, once its clock has started.
    #[must_use]
    pub fn running(&self) -> Option<&Deadline> {
        match self.work() {
            Some(work) => Some(work.running()),
            None => self.handle(),
        }
    }

    /// Whether the signature starts the clock of handling.
    #[must_use]
    pub const fn handle_starts_at_signature(&self) -> bool {
        matches!(self.state, State::PendingSign { handle: None, .. })
    }

    /// Limits with their rounds, in the order of their starts.
    pub fn deadlines(&self) -> impl Iterator<Item = (u32, &Deadline)> {
        let sign = self.lead().map(|lead| &lead.sign);
        let first = sign.into_iter().chain(self.handle()).map(|limit| (0, limit));
        let reworks = self.work().map(|work| work.reworks.as_slice()).unwrap_or_default();
        first.chain((1..).zip(reworks))
    }

    /// State, round and version.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            state: self.state.name(),
            round: self.round(),
            version: self.version,
        }
    }

    /// Time of closing, and whether the appellant was dissatisfied.
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
    /// Name of the state.
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

/// A dispatch to a lead unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// Code of the lead unit.
    pub unit: String,
    /// Code of the top-level unit above it.
    pub top_unit: String,
    /// Row of the catalogue that decided; `None` for a dispatch by a person.
    pub row: Option<String>,
    /// 签收时限, started at the dispatch.
    pub sign: Deadline,
    /// 办理时限, started at the dispatch; `None` when its clock starts at the signature.
    pub handle: Option<Deadline>,
}

/// A contact of the unit with the appellant, without its personal fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The record.
    pub id: Uuid,
    /// The contact reached the appellant.
    pub reached: bool,
    /// Way of the contact.
    pub mode: ContactMode,
    /// Time of the contact, if the unit gives one.
    pub made_at: Option<DateTime<Utc>>,
}

/// Result that the unit reports. A commitment has a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Achieved {
    /// Any result but a commitment.
    Now(ReplyResult),
    /// 承诺办理
    Commitment(NaiveDate),
}

impl Achieved {
    /// Result in the words of the contracts.
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
