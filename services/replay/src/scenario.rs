//! A scenario: the figures that a replay must reach, and the reason for each.
//!
//! A [`Scenario`] is one TOML file. `scenario/arithmetic.rs` recomputes every target from the published figures before
//! the replay starts, so targets cannot be fitted to the outcome.

mod arithmetic;
#[cfg(test)]
mod tests;

use chrono::{Days, NaiveDate};
use hotline_proto::common::AppealType;
use serde::Deserialize;

use crate::city::faults::{self, Violation};

/// The shipped scenario: `scenarios/week.toml`.
pub const WEEK: &str = include_str!("../scenarios/week.toml");

/// Faults in the file of a scenario.
pub type ScenarioError = faults::FileError;

/// Longest window, in days: a little over a half-year. A longer one is a typing error.
const MAX_DAYS: usize = 200;

const SHAPE: &str =
    "see scenarios/week.toml: name, seed, then [window], [source], [targets] and [chosen] with exactly its keys";

/// A scenario.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name.
    pub name: String,
    /// Seed of the plan. Another seed gives other cases with the same totals.
    pub seed: u64,
    /// The days to play.
    pub window: Window,
    /// The figures that were published.
    pub source: Source,
    /// The figures that the bulletin of the replay must print.
    pub targets: Targets,
    /// Numbers that the bulletin does not publish.
    pub chosen: Chosen,
}

/// Days in Asia/Shanghai.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First day.
    #[serde(deserialize_with = "crate::city::day")]
    pub from: NaiveDate,
    /// Last day, inclusive.
    #[serde(deserialize_with = "crate::city::day")]
    pub to: NaiveDate,
}

/// The published figures, completed where the bulletin rounds.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Calls that came in.
    pub calls_offered: u64,
    /// Calls that an agent answered.
    pub calls_answered: u64,
    /// 受理诉求.
    pub appeals: u64,
    /// 当场答复.
    pub answered_directly: u64,
    /// 转办工单.
    pub orders: u64,
    /// Orders whose accepted reply of round 0 came by the deadline.
    pub orders_on_time: u64,
    /// Orders with a contact record.
    pub orders_contacted: u64,
    /// Orders with at least one completed callback attempt.
    pub orders_called_back: u64,
    /// Orders without a grade.
    pub orders_unrated: u64,
    /// Orders with a bad grade.
    pub orders_rated_dissatisfied: u64,
    /// Orders with a good grade.
    pub orders_rated_satisfied: u64,
    /// Appeals by all online channels.
    pub online: u64,
    /// Appeals tagged 文明创建.
    pub civility_drive: u64,
    /// Appeals by the bulletin's five types.
    pub types: ByType,
    /// Appeals of the hot topics, in the bulletin's order.
    pub topics: Vec<Published>,
    /// Orders of the units with the most, in the bulletin's order.
    pub units: Vec<Published>,
    /// Appeals by online channel.
    pub channels: Vec<Published>,
}

/// One line of a published table.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Code in the city's reference data.
    pub code: String,
    /// Name as it was printed.
    pub name: String,
    /// The figure.
    pub count: u64,
}

/// The figures that the bulletin of the replay must print.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// The source is divided by this.
    pub divisor: u64,
    /// Calls that come in.
    pub calls_offered: u64,
    /// Calls that an agent answers.
    pub calls_answered: u64,
    /// Calls whose caller gives up before an answer.
    pub calls_abandoned: u64,
    /// Appeals.
    pub appeals: u64,
    /// Appeals answered at once.
    pub answered_directly: u64,
    /// Orders.
    pub orders: u64,
    /// Orders whose accepted reply of round 0 comes by the deadline.
    pub orders_on_time: u64,
    /// All other orders, which are late.
    pub orders_late: u64,
    /// Orders with a contact record.
    pub orders_contacted: u64,
    /// Orders with at least one completed callback attempt.
    pub orders_called_back: u64,
    /// Orders without a grade in the end.
    pub orders_unrated: u64,
    /// Orders with a bad grade in the end.
    pub orders_rated_dissatisfied: u64,
    /// Orders with a good grade in the end.
    pub orders_rated_satisfied: u64,
    /// Orders with a grade.
    pub orders_rated: u64,
    /// Orders whose appellant was reached by callback.
    pub orders_reached: u64,
    /// Appeals by all online channels.
    pub online: u64,
    /// Appeals by phone.
    pub phone: u64,
    /// Appeals tagged 文明创建.
    pub civility_drive: u64,
    /// Yellow cards that stand.
    pub yellow_cards: u64,
    /// Red cards that stand, of the sign and the handle clock together.
    pub red_cards: u64,
    /// Orders signed after the limit.
    pub orders_signed_late: u64,
    /// Replies that review rejects.
    pub rejected_replies: u64,
    /// Orders that come back for rework.
    pub rework_orders: u64,
    /// Orders that the catalogue does not cover.
    pub dispatched_by_person: u64,
    /// The hot topics together.
    pub topics_top_ten: u64,
    /// The units with the most orders together.
    pub units_top_ten: u64,
    /// No other topic has more appeals.
    pub other_topics_max_appeals: u64,
    /// No other top-level unit has more orders.
    pub other_units_max_orders: u64,
    /// Appeals by the bulletin's five types.
    pub types: ByType,
    /// Appeals of the hot topics.
    pub topics: Vec<Target>,
    /// Orders of the units with the most.
    pub units: Vec<Target>,
    /// Appeals by online channel.
    pub channels: Vec<Target>,
}

