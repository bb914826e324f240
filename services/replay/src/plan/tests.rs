//! Compares the plans of the shipped week and the shipped half-year with every target and every weight.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate, Timelike as _};

use hotline_proto::events::LedgerKind;
use hotline_proto::intake::AccountOutcome;

use super::totals_tests::assert_totals;
use super::*;
use crate::city::{CatalogueRow, XIANGTAN};
use crate::scenario::{HALF_YEAR, Target, WEEK};

fn week() -> Scenario {
    Scenario::parse(WEEK, "week.toml").expect("the shipped week is right")
}

fn city() -> City {
    City::parse(XIANGTAN, "city.toml").expect("the shipped city is right")
}

fn planned(scenario: &Scenario) -> Plan {
    plan(scenario, &city()).expect("the shipped week can be planned")
}

/// Both shipped scenarios with their plans, made once.
fn both() -> &'static [(Scenario, Plan); 2] {
    static BOTH: LazyLock<[(Scenario, Plan); 2]> = LazyLock::new(|| {
        let half_year = Scenario::parse(HALF_YEAR, "xiangtan-2024h1.toml").expect("the shipped half-year is right");
        [week(), half_year].map(|scenario| {
            let plan = planned(&scenario);
            (scenario, plan)
        })
    });
    &BOTH
}

pub(super) fn orders(plan: &Plan) -> impl Iterator<Item = (&Case, &OrderFate)> {
    plan.cases.iter().filter_map(|case| Some((case, case.order()?)))
}

pub(super) fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.count() as u64
}

fn tally<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    let mut tally = BTreeMap::new();
    for key in keys {
        *tally.entry(key).or_default() += 1;
    }
    tally
}

/// The bulletin's five types.
fn bulletin_type(kind: AppealType) -> AppealType {
    match kind {
        AppealType::Report => AppealType::Complaint,
        AppealType::Praise => AppealType::Other,
        other => other,
    }
}

#[test]
fn the_totals_are_the_targets() {
    for (scenario, plan) in both() {
        assert_totals(scenario, plan);
        types_are_the_targets(scenario, plan);
        topics_units_and_channels_are_the_targets(scenario, plan);
        errands_are_the_targets(scenario, plan);
    }
}

fn types_are_the_targets(scenario: &Scenario, plan: &Plan) {
    let valid = plan.cases.iter().filter(|case| !matches!(case.fate, Fate::Invalid(_)));
    let appeals = tally(valid.map(|case| bulletin_type(case.kind)));
    let orders = tally(orders(plan).map(|(case, _)| bulletin_type(case.kind)));
    for (types, found) in [(scenario.targets.types, appeals), (scenario.chosen.order_types, orders)] {
        for (name, kind, expected) in types.entries() {
            assert_eq!(found.get(&kind), Some(&expected), "{name}");
        }
    }
}

fn topics_units_and_channels_are_the_targets(scenario: &Scenario, plan: &Plan) {
    let targets = &scenario.targets;
    let valid = || {
        plan.views()
            .filter(|view| !matches!(view.case().fate, Fate::Invalid(_)))
    };
    let topics = tally(valid().map(|view| view.category().code.clone()));
    let units = tally(
        plan.views()
            .filter(|view| view.case().order().is_some())
            .map(|view| view.top_unit().to_owned()),
    );
    let channels = tally(valid().map(|view| view.channel().code.clone()));
    for (lines, found) in [
        (&targets.topics, &topics),
        (&targets.units, &units),
        (&targets.channels, &channels),
    ] {
        for line in lines {
            assert_eq!(
                found.get(&line.code).copied().unwrap_or_default(),
                line.count,
                "{}",
                line.code
            );
        }
    }
    let others = |found: &BTreeMap<String, u64>, lines: &[Target]| {
        let named: BTreeSet<&String> = lines.iter().map(|line| &line.code).collect();
        let others = found.iter().filter(|(code, _)| !named.contains(code));
        others
            .map(|(code, count)| (code.clone(), *count))
            .collect::<BTreeMap<_, _>>()
    };
    let (topics, units) = (others(&topics, &targets.topics), others(&units, &targets.units));
    assert!(
        topics.values().max() <= Some(&targets.other_topics_max_appeals),
        "{topics:?}"
    );
    assert!(
        units.values().max() <= Some(&targets.other_units_max_orders),
        "{units:?}"
    );
    meets("topics", &scenario.weights.topics, &topics);
    meets("units", &scenario.weights.units, &units);
    let codes: BTreeSet<String> = city().topics().map(|topic| topic.code.clone()).collect();
    assert!(
        topics.keys().all(|topic| codes.contains(topic)),
        "cases are about topics, not about their parents"
    );
}

