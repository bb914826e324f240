//! What the plan says of a call and of a case.

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, DeputyLevel, Rating, Seat};
use hotline_proto::intake::{DeclineGround, InvalidGround, TransferReceiver};

/// A call that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedCall {
    /// Time of the call, a whole quarter of an hour.
    pub at_grain: DateTime<Utc>,
    /// Whether an agent answers; otherwise the caller gives up.
    pub answered: bool,
    /// Whether it is recorded after its time, on the same day.
    pub late: bool,
}

/// One matter that a person brings, and its fate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// Time of arrival, a whole quarter of an hour inside the window.
    pub arrive: DateTime<Utc>,
    /// Number of the person. It leads to name, phone, identity number and address, which must never leave intake
    /// unsealed.
    pub person: u32,
    /// Index of the channel in the city.
    pub channel: u16,
    /// Index of the topic in the city.
    pub category: u16,
    /// Index of the region in the city.
    pub region: u16,
    /// Type of the appeal.
    pub kind: AppealType,
    /// The tags: bit n is the n-th tag of the city.
    pub tags: u8,
    /// Whether it is recorded after its time, on the same day.
    pub late: bool,
    /// Whether the appellant is asked back before the matter is decided.
    pub asked: bool,
    /// Whether the appellant is known.
    pub appellant: Known,
    /// Seat that takes it.
    pub seat: Seat,
    /// Index of the leader day, with the seat of leaders.
    pub leader_day: u8,
    /// Level of the deputy, with the seat of deputies.
    pub level: DeputyLevel,
    /// Whether it is complex.
    pub complex: bool,
    /// Its fate.
    pub fate: Fate,
}

/// Whether the appellant is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// To all who handle the matter.
    Named,
    /// 匿名: to nobody.
    Anonymous,
    /// 保密: not to the unit.
    Confidential,
}

/// The client that sends a case to intake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// An agent registers it.
    Agent,
    /// The platform with this code pushes it.
    Platform(String),
}

/// Fate of an appeal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// 当场答复 by an answer.
    Answered,
    /// 不予受理.
    NotAccepted(DeclineGround),
    /// 转接. The receiver acknowledges it.
    Transferred(TransferReceiver),
    /// The progress of the order of this earlier case of the same person is told.
    ProgressTold(u32),
    /// 无效: no matter. It counts in no figure of appeals.
    Invalid(InvalidGround),
    /// 转办工单.
    Order(OrderFate),
}

/// Fate of an order.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each flag is a separate event that may happen to an order"
)]
pub struct OrderFate {
    /// Index in the city of the top-level unit under which the bulletin counts it.
    pub top_unit: u16,
    /// Whether a person dispatches it to that unit; otherwise the catalogue covers it.
    pub by_person: bool,
    /// Signed after the limit.
    pub sign_late: bool,
    /// Time of the accepted reply of round 0.
    pub reply: ReplyTiming,
    /// An earlier reply is rejected.
    pub reject_first: bool,
    /// The appellant asked not to be contacted by the unit.
    pub declined: bool,
    /// In round 0 the appellant is dissatisfied, and the unit is at fault. [`OrderFate::final_outcome`] is of round 1.
    pub rework: bool,
    /// Final outcome of the callback.
    pub final_outcome: Outcome,
    /// The platform pushes it again.
    pub pushed_twice: bool,
    /// The request that forwards it is delivered again.
    pub redelivered: bool,
}

/// Time of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyTiming {
    /// On this working day after the dispatch, from 1 on, and before the warning: no card.
    Early(u8),
    /// Between the warning and the deadline: a yellow card.
    Near,
    /// After the deadline: a yellow and a red card.
    Late,
}

/// Final outcome of the callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One of the first three grades.
    Satisfied(Rating),
    /// One of the last two grades, for an objective cause.
    Dissatisfied(Rating),
    /// Reached, without a grade.
    UnratedReached,
    /// Never reached.
    Unreached,
    /// Anonymous: no call is possible.
    NoCall,
}

/// The reason why a scenario cannot be played in a city.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The scenario names a code that the city does not have.
    #[error(
        "{key} names {code} ({name}), which the city's {list} do not have; add it to the city or correct the scenario"
    )]
    Unknown {
        /// Table of the scenario.
        key: &'static str,
        /// The code.
        code: String,
        /// The name beside it.
        name: String,
        /// List of the city.
        list: &'static str,
    },
    /// The city or the plan does not have enough of something.
    #[error("{needed} {what} are needed, at most {found} can be had; {right}")]
    TooFew {
        /// The scarce thing.
        what: String,
        /// Number that the scenario asks for.
        needed: u64,
        /// Number that can be had.
        found: u64,
        /// The correction.
        right: &'static str,
    },
}

impl Case {
    /// Fate of its order, if it becomes one.
    #[must_use]
    pub fn order(&self) -> Option<&OrderFate> {
        match &self.fate {
            Fate::Order(fate) => Some(fate),
            _ => None,
        }
    }
}
