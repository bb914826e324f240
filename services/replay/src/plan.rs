//! The plan: every call and every case of a scenario with its fate, drawn before the replay starts.
//!
//! The plan is a pure function of scenario, city and seed. Another seed gives other cases with the same totals: counts
//! are never drawn, only the cases that they fall on.
//!
//! - `plan/matters.rs`: topics and regions, so that the catalogue gives every unit its orders.
//! - `plan/fates.rs`: fates of the cases.
//! - `plan/times.rs`: times.
//! - `plan/people.rs`: persons and their words.
//! - `plan/marks.rs`: marks in the words, which identify a leaked text.

mod fates;
pub mod marks;
mod matters;
mod people;
#[cfg(test)]
mod tests;
mod times;

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, Rating, Urgency};
use hotline_proto::intake::{AppealDraft, Appellant};
use matters::Matter;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::scenario::{Published, Scenario};
use crate::city::{Channel, City};

/// Channel of all appeals that do not come online.
const PHONE: &str = "phone";
/// Tag that [`super::scenario::Targets::civility_drive`] counts.
const CIVILITY_DRIVE: &str = "civility_drive";

/// All calls and cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Calls by time. Every case by phone has an answered call in its grain.
    pub calls: Vec<PlannedCall>,
    /// Cases by time of arrival.
    pub cases: Vec<Case>,
}

/// A call that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedCall {
    /// Time of the call, a whole quarter of an hour.
    pub at_grain: DateTime<Utc>,
    /// Whether an agent answers; otherwise the caller gives up.
    pub answered: bool,
}

/// One matter that a person brings, and its fate.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Unique upstream number, such as `W2404-000123`. It identifies the case; its fate never depends on the order of
    /// events.
    pub key: String,
    /// Time of arrival, a whole quarter of an hour inside the window.
    pub arrive: DateTime<Utc>,
    /// Code of the channel.
    pub channel: String,
    /// The client that sends it to intake.
    pub via: Via,
    /// Type of the appeal.
    pub kind: AppealType,
    /// Code of the topic.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// Codes of tags.
    pub tags: Vec<String>,
    /// Urgency.
    pub urgency: Urgency,
    /// Invented name. Name, phone, identity number, address and content are unique in the plan, and must never leave
    /// intake unsealed.
    pub name: String,
    /// Mobile number of the range 154, which no operator gives out.
    pub phone: String,
    /// Identity number with a right check digit.
    pub id_number: String,
    /// Address of the person.
    pub address: String,
    /// Title, one line.
    pub title: String,
    /// The matter, with name and phone in it, as agents write it.
    pub content: String,
    /// Place of the matter.
    pub place: String,
    /// Its fate.
    pub fate: Fate,
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
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// 当场答复.
    Answered,
    /// 转办工单.
    Order(OrderFate),
}

/// Fate of an order.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each flag is a separate event that may happen to an order"
)]
pub struct OrderFate {
    /// Code of the top-level unit under which the bulletin counts it.
    pub expected_top_unit: String,
    /// Code of the unit to which a person dispatches it; `None` when the catalogue covers it.
    pub by_person: Option<String>,
    /// Signed after the limit.
    pub sign_late: bool,
    /// Time of the accepted reply of round 0.
    pub reply: ReplyTiming,
    /// An earlier reply is rejected.
    pub reject_first: bool,
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
    /// Before the warning: no card.
    Early,
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
}