/// Each share is met within 1 %, or within two whole cases where 1 % is less.
fn meets<K: Ord + std::fmt::Debug>(what: &str, weights: &BTreeMap<K, u32>, found: &BTreeMap<K, u64>) {
    let (total, sum) = (found.values().sum::<u64>(), u64::from(weights.values().sum::<u32>()));
    for (key, weight) in weights {
        let count = found.get(key).copied().unwrap_or_default();
        // Whole numbers: a hundred times what is found and what is expected, times the sum of the weights.
        let (found, expected) = (count * sum, u64::from(*weight) * total);
        let most = (expected / 100).max(2 * sum);
        assert!(
            found.abs_diff(expected) <= most,
            "{what} {key:?}: {count}, expected {}",
            expected / sum
        );
    }
    assert!(found.keys().all(|key| weights.contains_key(key)), "{what}: {found:?}");
}

#[test]
fn the_plan_meets_every_weight() {
    for (scenario, plan) in both() {
        let weights = &scenario.weights;
        let local = |case: &Case| case.arrive.with_timezone(&calendar::ZONE);
        let number = |weights: &[u32]| (0_u32..).zip(weights.iter().copied()).collect::<BTreeMap<u32, u32>>();
        let valid = || plan.cases.iter().filter(|case| !matches!(case.fate, Fate::Invalid(_)));
        meets(
            "hour",
            &number(&weights.hour),
            &tally(valid().map(|case| local(case).hour())),
        );
        let weekday = |case: &Case| local(case).weekday().num_days_from_monday();
        meets("weekday", &number(&weights.weekday), &tally(valid().map(weekday)));
        let first = scenario.window.from.month();
        let month = |case: &Case| local(case).month() - first;
        meets("month", &number(&weights.month), &tally(valid().map(month)));
        let hour = |call: &PlannedCall| call.at_grain.with_timezone(&calendar::ZONE).hour();
        meets(
            "hour of calls",
            &number(&weights.hour),
            &tally(plan.calls.iter().map(hour)),
        );
        let delays = orders(plan).filter_map(|(case, fate)| match fate.reply {
            ReplyTiming::Early(day) if case.kind != AppealType::Consult && !fate.reject_first => {
                Some(u32::from(day) - 1)
            }
            _ => None,
        });
        meets("delay", &number(&weights.delay), &tally(delays));
    }
}

fn errands_are_the_targets(scenario: &Scenario, plan: &Plan) {
    let (targets, errands) = (&scenario.targets, &plan.errands);
    let ended = |outcome: AccountOutcome| count(errands.messages.iter().filter(|message| message.outcome == outcome));
    let entries = |kind: LedgerKind| count(errands.entries.iter().filter(|entry| entry.kind == kind));
    for (what, found, expected) in [
        ("deputies", count(errands.deputies.iter()), targets.deputies.total),
        ("policies", count(errands.library.policies.iter()), targets.policies),
        (
            "specialists",
            count(errands.library.specialists.iter()),
            targets.policy_specialists,
        ),
        ("leader days", count(errands.leader_days.iter()), targets.leader_days),
        (
            "unclear",
            ended(AccountOutcome::Unclear),
            targets.wechat_account.unclear,
        ),
        (
            "answered",
            ended(AccountOutcome::Answered),
            targets.wechat_account.answered,
        ),
        (
            "invalid",
            ended(AccountOutcome::Invalid),
            targets.wechat_account.invalid,
        ),
        ("notices", count(errands.notices.iter()), targets.risk_notices),
        (
            "media",
            count(
                errands
                    .entries
                    .iter()
                    .filter(|entry| entry.kind == LedgerKind::MediaItem),
            ),
            targets.media_items,
        ),
        ("cases", entries(LedgerKind::TypicalCase), targets.typical_cases),
        (
            "test calls",
            entries(LedgerKind::TestCall),
            scenario.chosen.ledger.test_call,
        ),
    ] {
        assert_eq!(found, expected, "{what}");
    }
    for notice in &errands.notices {
        assert!(!notice.cases.is_empty() && !notice.units.is_empty(), "{notice:?}");
        let before = calendar::start_of_day(notice.day);
        assert!(
            notice.cases.iter().all(|at| plan.cases[*at as usize].arrive < before),
            "{notice:?}"
        );
    }
}

