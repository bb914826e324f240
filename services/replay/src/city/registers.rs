//! Registers of the seats in a city file: deputies, policies and policy specialists. A replay whose city has none invents
//! them from [`Words`].

use chrono::NaiveDate;
use hotline_proto::common::DeputyLevel;
use hotline_proto::intake;
use rpc::time::date_to_proto;
use serde::{Deserialize, Deserializer};

use super::{City, day, named};

/// A people's-congress deputy.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Deputy {
    /// Code, unique.
    pub deputy: String,
    /// Name.
    pub name: String,
    /// Level.
    #[serde(deserialize_with = "deputy_level")]
    pub level: DeputyLevel,
    /// Code of the region that the deputy is of.
    pub area: String,
    /// First day of the term.
    #[serde(deserialize_with = "day")]
    pub term_from: NaiveDate,
    /// Last day of the term, inclusive.
    #[serde(deserialize_with = "day")]
    pub term_to: NaiveDate,
    /// Telephone numbers.
    pub phones: Vec<String>,
}

/// The library of the enterprise line.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// 惠企政策.
    pub policies: Vec<Policy>,
    /// 政策专员.
    pub specialists: Vec<Specialist>,
}

/// An entry of the policy library.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Code, unique.
    pub policy: String,
    /// Title, one line.
    pub title: String,
    /// Whom it is for.
    pub targets: Vec<String>,
    /// What it covers.
    pub scope: String,
    /// First day on which it holds.
    #[serde(deserialize_with = "day")]
    pub valid_from: NaiveDate,
    /// Last day on which it holds, inclusive; none where it has no end.
    #[serde(default, deserialize_with = "some_day")]
    pub valid_to: Option<NaiveDate>,
    /// Day by which somebody has to review it.
    #[serde(default, deserialize_with = "some_day")]
    pub review_day: Option<NaiveDate>,
    /// Amount or rate, in words.
    #[serde(default)]
    pub amount: String,
    /// Conditions.
    #[serde(default)]
    pub conditions: String,
}

/// A person who explains policies.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Specialist {
    /// Code, unique.
    pub specialist: String,
    /// Name.
    pub name: String,
    /// Topics.
    pub topics: Vec<String>,
    /// Code of the unit.
    pub unit: String,
    /// Hours of the week.
    #[serde(default)]
    pub shifts: Vec<Shift>,
    /// Code of the specialist who stands in.
    pub backup: Option<String>,
}

/// Hours on one day of every week.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// 1 for Monday to 7 for Sunday.
    pub weekday: u32,
    /// Minute of the day at which it begins.
    pub from_minute: u32,
    /// Minute of the day at which it ends.
    pub to_minute: u32,
}

/// Words from which a replay invents registers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Whom policies are for.
    pub policy_targets: Vec<String>,
    /// What policies give.
    pub policy_matters: Vec<String>,
    /// Forms of policies, such as 实施细则.
    pub policy_forms: Vec<String>,
    /// Posts of the leaders who take calls.
    pub leader_posts: Vec<String>,
}

impl City {
    /// The deputies, for intake; `None` when the file has no list.
    #[must_use]
    pub fn deputies(&self) -> Option<Vec<intake::Deputy>> {
        let deputy = |d: &Deputy| intake::Deputy {
            deputy: d.deputy.clone(),
            name: d.name.clone(),
            level: d.level.into(),
            area: d.area.clone(),
            term_from: Some(date_to_proto(d.term_from)),
            term_to: Some(date_to_proto(d.term_to)),
            phones: d.phones.clone(),
        };
        Some(self.deputies.as_ref()?.iter().map(deputy).collect())
    }

    /// The library, for intake; `None` when the file has none.
    #[must_use]
    pub fn library(&self) -> Option<(Vec<intake::Policy>, Vec<intake::Specialist>)> {
        let policy = |p: &Policy| intake::Policy {
            policy: p.policy.clone(),
            title: p.title.clone(),
            targets: p.targets.clone(),
            scope: p.scope.clone(),
            valid_from: Some(date_to_proto(p.valid_from)),
            valid_to: p.valid_to.map(date_to_proto),
            review_day: p.review_day.map(date_to_proto),
            amount: p.amount.clone(),
            conditions: p.conditions.clone(),
        };
        let shift = |s: &Shift| intake::Shift {
            weekday: s.weekday,
            from_minute: s.from_minute,
            to_minute: s.to_minute,
        };
        let specialist = |s: &Specialist| intake::Specialist {
            specialist: s.specialist.clone(),
            name: s.name.clone(),
            topics: s.topics.clone(),
            unit: s.unit.clone(),
            shifts: s.shifts.iter().map(shift).collect(),
            backup: s.backup.clone().unwrap_or_default(),
        };
        let library = self.library.as_ref()?;
        Some((
            library.policies.iter().map(policy).collect(),
            library.specialists.iter().map(specialist).collect(),
        ))
    }
}

fn deputy_level<'de, D: Deserializer<'de>>(source: D) -> Result<DeputyLevel, D::Error> {
    let names = "NATION, PROVINCE, CITY, COUNTY or TOWNSHIP";
    named(source, "DEPUTY_LEVEL_", DeputyLevel::from_str_name, names)
}

fn some_day<'de, D: Deserializer<'de>>(source: D) -> Result<Option<NaiveDate>, D::Error> {
    day(source).map(Some)
}
