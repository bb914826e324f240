//! The plan: every call and every case of a scenario with its fate, drawn before the replay starts.
//!
//! The plan is a pure function of scenario, city and seed. Another seed gives other cases with the same totals: counts
//! are never drawn, only the cases that they fall on. A case is a few dozen bytes; its words are made when it is sent
//! ([`View`]), so that a half-year fits into memory.
//!
//! - `plan/matters.rs`: topics and regions, so that the catalogue gives every unit its orders.
//! - `plan/times.rs`: times.
//! - `plan/fates.rs`: fates of the cases; `plan/ends.rs` those that end without an order.
//! - `plan/errands.rs`: registers, messages of accounts, risk notices and the ledger.
//! - `plan/people.rs`: persons and their words.
//! - `plan/marks.rs`: marks in the words, which identify a leaked text.

mod case;
mod ends;
pub mod errands;
mod fates;
pub mod marks;
mod matters;
mod people;
mod shares;
#[cfg(test)]
mod tests;
mod times;
#[cfg(test)]
mod totals_tests;
mod view;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, DeputyLevel, Seat};
use matters::Matter;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

pub use self::case::{Case, Fate, Known, OrderFate, Outcome, PlanError, PlannedCall, ReplyTiming, Via};
use self::errands::Errands;
pub use self::view::View;
use super::scenario::{Published, Scenario};
use crate::city::{Channel, City};

/// Channel of all appeals that do not come online.
const PHONE: &str = "phone";
/// Tag that [`super::scenario::Targets::civility_drive`] counts.
const CIVILITY_DRIVE: &str = "civility_drive";

/// All calls and cases, and what else happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Calls by time. Every case by phone has an answered call in its grain.
    pub calls: Vec<PlannedCall>,
    /// Cases by time of arrival.
    pub cases: Vec<Case>,
    /// Registers, messages of accounts, risk notices and the ledger.
    pub errands: Errands,
    /// The city, to which the indices of the cases lead.
    pub city: City,
    seed: u64,
    /// Beginning of every key, such as `W2404`.
    prefix: String,
}

impl Plan {
    /// A case with its words.
    #[must_use]
    pub fn view(&self, index: usize) -> View<'_> {
        View::new(self, index)
    }

    /// All cases with their words.
    pub fn views(&self) -> impl Iterator<Item = View<'_>> {
        (0..self.cases.len()).map(|index| self.view(index))
    }
}

/// Plans a scenario in a city. Both were checked when they were parsed.
///
/// # Errors
/// [`PlanError`] when the scenario names an unknown code, or needs more than the city's topics and catalogue give.
pub fn plan(scenario: &Scenario, city: &City) -> Result<Plan, PlanError> {
    check_names(scenario, city)?;
    let mut rng = StdRng::seed_from_u64(scenario.seed);
    let matters = matters::draw(scenario, city, &mut rng)?;
    let mut drafts = assemble(scenario, city, matters, &mut rng)?;
    tag(scenario, city, &mut drafts, &mut rng)?;
    let times = times::Times::new(scenario);
    times.arrivals(&mut drafts, &mut rng);
    let mut calls = times.calls(scenario, &drafts, &mut rng);
    fates::draw(scenario, &mut drafts, &mut rng)?;
    ends::draw(scenario, &mut drafts, &mut rng)?;
    let invalid = ends::invalid(scenario, city, &calls, &drafts, &mut rng)?;
    drafts.extend(invalid);
    times::record_late(scenario, &mut calls, &mut rng);
    let cases = numbered(city, &drafts);
    let errands = errands::draw(scenario, city, &cases, &times, &mut rng)?;
    Ok(Plan {
        calls,
        cases,
        errands,
        city: city.clone(),
        seed: scenario.seed,
        prefix: format!("W{}", scenario.window.from.format("%y%m")),
    })
}

/// A case before the cases are in order.
struct Draft<'c> {
    matter: Matter<'c>,
    kind: AppealType,
    channel: &'c Channel,
    tags: u8,
    arrive: DateTime<Utc>,
    late: bool,
    asked: bool,
    appellant: Known,
    seat: Seat,
    leader_day: u8,
    level: DeputyLevel,
    complex: bool,
    /// Index of the draft whose person brings this matter too.
    person_of: Option<usize>,
    fate: Fate,
}