#[test]
fn the_catalogue_leads_every_order_where_the_plan_says() {
    let city = city();
    for (_, plan) in both() {
        for view in plan.views() {
            let Some(fate) = view.case().order() else { continue };
            let lead = city.lead_for(&view.category().code, &view.region().code);
            if fate.by_person {
                assert_eq!(lead, None, "{}", view.key());
            } else {
                assert_eq!(
                    lead.map(|lead| city.top_unit(lead)),
                    Some(view.top_unit()),
                    "{}",
                    view.key()
                );
            }
        }
    }
}

#[test]
fn what_happens_falls_on_different_cases() {
    for (case, fate) in both().iter().flat_map(|(_, plan)| orders(plan)) {
        let happened = [
            fate.sign_late,
            fate.reply == ReplyTiming::Near,
            fate.reply == ReplyTiming::Late || fate.reject_first,
            fate.rework,
            fate.declined,
            fate.pushed_twice,
            fate.redelivered,
            fate.by_person,
            case.seat != Seat::Unspecified,
            case.appellant != Known::Named,
        ];
        assert!(happened.iter().filter(|happened| **happened).count() <= 1, "{case:?}");
        if fate.sign_late || fate.reject_first {
            assert_ne!(case.kind, AppealType::Consult, "its limit is too short: {case:?}");
        }
        assert!(!case.asked && !case.late, "{case:?}");
    }
    for case in both().iter().flat_map(|(_, plan)| &plan.cases) {
        let seat = case.seat != Seat::Unspecified;
        let happened = [seat, case.appellant != Known::Named, case.asked, case.late];
        assert!(happened.iter().filter(|happened| **happened).count() <= 1, "{case:?}");
        let plain = matches!(case.fate, Fate::Answered | Fate::Order(_) | Fate::Invalid(_));
        assert!(plain || !happened.contains(&true), "{case:?}");
    }
}

#[test]
fn a_repeat_follows_an_order_of_the_same_person_on_the_same_day() {
    for (_, plan) in both() {
        for case in &plan.cases {
            let Fate::ProgressTold(earlier) = case.fate else {
                continue;
            };
            let earlier = &plan.cases[earlier as usize];
            assert!(earlier.order().is_some() && earlier.person == case.person, "{case:?}");
            assert_eq!(calendar::local_date(earlier.arrive), calendar::local_date(case.arrive));
            assert!(earlier.arrive + chrono::TimeDelta::hours(2) <= case.arrive, "{case:?}");
        }
    }
}

#[test]
fn leaders_take_calls_on_their_days() {
    for (_, plan) in both() {
        for case in plan.cases.iter().filter(|case| case.seat == Seat::LeaderDay) {
            let day = plan.errands.leader_days[usize::from(case.leader_day)].day;
            assert_eq!(calendar::local_date(case.arrive), day);
        }
    }
}

#[test]
fn platforms_push_their_channels_and_only_orders() {
    let plan = planned(&week());
    for view in plan.views() {
        let platform = (view.channel().code == "provincial_transfer").then(|| "province".to_owned());
        assert_eq!(view.via(), platform.map_or(Via::Agent, Via::Platform), "{}", view.key());
        assert!(
            view.via() == Via::Agent || view.case().order().is_some(),
            "{}",
            view.key()
        );
        let pushed_twice = view.case().order().is_some_and(|fate| fate.pushed_twice);
        assert!(!pushed_twice || view.via() != Via::Agent, "{}", view.key());
    }
}

