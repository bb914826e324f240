//! An order and its current assignment: what state it is in, what is known in it, and which state may follow.
//!
//! The table of domain.md §4 is the specification; `orders.state` and its CHECKs repeat it. The transitions stand in
//! [`super::transitions`]: each takes the order, the command and *now*, and gives the order after it with the
//! [`Change`], or a refusal. Time never runs backwards for one order: a transition happens at the later of *now* and
//! the order's own last change.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{AppealType, Defect, RejectionGround, ReplyResult, Urgency};
use hotline_proto::routing::{ContactMode, NoContactGround};
use uuid::Uuid;

use super::deadline::Deadline;
use super::limits::Matter;

/// Id of an order, derived from the event that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub Uuid);

/// Codes of the appeal behind an order, as intake told them. Nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Its id.
    pub id: Uuid,
    /// Number that people say on the phone.
    pub number: String,
    /// What is wanted.
    pub kind: AppealType,
    /// Code of the category.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// Code of the channel.
    pub channel: String,
    /// How soon.
    pub urgency: Urgency,
    /// When it was registered.
    pub received_at: DateTime<Utc>,
    /// When the person brought it, if the source says.
    pub source_at: Option<DateTime<Utc>>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// 匿名
    pub anonymous: bool,
    /// 保密
    pub confidential: bool,
    /// Code of the unit that a report accuses.
    pub accused_unit: Option<String>,
    /// What is missing or wrong in it, sorted.
    pub defects: Vec<Defect>,
    /// Due for callback, and nobody can be called.
    pub no_channel: bool,
    /// Platform that pushed it.
    pub platform: Option<String>,
    /// The platform's number; none of the city's own.
    pub upstream_number: Option<String>,
    /// The platform's own deadline.
    pub upstream_due_at: Option<DateTime<Utc>>,
}

impl Appeal {
    /// What time limits are looked up by.
    #[must_use]
    pub fn matter(&self) -> Matter<'_> {
        Matter {
            kind: self.kind,
            urgency: self.urgency,
            channel: &self.channel,
        }
    }
}

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
    /// 0 at first, one more with every rework.
    pub round: u32,
    /// 重办时限 of the running round; none in round 0.
    pub rework: Option<Deadline>,
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
    /// The limit of the running round: handling in round 0, rework later.
    #[must_use]
    pub fn running(&self) -> &Deadline {
        self.rework.as_ref().unwrap_or(&self.lead.handle)
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

/// The name of a state, without its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// All of them, in the order of the way.
    pub const ALL: [Self; 6] = [
        Self::PendingDispatch,
        Self::PendingSign,
        Self::InProgress,
        Self::PendingReview,
        Self::PendingCallback,
        Self::Closed,
    ];

    /// The name in the database and in metrics.
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

    /// For people.
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

    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// 工单: an appeal that has to be handled by a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Number that people say on the phone.
    pub number: String,
    /// Dense: one more with every change, from 1.
    pub version: u64,
    /// What it is about.
    pub appeal: Appeal,
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
        self.work().map_or(0, |work| work.round)
    }

    /// The limit of the running round.
    #[must_use]
    pub fn running(&self) -> Option<&Deadline> {
        match self.work() {
            Some(work) => Some(work.running()),
            None => self.lead().map(|lead| &lead.handle),
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

/// What happened, as history and log tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// State before; none for the first.
    pub before: Option<StateName>,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, as codes: catalogue row, grounds of a rejection, cause of a rework; empty when there is none.
    pub reason: String,
    /// What.
    pub fact: Fact,
}

impl Change {
    /// The time of the source, where it is another one than the change's.
    #[must_use]
    pub fn source_at(&self, order: &Order) -> Option<DateTime<Utc>> {
        match &self.fact {
            Fact::Opened => order.appeal.source_at,
            Fact::Contacted { made_at, .. } => *made_at,
            _ => None,
        }
    }
}

/// What a change was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The order was opened.
    Opened,
    /// 派单
    Dispatched {
        /// Row of the catalogue; none when a person dispatched.
        row: Option<String>,
    },
    /// 签收
    Signed {
        /// After the limit.
        late: bool,
    },
    /// 联系当事人
    Contacted {
        /// The record.
        contact: Uuid,
        /// How.
        mode: ContactMode,
        /// When it was made, if the unit says.
        made_at: Option<DateTime<Utc>>,
    },
    /// 回复
    Replied {
        /// After the limit of its round.
        late: bool,
    },
    /// Review passed the reply.
    Passed {
        /// The reply.
        reply: Uuid,
    },
    /// 驳回
    Rejected {
        /// The reply.
        reply: Uuid,
        /// Why.
        grounds: Vec<RejectionGround>,
    },
    /// 重办
    Reworked,
    /// 办结
    Closed,
}