impl<'c> Draft<'c> {
    fn new(matter: Matter<'c>, kind: AppealType, channel: &'c Channel) -> Self {
        Self {
            matter,
            kind,
            channel,
            tags: 0,
            arrive: DateTime::UNIX_EPOCH,
            late: false,
            asked: false,
            appellant: Known::Named,
            seat: Seat::Unspecified,
            leader_day: 0,
            level: DeputyLevel::Unspecified,
            complex: false,
            person_of: None,
            fate: Fate::Answered,
        }
    }

    fn is_by_phone(&self) -> bool {
        self.channel.code == PHONE
    }
}

/// The cases by time. Each person has the number of its first draft.
fn numbered(city: &City, drafts: &[Draft<'_>]) -> Vec<Case> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|at| drafts[*at].arrive);
    let mut place = vec![0_u32; drafts.len()];
    for (now, at) in order.iter().enumerate() {
        place[*at] = index(now);
    }
    let categories: HashMap<&str, u16> = indices(city.categories.iter().map(|it| it.code.as_str()));
    let regions: HashMap<&str, u16> = indices(city.regions.iter().map(|it| it.code.as_str()));
    let channels: HashMap<&str, u16> = indices(city.channels.iter().map(|it| it.code.as_str()));
    let case = |at: usize| {
        let draft = &drafts[at];
        let fate = match draft.fate {
            Fate::ProgressTold(earlier) => Fate::ProgressTold(place[earlier as usize]),
            fate => fate,
        };
        Case {
            arrive: draft.arrive,
            person: index(draft.person_of.unwrap_or(at)),
            channel: channels[draft.channel.code.as_str()],
            category: categories[draft.matter.category.code.as_str()],
            region: regions[draft.matter.region.code.as_str()],
            kind: draft.kind,
            tags: draft.tags,
            late: draft.late,
            asked: draft.asked,
            appellant: draft.appellant,
            seat: draft.seat,
            leader_day: draft.leader_day,
            level: draft.level,
            complex: draft.complex,
            fate,
        }
    };
    order.into_iter().map(case).collect()
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("a plan has fewer than 2^32 cases")
}

fn indices<'c>(codes: impl Iterator<Item = &'c str>) -> HashMap<&'c str, u16> {
    codes
        .enumerate()
        .map(|(at, code)| (code, u16::try_from(at).expect("a city has at most 10,000 of anything")))
        .collect()
}

/// Checks that the scenario and the city give a code the same name. Otherwise a figure could be compared with the wrong
/// target.
fn check_names(scenario: &Scenario, city: &City) -> Result<(), PlanError> {
    let source = &scenario.source;
    let unknown = |key, list, line: &Published| PlanError::Unknown {
        key,
        code: line.code.clone(),
        name: line.name.clone(),
        list,
    };
    for line in &source.topics {
        if !city
            .topics()
            .any(|topic| topic.code == line.code && topic.name == line.name)
        {
            return Err(unknown("source.topics", "topics", line));
        }
    }
    for line in &source.units {
        if !city
            .top_units()
            .any(|unit| unit.code == line.code && unit.name == line.name)
        {
            return Err(unknown("source.units", "top-level units", line));
        }
    }
    for line in &source.channels {
        if !city
            .channels
            .iter()
            .any(|c| c.online && !c.account && c.code == line.code && c.name == line.name)
        {
            return Err(unknown("source.channels", "online channels", line));
        }
    }
    let strange = |key, list, code: &String| PlanError::Unknown {
        key,
        code: code.clone(),
        name: "without a name".to_owned(),
        list,
    };
    if let Some(code) = scenario
        .weights
        .topics
        .keys()
        .find(|code| !city.topics().any(|topic| topic.code == **code))
    {
        return Err(strange("weights.topics", "topics", code));
    }
    if let Some(code) = scenario
        .weights
        .units
        .keys()
        .find(|code| !city.top_units().any(|unit| unit.code == **code))
    {
        return Err(strange("weights.units", "top-level units", code));
    }
    Ok(())
}