/// One line of a table of targets.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Code in the city's reference data.
    pub code: String,
    /// The count that the bulletin must print.
    pub count: u64,
}

/// Numbers that the bulletin does not publish. They count orders, unless stated otherwise.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Unrated because the appellant never answers.
    pub unreached: u64,
    /// Attempts for each of them.
    pub attempts_when_unreached: u32,
    /// Signed after the limit.
    pub signed_late: u64,
    /// Replied between the warning and the deadline.
    pub near_deadline: u64,
    /// One rejected reply, then another in time.
    pub rejected_then_in_time: u64,
    /// Of the late orders: one rejected reply, then another after the deadline.
    pub rejected_then_late: u64,
    /// Reworked once.
    pub reworked: u64,
    /// Of these: satisfied afterwards.
    pub reworked_then_satisfied: u64,
    /// Of these: dissatisfied again, for an objective cause.
    pub reworked_then_dissatisfied: u64,
    /// Of these: reached afterwards, without a grade.
    pub reworked_then_unrated: u64,
    /// Dispatched by a person.
    pub dispatched_by_person: u64,
    /// Pushed again by their platform.
    pub pushed_twice: u64,
    /// The request that forwards them is delivered again.
    pub redelivered: u64,
    /// Appeals: 举报, among COMPLAINT.
    pub reports: u64,
    /// Appeals: 表扬, among OTHER and answered at once.
    pub praises: u64,
    /// Types of the orders.
    pub order_types: ByType,
    /// Grades of the rated ones.
    pub grades: Grades,
    /// Weight of each day of the window.
    pub day_weights: Vec<u32>,
    /// Weight of each hour of a day, from 0 to 23.
    pub hour_weights: Vec<u32>,
}

/// Counts by the bulletin's five types. 举报 counts as complaint, 表扬 as other.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
pub struct ByType {
    /// 求助
    pub help: u64,
    /// 咨询
    pub consult: u64,
    /// 投诉
    pub complaint: u64,
    /// 其他
    pub other: u64,
    /// 建议
    pub suggestion: u64,
}

impl ByType {
    /// The counts in the bulletin's order, with names.
    #[must_use]
    pub fn entries(&self) -> [(&'static str, AppealType, u64); 5] {
        [
            ("HELP", AppealType::Help, self.help),
            ("CONSULT", AppealType::Consult, self.consult),
            ("COMPLAINT", AppealType::Complaint, self.complaint),
            ("OTHER", AppealType::Other, self.other),
            ("SUGGESTION", AppealType::Suggestion, self.suggestion),
        ]
    }

    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.entries().iter().map(|(_, _, count)| count).sum()
    }
}

/// Counts by grade.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Grades {
    /// 非常满意
    pub very_satisfied: u64,
    /// 满意
    pub satisfied: u64,
    /// 基本满意
    pub fairly_satisfied: u64,
    /// 不满意
    pub dissatisfied: u64,
    /// 非常不满意
    pub very_dissatisfied: u64,
}

impl Window {
    /// All days, in order.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let to = self.to;
        self.from.iter_days().take_while(move |day| *day <= to)
    }

    /// The day after the last day.
    #[must_use]
    pub fn end(&self) -> NaiveDate {
        self.to + Days::new(1)
    }
}

impl Scenario {
    /// Reads and checks a scenario. `origin` names the file in errors.
    ///
    /// # Errors
    /// [`ScenarioError`]: the first text that cannot be read, or every number that does not follow.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = faults::read(text, origin, SHAPE)?;
        faults::refuse(text, origin, scenario.check_arithmetic())?;
        Ok(scenario)
    }

    /// All numbers that do not follow from the others by the arithmetic stated in the file.
    #[must_use]
    pub fn check_arithmetic(&self) -> Vec<Violation> {
        arithmetic::violations(self)
    }
}
