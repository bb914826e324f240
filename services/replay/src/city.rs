//! A city as reference data: regions, channels, categories, tags, units, dispatch catalogue, time limits (domain.md §3,
//! §5).
//!
//! A [`City`] is one TOML file. This module also makes the requests that publish it; `city/registers.rs` holds deputies,
//! policies and specialists. `city/check.rs` finds contradictions, and `city/faults.rs` adds their lines.

mod check;
pub mod faults;
#[cfg(test)]
mod notices_tests;
mod registers;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use calendar::{Calendar, Notice, Span};
use chrono::NaiveDate;
use hotline_proto::common::{AppealType, ClockKind, Seat, Urgency};
use hotline_proto::region::folded;
use hotline_proto::routing::{LimitStart, UnitKind, UnitLevel};
use hotline_proto::{intake, routing};
use rpc::time::date_to_proto;
use serde::{Deserialize, Deserializer};

pub use self::registers::{Deputy, Library, Policy, Shift, Specialist, Words};

/// The shipped city: `scenarios/city.toml`.
pub const XIANGTAN: &str = include_str!("../scenarios/city.toml");

/// Faults in the file of a city.
pub type CityError = faults::FileError;

const SHAPE: &str = "see scenarios/city.toml: code, name, valid_from = \"2024-01-01\", then regions, channels, \
                     categories, tags, units, catalogue and limits, each a list of { … } with one entry a line; \
                     where they are known, [[deputies]] and [library]; [words] for the replay; \
                     at the end [calendar] with version = \"cn-2027.1\" and [[calendar.notice]], where a notice is out";

/// A city.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// GB/T 2260 code of the city itself: the region of matters that belong to no single place.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// First day (Asia/Shanghai) on which the whole city file is in force.
    #[serde(deserialize_with = "day")]
    pub valid_from: NaiveDate,
    /// Regions.
    pub regions: Vec<Region>,
    /// Channels of appeals.
    pub channels: Vec<Channel>,
    /// 事项分类. The list contains every parent.
    pub categories: Vec<Category>,
    /// Tags, the second axis beside categories.
    pub tags: Vec<Tag>,
    /// 承办单位.
    pub units: Vec<Unit>,
    /// 派单目录.
    pub catalogue: Vec<CatalogueRow>,
    /// 时限.
    pub limits: Vec<LimitRow>,
    /// 人大代表. Without the list the register in force stays.
    pub deputies: Option<Vec<Deputy>>,
    /// 政策库. Without it the library in force stays.
    pub library: Option<Library>,
    /// Words from which a replay invents registers.
    #[serde(default)]
    pub words: Words,
    /// Notices on holidays that are newer than the program, if there are any.
    pub calendar: Option<Notices>,
}

/// Notices on holidays, in addition to the compiled-in ones.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    /// Version: name, year and number, such as `cn-2027.1`. It rises with every change.
    pub version: String,
    /// The notices, one per year.
    pub notice: Vec<Notice>,
}

/// A region.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// GB/T 2260 code: 6 digits, 9 for a township, 12 for a village. It covers all regions in it.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
}

/// A channel of appeals.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Code, lower_snake.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Whether people reach it online. Analytics' definitions decide in which line of the bulletin it counts.
    pub online: bool,
    /// Code of the upstream platform that pushes its appeals. Agents register those of channels without a platform.
    pub platform: Option<String>,
    /// Whether it is an account beside the line, whose messages are no appeals.
    #[serde(default)]
    pub account: bool,
}

/// A category.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Code, 2 digits a level.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// A typical matter of this topic, for the texts of the replay. Only topics have one.
    pub matter: Option<String>,
}

/// A tag.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Code, lower_snake.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Codes of the categories in which it is usual.
    pub categories: Vec<String>,
}

