//! A scenario: the figures that a replay must reach, and the reason for each.
//!
//! A [`Scenario`] is one TOML file. `scenario/arithmetic.rs` recomputes every target from the published figures before
//! the replay starts, so targets cannot be fitted to the outcome.

mod arithmetic;
mod chosen;
pub mod published;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use serde::{Deserialize, Deserializer};

pub use self::chosen::{Chosen, Grades, Invalid, Ledger};
pub use self::source::{Account, ByType, Deputies, Outcomes, Published, Rates, Shares, Source};
use crate::city::faults::{self, Violation};

/// The shipped week: `scenarios/week.toml`.
pub const WEEK: &str = include_str!("../scenarios/week.toml");

/// The shipped half-year: `scenarios/xiangtan-2024h1.toml`.
pub const HALF_YEAR: &str = include_str!("../scenarios/xiangtan-2024h1.toml");

/// Faults in the file of a scenario.
pub type ScenarioError = faults::FileError;

/// Longest window, in days: a little over a half-year. A longer one is a typing error.
const MAX_DAYS: usize = 200;

const SHAPE: &str = "see scenarios/week.toml: name, seed, then [window], [source], [weights], [keys], [targets] and [chosen] with \
     exactly its keys";

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
    /// How calls, appeals, orders and replies are spread.
    pub weights: Weights,
    /// Figure and member of the bulletin for each published line, by the line. The member `*` is the line's own code.
    pub keys: BTreeMap<String, (String, String)>,
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
    /// Local time of the bulletin. Every limit has ended before, and every case is over.
    #[serde(deserialize_with = "local_minute")]
    pub as_of: NaiveDateTime,
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
    /// Appeals that end without an order.
    pub answered_directly: u64,
    /// How they end.
    pub outcomes: Outcomes,
    /// Appeals without a matter. They count in no figure of appeals.
    pub invalid: u64,
    /// Distinct persons.
    pub persons: u64,
    /// Orders.
    pub orders: u64,
    /// Orders whose accepted reply of round 0 comes by the deadline.
    pub orders_on_time: u64,
    /// All other orders, which are late.
    pub orders_late: u64,
    /// Orders whose unit may contact the appellant.
    pub orders_to_contact: u64,
    /// Of these, orders with a contact record.
    pub orders_contacted: u64,
    /// Orders whose appellant can be called back.
    pub orders_to_call_back: u64,
    /// Of these, orders with at least one completed callback attempt.
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
    /// Appeals that deputies brought.
    pub deputies: Deputies,
    /// Appeals that the enterprise line took.
    pub enterprise_line: u64,
    /// Messages to the account.
    pub wechat_account: Account,
    /// Policies in the library.
    pub policies: u64,
    /// Policy specialists.
    pub policy_specialists: u64,
    /// Leader days.
    pub leader_days: u64,
    /// Risk notices.
    pub risk_notices: u64,
    /// Items in the media, in the ledger.
    pub media_items: u64,
    /// Typical cases, in the ledger.
    pub typical_cases: u64,
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

/// How calls, appeals, orders and replies are spread. The plan meets every share within 1 %.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Shares of the hours of a day, from 0 to 23.
    pub hour: Vec<u32>,
    /// Shares of the days of a week, from Monday on.
    pub weekday: Vec<u32>,
    /// Shares of the months that the window touches.
    pub month: Vec<u32>,
    /// Weight of a day off beside a working day of the same weekday and month, which has 100.
    pub day_off: u32,
    /// Shares of the working days after dispatch on which units reply, from the first on. Consultations, whose limit has
    /// two days, are replied to on the first.
    pub delay: Vec<u32>,
    /// Shares of the other topics, by code.
    pub topics: BTreeMap<String, u32>,
    /// Shares of the other top-level units, by code.
    pub units: BTreeMap<String, u32>,
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

    /// The months that the window touches, by their first days.
    #[must_use]
    pub fn months(&self) -> Vec<NaiveDate> {
        let mut months: Vec<NaiveDate> = self.days().filter_map(|day| day.with_day(1)).collect();
        months.dedup();
        months
    }

    /// The instant of the bulletin.
    #[must_use]
    pub fn as_of(&self) -> DateTime<Utc> {
        calendar::ZONE
            .from_local_datetime(&self.as_of)
            .single()
            .expect("Asia/Shanghai has every minute since 1991")
            .with_timezone(&Utc)
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

/// Reads a local time, which must be written as YYYY-MM-DD HH:MM.
fn local_minute<'de, D: Deserializer<'de>>(source: D) -> Result<NaiveDateTime, D::Error> {
    let text = String::deserialize(source)?;
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M")
        .map_err(|_| serde::de::Error::custom(format!("{text:?} is no time, write it as \"2024-04-30 18:00\"")))
}