#[test]
fn everything_comes_inside_the_window_on_whole_grains() {
    for (scenario, plan) in both() {
        let (start, end) = (
            calendar::start_of_day(scenario.window.from),
            calendar::start_of_day(scenario.window.end()),
        );
        let grains = plan
            .cases
            .iter()
            .map(|case| case.arrive)
            .chain(plan.calls.iter().map(|call| call.at_grain));
        for at in grains {
            assert!(start <= at && at < end, "{at}");
            assert!(
                at.minute() % 15 == 0 && at.second() == 0 && at.nanosecond() == 0,
                "{at}"
            );
        }
        let last = orders(plan).map(|(case, _)| case.arrive).max();
        assert!(
            last < Some(end - chrono::TimeDelta::hours(2)),
            "orders are opened inside the window"
        );
        assert!(plan.cases.is_sorted_by_key(|case| case.arrive) && plan.calls.is_sorted_by_key(|call| call.at_grain));
        let mut answered = tally(plan.calls.iter().filter(|call| call.answered).map(|call| call.at_grain));
        for view in plan.views().filter(|view| view.channel().code == "phone") {
            let left = answered.get_mut(&view.case().arrive).expect("a call in the same grain");
            *left = left.checked_sub(1).expect("a call for each case");
        }
    }
}

#[test]
fn a_holiday_is_quieter() {
    let [_, (_, plan)] = both();
    let days = tally(plan.cases.iter().map(|case| calendar::local_date(case.arrive)));
    let on = |month, day| days[&NaiveDate::from_ymd_opt(2024, month, day).expect("a day")];
    // 清明节 and the Thursday after it, and a make-up Sunday beside an ordinary one.
    assert!(on(4, 4) < on(4, 11) && on(4, 7) > on(4, 14), "{days:?}");
}

#[test]
fn persons_and_callers_are_unique() {
    let [(_, week), (scenario, plan)] = both();
    let valid = |view: &View<'_>| !matches!(view.case().fate, Fate::ProgressTold(_));
    let mut canaries: Vec<String> = plan.views().filter(valid).flat_map(|view| view.canaries()).collect();
    canaries.extend((0..plan.calls.len()).map(marks::caller));
    let number = canaries.len();
    assert!(number as u64 > 5 * scenario.targets.persons);
    canaries.sort_unstable();
    canaries.dedup();
    assert_eq!(canaries.len(), number);
    assert!(std::mem::size_of::<Case>() <= 64, "a half-year has 187,806 of them");
    for view in week.views().take(200) {
        let draft = view.draft();
        let Some(appellant) = draft.appellant else { continue };
        let (id, check) = appellant.id_number.split_at(17);
        assert_eq!(check, people::check_digit(id).to_string());
        assert!(
            draft.content.contains(&appellant.phone) && appellant.phone.starts_with("154"),
            "{appellant:?}"
        );
    }
}

#[test]
fn another_seed_plays_another_week_with_the_same_totals() {
    let mut other = week();
    other.seed += 1;
    let plan = planned(&other);
    assert_totals(&other, &plan);
    let [(_, first), _] = both();
    assert!(plan.cases != first.cases);
    assert!(planned(&other) == plan);
}

#[test]
fn what_the_city_cannot_give_is_told() {
    let mut unknown = week();
    unknown.source.topics[0].name = "another".to_owned();
    assert!(matches!(
        plan(&unknown, &city()),
        Err(PlanError::Unknown {
            key: "source.topics",
            ..
        })
    ));
    let mut strange = week();
    strange.weights.units.insert("nowhere".to_owned(), 1);
    assert!(matches!(
        plan(&strange, &city()),
        Err(PlanError::Unknown {
            key: "weights.units",
            ..
        })
    ));
    let mut small = city();
    small.tags.clear();
    let error = plan(&week(), &small).expect_err("no tag");
    assert!(
        error
            .to_string()
            .contains("18 appeals tagged civility_drive are needed, at most 0"),
        "{error}"
    );
    let mut covered = city();
    covered.catalogue.push(CatalogueRow {
        row: "all".to_owned(),
        category: String::new(),
        region: String::new(),
        unit: "430302".to_owned(),
    });
    let error = plan(&week(), &covered).expect_err("nothing waits for a person");
    assert!(
        error.to_string().contains("24 orders dispatched by a person"),
        "{error}"
    );
    let mut silent = city();
    silent.words.policy_forms.clear();
    assert!(plan(&week(), &silent).is_err(), "registers are invented from words");
}

#[test]
fn check_digits_are_those_of_the_standard() {
    assert_eq!(people::check_digit("11010519491231002"), 'X');
    assert_eq!(people::check_digit("44052418800101001"), '4');
}