/// A unit.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Code, unique.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Code of the unit above; none for a top-level unit.
    pub parent: Option<String>,
    /// Codes of the regions that it is responsible for; empty for a bureau.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Kind; that of the unit above when not given. A top-level unit has one.
    #[serde(default, deserialize_with = "unit_kind")]
    pub kind: Option<UnitKind>,
    /// Level; that of the unit above when not given. A top-level unit has one.
    #[serde(default, deserialize_with = "unit_level")]
    pub level: Option<UnitLevel>,
}

/// A row of the catalogue. The longest category prefix wins, then the longest region prefix.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CatalogueRow {
    /// Id of the row.
    pub row: String,
    /// Code of a category; empty matches all.
    pub category: String,
    /// Code of a region, which includes the regions in it. `430300` is the city itself, `4303` the whole city; empty
    /// matches all.
    pub region: String,
    /// Code of the lead unit.
    pub unit: String,
}

/// A time limit. The row with the most filled-in keys wins.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct LimitRow {
    /// Id of the row.
    pub row: String,
    /// Kind of limit.
    #[serde(deserialize_with = "clock")]
    pub clock: ClockKind,
    /// Only this type.
    #[serde(default, rename = "type", deserialize_with = "appeal_type")]
    pub kind: Option<AppealType>,
    /// Only this urgency.
    #[serde(default, deserialize_with = "urgency")]
    pub urgency: Option<Urgency>,
    /// Only this channel.
    pub channel: Option<String>,
    /// Length of the limit.
    pub limit: Span,
    /// Time from the yellow card to the end; none without a warning.
    pub warn_before: Option<Span>,
    /// Only this seat.
    #[serde(default, deserialize_with = "seat")]
    pub seat: Option<Seat>,
    /// Only complex matters.
    #[serde(default)]
    pub complex: bool,
    /// Where the clock starts; at dispatch when not given.
    #[serde(default, deserialize_with = "limit_start")]
    pub start: Option<LimitStart>,
}

impl City {
    /// Reads and checks a city. `origin` names the file in errors.
    ///
    /// # Errors
    /// [`CityError`]: the first text that cannot be read, or all contradictions.
    pub fn parse(text: &str, origin: &str) -> Result<Self, CityError> {
        let city: Self = faults::read(text, origin, SHAPE)?;
        faults::refuse(text, origin, check::violations(&city))?;
        Ok(city)
    }

    /// The reference data, for intake.
    #[must_use]
    pub fn reference(&self) -> intake::Reference {
        let channel = |c: &Channel| intake::Channel {
            code: c.code.clone(),
            name: c.name.clone(),
            online: c.online,
            platform: c.platform.clone().unwrap_or_default(),
            account: c.account,
        };
        let category = |c: &Category| intake::Category {
            code: c.code.clone(),
            name: c.name.clone(),
        };
        let region = |r: &Region| intake::Region {
            code: r.code.clone(),
            name: r.name.clone(),
        };
        intake::Reference {
            channels: self.channels.iter().map(channel).collect(),
            categories: self.categories.iter().map(category).collect(),
            regions: self.regions.iter().map(region).collect(),
        }
    }

    /// The units, for routing.
    #[must_use]
    pub fn units(&self) -> Vec<routing::Unit> {
        let unit = |u: &Unit| routing::Unit {
            code: u.code.clone(),
            name: u.name.clone(),
            parent: u.parent.clone().unwrap_or_default(),
            regions: u.regions.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            kind: u.kind.unwrap_or_default().into(),
            level: u.level.unwrap_or_default().into(),
        };
        self.units.iter().map(unit).collect()
    }

    /// The catalogue, for routing.
    #[must_use]
    pub fn catalogue(&self) -> Vec<routing::CatalogueRow> {
        let row = |r: &CatalogueRow| routing::CatalogueRow {
            row: r.row.clone(),
            category: r.category.clone(),
            region: r.region.clone(),
            unit: r.unit.clone(),
        };
        self.catalogue.iter().map(row).collect()
    }