/// The reason why a scenario cannot be played in a city.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The scenario names a code that the city does not have.
    #[error(
        "{key} names {code} ({name}), which is none of the city's {list}; add it to the city or correct the scenario"
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
    /// The appeal as it is sent to intake.
    #[must_use]
    pub fn draft(&self) -> AppealDraft {
        AppealDraft {
            channel: self.channel.clone(),
            r#type: self.kind.into(),
            category: self.category.clone(),
            region: self.region.clone(),
            urgency: self.urgency.into(),
            appellant: Some(Appellant {
                name: self.name.clone(),
                phone: self.phone.clone(),
                id_number: self.id_number.clone(),
                address: self.address.clone(),
                ..Appellant::default()
            }),
            anonymous: false,
            confidential: false,
            accused_unit: String::new(),
            title: self.title.clone(),
            content: self.content.clone(),
            place: self.place.clone(),
            tags: self.tags.clone(),
            source_time: None,
        }
    }

    /// Fate of its order, if it becomes one.
    #[must_use]
    pub fn order(&self) -> Option<&OrderFate> {
        match &self.fate {
            Fate::Order(fate) => Some(fate),
            Fate::Answered => None,
        }
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
    let fates = fates::draw(scenario, &drafts, &mut rng)?;
    let times = times::Times::new(scenario);
    let arrivals: Vec<_> = drafts
        .iter()
        .map(|draft| times.arrival(draft.matter.is_order(), &mut rng))
        .collect();
    let by_phone = drafts
        .iter()
        .zip(&arrivals)
        .filter(|(draft, _)| draft.channel.code == PHONE)
        .map(|(_, at)| *at);
    let calls = times.calls(scenario, by_phone, &mut rng);

    let mut planned: Vec<_> = drafts.into_iter().zip(fates).zip(arrivals).collect();
    planned.sort_by_key(|(_, arrive)| *arrive);
    let mut people = people::People::default();
    let month = scenario.window.from.format("%y%m");
    let cases = planned.into_iter().enumerate().map(|(at, ((draft, fate), arrive))| {
        let person = people.meet(&draft, city, &mut rng);
        let key = format!("W{month}-{:06}", at + 1);
        let marked = |text: &str| format!("{}{text}", marks::mark(&key));
        Case {
            arrive,
            channel: draft.channel.code.clone(),
            via: draft.channel.platform.clone().map_or(Via::Agent, Via::Platform),
            kind: draft.kind,
            category: draft.matter.category.code.clone(),
            region: draft.matter.region.code.clone(),
            tags: draft.tags,
            urgency: Urgency::Ordinary,
            name: person.name,
            phone: person.phone,
            id_number: person.id_number,
            address: marked(&person.address),
            title: marked(&person.title),
            content: marked(&person.content),
            place: marked(&person.place),
            key,
            fate,
        }
    });
    Ok(Plan {
        cases: cases.collect(),
        calls,
    })
}

/// A case without a person.
struct Draft<'c> {
    matter: Matter<'c>,
    kind: AppealType,
    channel: &'c Channel,
    tags: Vec<String>,
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
            .any(|c| c.online && c.code == line.code && c.name == line.name)
        {
            return Err(unknown("source.channels", "online channels", line));
        }
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
    let phone = city.channel(PHONE).ok_or_else(|| PlanError::Unknown {
        key: "targets.phone",
        code: PHONE.to_owned(),
        name: "电话".to_owned(),
        list: "channels",
    })?;
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
        .map(|((matter, kind), channel)| Draft {
            matter,
            kind,
            channel,
            tags: Vec::new(),
        })
        .collect();
    debug_assert!(
        drafts[..pushed_count]
            .iter()
            .all(|draft| draft.channel.platform.is_some())
    );
    Ok(drafts)
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

/// Tags cases of the categories in which 文明创建 is usual.
fn tag(scenario: &Scenario, city: &City, drafts: &mut [Draft<'_>], rng: &mut StdRng) -> Result<(), PlanError> {
    let needed = scenario.targets.civility_drive;
    let tag = city.tags.iter().find(|tag| tag.code == CIVILITY_DRIVE);
    let usual = |draft: &Draft<'_>| {
        tag.is_some_and(|tag| {
            tag.categories
                .iter()
                .any(|code| draft.matter.category.code.starts_with(code))
        })
    };
    let mut candidates: Vec<usize> = (0..drafts.len()).filter(|at| usual(&drafts[*at])).collect();
    candidates.shuffle(rng);
    if (candidates.len() as u64) < needed {
        return Err(PlanError::TooFew {
            what: "appeals tagged civility_drive".to_owned(),
            needed,
            found: candidates.len() as u64,
            right: "add categories to this tag of the city",
        });
    }
    for (at, _) in candidates.into_iter().zip(0..needed) {
        drafts[at].tags.push(CIVILITY_DRIVE.to_owned());
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