/// Draws types and channels of the matters.
fn assemble<'c>(
    scenario: &Scenario,
    city: &'c City,
    matters: Vec<Matter<'c>>,
    rng: &mut StdRng,
) -> Result<Vec<Draft<'c>>, PlanError> {
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let (orders, answered): (Vec<_>, Vec<_>) = matters.into_iter().partition(Matter::is_order);
    let mut kinds = multiset(&chosen.order_types.entries().map(|(_, kind, count)| (kind, count)));
    kinds.shuffle(rng);
    let mut direct = multiset(
        &targets
            .types
            .less(&chosen.order_types)
            .entries()
            .map(|(_, kind, count)| (kind, count)),
    );
    direct.shuffle(rng);
    // 表扬 needs no unit, so all of it is answered at once.
    rename(&mut direct, AppealType::Other, AppealType::Praise, chosen.praises, rng);
    kinds.append(&mut direct);
    rename(
        &mut kinds,
        AppealType::Complaint,
        AppealType::Report,
        chosen.reports,
        rng,
    );

    let (pushed, written) = channels(scenario, city)?;
    let by_phone = usize::try_from(targets.phone).unwrap_or(usize::MAX);
    let phone = phone(city)?;
    if pushed.len() > orders.len() {
        return Err(PlanError::TooFew {
            what: "orders pushed by platforms".to_owned(),
            needed: pushed.len() as u64,
            found: orders.len() as u64,
            right: "a platform transfers only what needs a unit: raise targets.orders",
        });
    }
    let pushed_count = pushed.len();
    let mut others = written;
    others.extend(std::iter::repeat_n(phone, by_phone));
    others.shuffle(rng);
    // The orders are shuffled, so the first ones are a random choice.
    let channels = pushed.into_iter().chain(others);
    let matters = orders.into_iter().chain(answered);
    let drafts: Vec<Draft<'c>> = matters
        .zip(kinds)
        .zip(channels)
        .map(|((matter, kind), channel)| Draft::new(matter, kind, channel))
        .collect();
    debug_assert!(
        drafts[..pushed_count]
            .iter()
            .all(|draft| draft.channel.platform.is_some())
    );
    Ok(drafts)
}

fn phone(city: &City) -> Result<&Channel, PlanError> {
    city.channel(PHONE).ok_or_else(|| PlanError::Unknown {
        key: "targets.phone",
        code: PHONE.to_owned(),
        name: "电话".to_owned(),
        list: "channels",
    })
}

/// The online channels: appeals pushed by platforms, and appeals written by people.
fn channels<'c>(scenario: &Scenario, city: &'c City) -> Result<(Vec<&'c Channel>, Vec<&'c Channel>), PlanError> {
    let (mut pushed, mut written) = (Vec::new(), Vec::new());
    for target in &scenario.targets.channels {
        let channel = city.channel(&target.code).ok_or_else(|| PlanError::Unknown {
            key: "targets.channels",
            code: target.code.clone(),
            name: target.code.clone(),
            list: "online channels",
        })?;
        let list = if channel.platform.is_some() {
            &mut pushed
        } else {
            &mut written
        };
        list.extend(multiset(&[(channel, target.count)]));
    }
    Ok((pushed, written))
}

/// Tags cases of the categories in which 文明创建 is usual, each with the tag itself and one of its themes: a tag whose
/// code goes on after that of 文明创建 and whose categories hold the case's.
fn tag(scenario: &Scenario, city: &City, drafts: &mut [Draft<'_>], rng: &mut StdRng) -> Result<(), PlanError> {
    let needed = scenario.targets.civility_drive;
    let tags = |draft: &Draft<'_>| {
        let usual = |tag: &crate::city::Tag| {
            tag.categories
                .iter()
                .any(|code| draft.matter.category.code.starts_with(code))
        };
        let bits = city
            .tags
            .iter()
            .enumerate()
            .filter(|(_, tag)| tag.code.starts_with(CIVILITY_DRIVE) && usual(tag));
        bits.fold(0_u8, |bits, (at, _)| bits | 1 << at)
    };
    let mut candidates: Vec<(usize, u8)> = drafts.iter().map(tags).enumerate().collect();
    candidates.retain(|(_, bits)| bits.count_ones() == 2);
    candidates.shuffle(rng);
    if (candidates.len() as u64) < needed {
        return Err(PlanError::TooFew {
            what: "appeals tagged civility_drive".to_owned(),
            needed,
            found: candidates.len() as u64,
            right: "add categories to this tag of the city, and to one theme of it",
        });
    }
    for ((at, bits), _) in candidates.into_iter().zip(0..needed) {
        drafts[at].tags = bits;
    }
    Ok(())
}

/// Each value, repeated by its count.
fn multiset<T: Copy>(counts: &[(T, u64)]) -> Vec<T> {
    counts
        .iter()
        .flat_map(|(value, count)| (0..*count).map(move |_| *value))
        .collect()
}

/// Replaces `count` values `from` by `to`.
fn rename(kinds: &mut [AppealType], from: AppealType, to: AppealType, count: u64, rng: &mut StdRng) {
    let mut places: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at] == from).collect();
    places.shuffle(rng);
    for (at, _) in places.into_iter().zip(0..count) {
        kinds[at] = to;
    }
}
