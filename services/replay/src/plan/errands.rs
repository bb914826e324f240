//! What happens beside calls and appeals: registers of the seats, messages of accounts, risk notices and the ledger.

use std::collections::{BTreeMap, BTreeSet};

use calendar::{Calendar, start_of_day};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use hotline_proto::common::{DeputyLevel, Seat};
use hotline_proto::events::LedgerKind;
use hotline_proto::intake::AccountOutcome;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::people::Person;
use super::times::{Times, spread_working_days};
use super::{Case, PlanError, index, multiset};
use crate::city::{City, Deputy, Library, Policy, Shift, Specialist, Words};
use crate::scenario::{Scenario, Window};

/// Orders behind a risk notice.
const MOST_ORDERS_OF_NOTICE: usize = 20;
/// Days whose orders a risk notice looks back on.
const NOTICE_DAYS: u64 = 7;
/// Addressees of a risk notice.
const MOST_ADDRESSEES: usize = 3;
/// Numbers of persons from here on belong to specialists and leaders, after those of all cases.
const STAFF: u32 = 260_000;

/// All of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errands {
    /// The deputies who bring appeals.
    pub deputies: Vec<Deputy>,
    /// The policy library.
    pub library: Library,
    /// The leader days, in the order of [`super::Case::leader_day`].
    pub leader_days: Vec<LeaderDay>,
    /// Messages to an account, by time.
    pub messages: Vec<Message>,
    /// Risk notices, by time.
    pub notices: Vec<Notice>,
    /// Entries of the ledger, by day.
    pub entries: Vec<Entry>,
}

/// A leader day.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderDay {
    /// The day.
    pub day: NaiveDate,
    /// Name and post of each leader.
    pub leaders: Vec<(String, String)>,
}

/// A message to an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Time of the message, a whole quarter of an hour.
    pub at: DateTime<Utc>,
    /// Code of the account.
    pub account: String,
    /// How it ends.
    pub outcome: AccountOutcome,
}

/// A risk notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Day on which it is issued.
    pub day: NaiveDate,
    /// Index of the topic in the city.
    pub category: u16,
    /// Indices of the cases whose orders show it.
    pub cases: Vec<u32>,
    /// Codes of the addressees.
    pub units: Vec<String>,
}

/// An entry of the ledger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Day of the work.
    pub day: NaiveDate,
    /// Kind.
    pub kind: LedgerKind,
}

/// Draws all of them.
pub(super) fn draw(
    scenario: &Scenario,
    city: &City,
    cases: &[Case],
    times: &Times,
    rng: &mut StdRng,
) -> Result<Errands, PlanError> {
    let targets = &scenario.targets;
    if !is_complete(&city.words) {
        return Err(PlanError::TooFew {
            what: "words for registers".to_owned(),
            needed: 4,
            found: 0,
            right: "fill in [words] of the city",
        });
    }
    let mut messages = messages(scenario, city, times, rng)?;
    messages.sort_by_key(|message| message.at);
    Ok(Errands {
        deputies: deputies(scenario, city, cases),
        library: Library {
            policies: policies(&scenario.window, &city.words, targets.policies, rng),
            specialists: specialists(scenario, city, rng),
        },
        leader_days: leader_days(scenario, city),
        messages,
        notices: notices(scenario, city, cases, targets.risk_notices)?,
        entries: entries(scenario, times),
    })
}

fn is_complete(words: &Words) -> bool {
    [
        &words.policy_targets,
        &words.policy_matters,
        &words.policy_forms,
        &words.leader_posts,
    ]
    .iter()
    .all(|list| !list.is_empty())
}

/// Each appeal of a deputy comes from another one, who is recognised by the telephone number.
fn deputies(scenario: &Scenario, city: &City, cases: &[Case]) -> Vec<Deputy> {
    let calling = cases.iter().filter(|case| case.seat == Seat::Deputies);
    let area = |level: DeputyLevel, at: usize| {
        let digits = match level {
            DeputyLevel::County => 6,
            DeputyLevel::Township => 9,
            _ => 0,
        };
        let below: Vec<&str> = city
            .regions
            .iter()
            .map(|region| region.code.as_str())
            .filter(|code| code.len() == digits && *code != city.code)
            .collect();
        let area = below.get(at % below.len().max(1)).copied();
        area.unwrap_or(&city.code).to_owned()
    };
    calling
        .enumerate()
        .map(|(at, case)| {
            let person = Person::new(scenario.seed, case.person);
            Deputy {
                deputy: format!("D{:03}", at + 1),
                name: person.name,
                level: case.level,
                area: area(case.level, at),
                term_from: scenario.window.from,
                term_to: scenario.window.from + Days::new(5 * 365),
                phones: vec![person.phone],
            }
        })
        .collect()
}

fn policies(window: &Window, words: &Words, count: u64, rng: &mut StdRng) -> Vec<Policy> {
    let (targets, matters, forms) = (&words.policy_targets, &words.policy_matters, &words.policy_forms);
    let (targets_count, matters_count) = (targets.len(), matters.len());
    (0..usize::try_from(count).unwrap_or(usize::MAX))
        .map(|at| {
            let target = &targets[at % targets_count];
            let matter = &matters[at / targets_count % matters_count];
            let form = &forms[at / targets_count / matters_count % forms.len()];
            let edition = 1 + at / targets_count / matters_count / forms.len();
            Policy {
                policy: format!("P{:04}", at + 1),
                title: format!("{target}{matter}{form}（第{edition}版）"),
                targets: vec![target.clone()],
                scope: format!("本市注册的{target}申请{matter}"),
                valid_from: window.from,
                valid_to: None,
                review_day: Some(window.end() + Days::new(rng.gen_range(1..365))),
                amount: format!("最高{}万元", 5 * rng.gen_range(1..=40)),
                conditions: "依法经营，无重大失信记录".to_owned(),
            }
        })
        .collect()
}