    /// The limits, for routing.
    #[must_use]
    pub fn limits(&self) -> Vec<routing::LimitRow> {
        let row = |r: &LimitRow| routing::LimitRow {
            row: r.row.clone(),
            clock: r.clock.into(),
            r#type: r.kind.unwrap_or_default().into(),
            urgency: r.urgency.unwrap_or_default().into(),
            channel: r.channel.clone().unwrap_or_default(),
            limit: Some(time_limit(r.limit)),
            warn_before: r.warn_before.map(time_limit),
            seat: r.seat.unwrap_or_default().into(),
            complex: r.complex,
            start: r.start.unwrap_or_default().into(),
        };
        self.limits.iter().map(row).collect()
    }

    /// The notices, for routing; `None` when the file has none.
    #[must_use]
    pub fn notices(&self) -> Option<(String, Vec<routing::Notice>)> {
        let notices = self.calendar.as_ref()?;
        let notice = |n: &Notice| routing::Notice {
            year: u32::try_from(n.year).unwrap_or_default(),
            source: n.source.clone(),
            off: n.off.iter().map(|entry| day_range(entry)).collect(),
            work: n.work.iter().map(|entry| day_range(entry)).collect(),
        };
        Some((notices.version.clone(), notices.notice.iter().map(notice).collect()))
    }

    /// The calendar of routing after the city is published.
    #[must_use]
    pub fn working_days(&self) -> Calendar {
        let compiled = Calendar::national();
        let amended = self
            .calendar
            .as_ref()
            .and_then(|notices| compiled.amended(&notices.version, notices.notice.clone()).ok());
        amended.unwrap_or(compiled)
    }

    /// The unit that the catalogue chooses for a matter; `None` when the matter waits for a person. It repeats the rule
    /// of routing, because the replay has to know the expected decision beforehand.
    #[must_use]
    pub fn lead_for(&self, category: &str, region: &str) -> Option<&str> {
        let region = folded(region);
        self.catalogue
            .iter()
            .filter(|row| category.starts_with(&row.category) && region.starts_with(folded(&row.region)))
            .max_by_key(|row| (row.category.len(), folded(&row.region).len()))
            .map(|row| row.unit.as_str())
    }

    /// The prefix of all regions of the city: its code without the trailing pairs of zeros.
    #[must_use]
    pub fn whole(&self) -> &str {
        let mut whole = folded(&self.code);
        while let Some(above) = whole.strip_suffix("00") {
            whole = above;
        }
        whole
    }

    /// Explains the catalogue's rows for the city itself and for the whole city to the operator. They are easily
    /// confused.
    #[must_use]
    pub fn what_regions_mean(&self) -> String {
        let Self { code, name, .. } = self;
        let whole = self.whole();
        let rows = |region: &str| {
            self.catalogue
                .iter()
                .filter(|row| folded(&row.region) == region)
                .count()
        };
        if whole == folded(code) {
            return format!(
                "regions: {code} is {name} with all that lies in it ({} catalogue rows)",
                rows(whole)
            );
        }
        format!(
            "regions: {code} is {name} itself ({} catalogue rows), {whole} all of it with its districts ({})",
            rows(folded(code)),
            rows(whole)
        )
    }

    /// The top-level unit above `unit`, or `unit` itself: the one that the bulletin counts.
    #[must_use]
    pub fn top_unit<'a>(&'a self, unit: &'a str) -> &'a str {
        let mut at = unit;
        // A checked city has no cycle, so a chain of parents is shorter than the list of units.
        for _ in &self.units {
            match self.unit(at).and_then(|unit| unit.parent.as_deref()) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    /// The unit with this code.
    #[must_use]
    pub fn unit(&self, code: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.code == code)
    }

    /// The units that the bulletin counts, in the order of the file.
    pub fn top_units(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(|unit| unit.parent.is_none())
    }

    /// The topics (事项): categories of level 2, in the order of the file.
    pub fn topics(&self) -> impl Iterator<Item = &Category> {
        self.categories.iter().filter(|category| category.code.len() == 4)
    }

    /// The channel with this code.
    #[must_use]
    pub fn channel(&self, code: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.code == code)
    }

