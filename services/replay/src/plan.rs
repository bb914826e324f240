//! The plan: every call and every case of a scenario, with its fate, before anything runs.
//!
//! Pure and drawn from the seed alone: the same scenario and city give the same plan, another seed gives other cases
//! with the same totals. A count is never drawn, only who it falls on.
//! `plan/matters.rs` draws what the cases are about, so that the catalogue gives every unit its orders;
//! `plan/fates.rs` what becomes of them; `plan/times.rs` when; `plan/people.rs` who, and in what words; `plan/marks.rs`
//! makes the words such that whatever leaks can be told.

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

/// Channel of all appeals that come by no online channel.
const PHONE: &str = "phone";
/// Tag that [`super::scenario::Targets::civility_drive`] counts.
const CIVILITY_DRIVE: &str = "civility_drive";

/// Everything that will happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// By time. Every case by phone has an answered call in its grain.
    pub calls: Vec<PlannedCall>,
    /// By time of arrival.
    pub cases: Vec<Case>,
}

/// A call that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedCall {
    /// When: a whole quarter of an hour.
    pub at_grain: DateTime<Utc>,
    /// An agent answers; otherwise the caller gives up.
    pub answered: bool,
}

/// One matter that a person brings, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Upstream number, unique, such as `W2404-000123`. The fate hangs on it, never on who came first.
    pub key: String,
    /// When it is brought: a whole quarter of an hour inside the window.
    pub arrive: DateTime<Utc>,
    /// Code of the channel.
    pub channel: String,
    /// Who tells intake.
    pub via: Via,
    /// What is wanted.
    pub kind: AppealType,
    /// Code of the topic.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// Codes of tags.
    pub tags: Vec<String>,
    /// How soon.
    pub urgency: Urgency,
    /// Synthetic; as phone, number, address and content it is unique in the plan, and must never leave intake unsealed.
    pub name: String,
    /// Mobile number of the range 154, which no operator gives out.
    pub phone: String,
    /// Identity number with a right check digit.
    pub id_number: String,
    /// Where the person lives.
    pub address: String,
    /// One line.
    pub title: String,
    /// The matter, with name and phone in it, as agents write it.
    pub content: String,
    /// Where it happened.
    pub place: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// Who tells intake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// An agent registers it.
    Agent,
    /// The platform with this code pushes it.
    Platform(String),
}

/// What becomes of an appeal.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// 当场答复.
    Answered,
    /// 转办工单.
    Order(OrderFate),
}

/// What becomes of an order.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is something of its own that happens to an order or does not"
)]
pub struct OrderFate {
    /// Code of the top-level unit that the bulletin counts it under.
    pub expected_top_unit: String,
    /// The catalogue does not cover it: code of the unit that a person dispatches it to.
    pub by_person: Option<String>,
    /// Signed after the limit.
    pub sign_late: bool,
    /// When the reply of round 0 that is accepted comes.
    pub reply: ReplyTiming,
    /// One reply before it is rejected.
    pub reject_first: bool,
    /// In round 0 the appellant is dissatisfied by the unit's fault; [`OrderFate::final_outcome`] is that of round 1.
    pub rework: bool,
    /// What the appellant says in the end.
    pub final_outcome: Outcome,
    /// The platform pushes it again.
    pub pushed_twice: bool,
    /// The request that forwards it is delivered again.
    pub redelivered: bool,
}

/// When a reply comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyTiming {
    /// Before the warning: no card.
    Early,
    /// Between the warning and the deadline: a yellow card.
    Near,
    /// After the deadline: a yellow and a red card.
    Late,
}

/// What the appellant says in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One of the first three grades.
    Satisfied(Rating),
    /// One of the last two grades, for an objective cause.
    Dissatisfied(Rating),
    /// Reached, and gives no grade.
    UnratedReached,
    /// Nobody answers.
    Unreached,
}

/// Why a scenario cannot be played in a city.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The scenario speaks of something that the city does not have.
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
    /// There is not enough of something.
    #[error("{needed} {what} are needed, at most {found} can be had; {right}")]
    TooFew {
        /// Of what.
        what: String,
        /// How many the scenario asks for.
        needed: u64,
        /// How many there are.
        found: u64,
        /// What would help.
        right: &'static str,
    },
}

impl Case {
    /// What the caller of intake says.
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

    /// What becomes of its order, if it becomes one.
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
/// [`PlanError`] when the scenario names what the city has not, or asks for more than the city's topics and catalogue give.
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

/// A case that is not yet anybody's.
struct Draft<'c> {
    matter: Matter<'c>,
    kind: AppealType,
    channel: &'c Channel,
    tags: Vec<String>,
}

/// The names in the scenario are those of the city, so that nobody compares a figure with another one's target.
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

/// Gives the matters types and channels.
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
    // 表扬 needs no unit: all of them are among those answered at once.
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
    // The orders come in random order, so the first of them are as good as any.
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

/// The online channels' share: what platforms push, and what people write.
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

/// Tags some of the cases under the categories where 文明创建 is usual.
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

/// Each value as often as it says.
fn multiset<T: Copy>(counts: &[(T, u64)]) -> Vec<T> {
    counts
        .iter()
        .flat_map(|(value, count)| (0..*count).map(move |_| *value))
        .collect()
}

/// Makes `count` of the `from` a `to`.
fn rename(kinds: &mut [AppealType], from: AppealType, to: AppealType, count: u64, rng: &mut StdRng) {
    let mut places: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at] == from).collect();
    places.shuffle(rng);
    for (at, _) in places.into_iter().zip(0..count) {
        kinds[at] = to;
    }
}