fn specialists(scenario: &Scenario, city: &City, rng: &mut StdRng) -> Vec<Specialist> {
    let units: Vec<&str> = city.top_units().map(|unit| unit.code.as_str()).collect();
    let count = u32::try_from(scenario.targets.policy_specialists).unwrap_or_default();
    let code = |at: u32| format!("S{:03}", at + 1);
    (0..count)
        .map(|at| Specialist {
            specialist: code(at),
            name: Person::new(scenario.seed, STAFF + at).name,
            topics: city.words.policy_matters.choose_multiple(rng, 3).cloned().collect(),
            unit: units[at as usize % units.len()].to_owned(),
            shifts: (1..=5)
                .map(|weekday| Shift {
                    weekday,
                    from_minute: 9 * 60,
                    to_minute: 17 * 60,
                })
                .collect(),
            backup: (count > 1).then(|| code((at + 1) % count)),
        })
        .collect()
}

fn leader_days(scenario: &Scenario, city: &City) -> Vec<LeaderDay> {
    let leader = |at: u32, post: &String| (Person::new(scenario.seed, STAFF + 1_000 + at).name, post.clone());
    let leaders: Vec<(String, String)> = (0..)
        .zip(&city.words.leader_posts)
        .map(|(at, post)| leader(at, post))
        .collect();
    spread_working_days(scenario, scenario.targets.leader_days)
        .into_iter()
        .map(|day| LeaderDay {
            day,
            leaders: leaders.clone(),
        })
        .collect()
}

fn messages(scenario: &Scenario, city: &City, times: &Times, rng: &mut StdRng) -> Result<Vec<Message>, PlanError> {
    let account = &scenario.targets.wechat_account;
    let channel = city
        .channels
        .iter()
        .find(|channel| channel.account)
        .ok_or_else(|| PlanError::Unknown {
            key: "targets.wechat_account",
            code: "account = true".to_owned(),
            name: "an account beside the line".to_owned(),
            list: "channels",
        })?;
    let mut outcomes = multiset(&[
        (AccountOutcome::Unclear, account.unclear),
        (AccountOutcome::Answered, account.answered),
        (AccountOutcome::Invalid, account.invalid),
    ]);
    outcomes.shuffle(rng);
    let at = times.spread(account.messages, rng);
    Ok(at
        .into_iter()
        .zip(outcomes)
        .map(|(at, outcome)| Message {
            at,
            account: channel.code.clone(),
            outcome,
        })
        .collect())
}

/// Each notice is about the topic with the most orders of the days before, and no two days share an order.
fn notices(scenario: &Scenario, city: &City, cases: &[Case], count: u64) -> Result<Vec<Notice>, PlanError> {
    let mut found = Vec::new();
    for day in notice_days(scenario, count) {
        let (from, to) = (start_of_day(day - Days::new(NOTICE_DAYS)), start_of_day(day));
        let first = cases.partition_point(|case| case.arrive < from);
        let last = cases.partition_point(|case| case.arrive < to - TimeDelta::hours(2));
        let mut by_topic: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
        for (at, case) in cases.iter().enumerate().take(last).skip(first) {
            if case.order().is_some_and(|order| !order.by_person) {
                by_topic.entry(case.category).or_default().push(index(at));
            }
        }
        let most = by_topic
            .into_iter()
            .max_by_key(|(topic, orders)| (orders.len(), std::cmp::Reverse(*topic)));
        let Some((category, mut orders)) = most else { continue };
        orders.truncate(MOST_ORDERS_OF_NOTICE);
        let unit = |at: &u32| Some(usize::from(cases[*at as usize].order()?.top_unit));
        let units: BTreeSet<usize> = orders.iter().filter_map(unit).collect();
        let code = |at: usize| city.units[at].code.clone();
        found.push(Notice {
            day,
            category,
            cases: orders,
            units: units.into_iter().map(code).take(MOST_ADDRESSEES).collect(),
        });
    }
    if found.len() as u64 == count {
        return Ok(found);
    }
    Err(PlanError::TooFew {
        what: "risk notices".to_owned(),
        needed: count,
        found: found.len() as u64,
        right: "a notice needs orders of the days before: lengthen the window",
    })
}

/// Working days in the later part of the window: the first ones have no orders behind them.
fn notice_days(scenario: &Scenario, count: u64) -> Vec<NaiveDate> {
    let calendar = Calendar::national();
    let working: Vec<NaiveDate> = scenario.window.days().filter(|day| calendar.is_working(*day)).collect();
    let number = working.len() as u64;
    (1..=count)
        .filter_map(|at| working.get(usize::try_from(at * number / (count + 1)).ok()?).copied())
        .collect()
}

fn entries(scenario: &Scenario, times: &Times) -> Vec<Entry> {
    let (targets, ledger) = (&scenario.targets, &scenario.chosen.ledger);
    let days = times.days();
    let mut entries = Vec::new();
    for (kind, count) in [
        (LedgerKind::MediaItem, targets.media_items),
        (LedgerKind::TypicalCase, targets.typical_cases),
        (LedgerKind::TestCall, ledger.test_call),
        (LedgerKind::Training, ledger.training),
        (LedgerKind::Exam, ledger.exam),
        (LedgerKind::Meeting, ledger.meeting),
    ] {
        let place = |at: u64| usize::try_from((2 * at + 1) * days.len() as u64 / (2 * count)).unwrap_or_default();
        entries.extend((0..count).filter_map(|at| {
            Some(Entry {
                day: *days.get(place(at))?,
                kind,
            })
        }));
    }
    entries.sort_by_key(|entry| entry.day);
    entries
}