    /// Codes of the platforms that push appeals, sorted.
    #[must_use]
    pub fn platforms(&self) -> Vec<&str> {
        let codes: BTreeSet<&str> = self.channels.iter().filter_map(|c| c.platform.as_deref()).collect();
        codes.into_iter().collect()
    }
}

fn time_limit(span: Span) -> routing::TimeLimit {
    let kind = match span {
        Span::WorkingDays(days) => routing::time_limit::Kind::WorkingDays(days),
        Span::NaturalDays(days) => routing::time_limit::Kind::NaturalDays(days),
        Span::Minutes(minutes) => routing::time_limit::Kind::Minutes(minutes),
    };
    routing::TimeLimit { kind: Some(kind) }
}

/// An entry of a checked notice: a day, or a first and a last day.
fn day_range(entry: &str) -> routing::DayRange {
    let day = |text: &str| text.parse().ok().map(date_to_proto);
    match entry.split_once("..") {
        Some((first, last)) => routing::DayRange {
            first: day(first),
            last: day(last),
        },
        None => routing::DayRange {
            first: day(entry),
            last: None,
        },
    }
}

/// Reads a day, which must be written as YYYY-MM-DD.
pub(crate) fn day<'de, D: Deserializer<'de>>(source: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(source)?;
    NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .ok()
        .filter(|day| day.to_string() == text)
        .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no day, write it as \"2024-04-01\"")))
}

fn clock<'de, D: Deserializer<'de>>(source: D) -> Result<ClockKind, D::Error> {
    named(
        source,
        "CLOCK_KIND_",
        ClockKind::from_str_name,
        "SIGN, HANDLE or REWORK",
    )
}

fn appeal_type<'de, D: Deserializer<'de>>(source: D) -> Result<Option<AppealType>, D::Error> {
    let names = "CONSULT, HELP, COMPLAINT, REPORT, SUGGESTION, PRAISE or OTHER";
    named(source, "APPEAL_TYPE_", AppealType::from_str_name, names).map(Some)
}

fn urgency<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Urgency>, D::Error> {
    named(
        source,
        "URGENCY_",
        Urgency::from_str_name,
        "ORDINARY, URGENT or LIFE_SAFETY",
    )
    .map(Some)
}

fn seat<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Seat>, D::Error> {
    let names = "DEPUTIES, ENTERPRISE_LINE or LEADER_DAY";
    named(source, "SEAT_", Seat::from_str_name, names).map(Some)
}

fn limit_start<'de, D: Deserializer<'de>>(source: D) -> Result<Option<LimitStart>, D::Error> {
    named(source, "LIMIT_START_", LimitStart::from_str_name, "SIGNATURE").map(Some)
}

fn unit_kind<'de, D: Deserializer<'de>>(source: D) -> Result<Option<UnitKind>, D::Error> {
    let names = "COUNTY, ZONE, BUREAU, STATE_COMPANY, UTILITY or VERTICAL_BODY";
    named(source, "UNIT_KIND_", UnitKind::from_str_name, names).map(Some)
}

fn unit_level<'de, D: Deserializer<'de>>(source: D) -> Result<Option<UnitLevel>, D::Error> {
    let names = "CITY, COUNTY, TOWNSHIP or VILLAGE";
    named(source, "UNIT_LEVEL_", UnitLevel::from_str_name, names).map(Some)
}

/// Reads a value of a contract's enum by its name without the prefix. The zero value is refused.
fn named<'de, D: Deserializer<'de>, E>(
    source: D,
    prefix: &str,
    of: fn(&str) -> Option<E>,
    names: &str,
) -> Result<E, D::Error> {
    let text = String::deserialize(source)?;
    of(&format!("{prefix}{text}"))
        .filter(|_| text != "UNSPECIFIED")
        .ok_or_else(|| serde::de::Error::custom(format!("unknown {text:?}, write {names}")))
}
