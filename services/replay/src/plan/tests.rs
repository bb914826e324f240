//! Compares the plan of the shipped week with every target.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Timelike};

use super::*;
use crate::city::{CatalogueRow, XIANGTAN};
use crate::scenario::{Target, WEEK};

fn week() -> Scenario {
    Scenario::parse(WEEK, "week.toml").expect("the shipped week is right")
}

fn city() -> City {
    City::parse(XIANGTAN, "city.toml").expect("the shipped city is right")
}

fn planned(scenario: &Scenario) -> Plan {
    plan(scenario, &city()).expect("the shipped week can be planned")
}

fn orders(plan: &Plan) -> impl Iterator<Item = (&Case, &OrderFate)> {
    plan.cases.iter().filter_map(|case| Some((case, case.order()?)))
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.count() as u64
}

fn tally<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    let mut tally = BTreeMap::new();
    for key in keys {
        *tally.entry(key).or_default() += 1;
    }
    tally
}

/// Every count of the scenario, with its count in the plan.
fn assert_totals(scenario: &Scenario, plan: &Plan) {
    assert_totals_of_calls_and_appeals(scenario, plan);
    assert_totals_of_orders(scenario, plan);
    assert_totals_of_outcomes(scenario, plan);
}

fn assert_totals_of_calls_and_appeals(scenario: &Scenario, plan: &Plan) {
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let calls = |answered: bool| count(plan.calls.iter().filter(|call| call.answered == answered));
    let cases = |test: &dyn Fn(&Case) -> bool| count(plan.cases.iter().filter(|case| test(case)));
    for (what, found, expected) in [
        ("calls offered", count(plan.calls.iter()), targets.calls_offered),
        ("calls answered", calls(true), targets.calls_answered),
        ("calls abandoned", calls(false), targets.calls_abandoned),
        ("appeals", cases(&|_| true), targets.appeals),
        (
            "answered",
            cases(&|case| case.fate == Fate::Answered),
            targets.answered_directly,
        ),
        ("phone", cases(&|case| case.channel == "phone"), targets.phone),
        ("online", cases(&|case| case.channel != "phone"), targets.online),
        (
            "civility",
            cases(&|case| case.tags == ["civility_drive"]),
            targets.civility_drive,
        ),
        ("tagged", cases(&|case| !case.tags.is_empty()), targets.civility_drive),
        (
            "reports",
            cases(&|case| case.kind == AppealType::Report),
            chosen.reports,
        ),
        (
            "praises",
            cases(&|case| case.kind == AppealType::Praise),
            chosen.praises,
        ),
    ] {
        assert_eq!(found, expected, "{what}");
    }
}

fn assert_totals_of_orders(scenario: &Scenario, plan: &Plan) {
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let order = |test: &dyn Fn(&OrderFate) -> bool| count(orders(plan).filter(|(_, fate)| test(fate)));
    let near = order(&|fate| fate.reply == ReplyTiming::Near);
    let late = order(&|fate| fate.reply == ReplyTiming::Late);
    let late_again = order(&|fate| fate.reject_first && fate.reply == ReplyTiming::Late);
    let signed_late = order(&|fate| fate.sign_late);
    for (what, found, expected) in [
        ("orders", order(&|_| true), targets.orders),
        (
            "on time",
            order(&|fate| fate.reply != ReplyTiming::Late),
            targets.orders_on_time,
        ),
        ("late", late, targets.orders_late),
        ("yellow cards", near + late, targets.yellow_cards),
        ("red cards", signed_late + late, targets.red_cards),
        ("signed late", signed_late, targets.orders_signed_late),
        ("near", near, chosen.near_deadline),
        ("rejected", order(&|fate| fate.reject_first), targets.rejected_replies),
        ("rejected, then late", late_again, chosen.rejected_then_late),
        ("rework", order(&|fate| fate.rework), targets.rework_orders),
        (
            "by person",
            order(&|fate| fate.by_person.is_some()),
            targets.dispatched_by_person,
        ),
        ("pushed twice", order(&|fate| fate.pushed_twice), chosen.pushed_twice),
        ("redelivered", order(&|fate| fate.redelivered), chosen.redelivered),
    ] {
        assert_eq!(found, expected, "{what}");
    }
}

fn assert_totals_of_outcomes(scenario: &Scenario, plan: &Plan) {
    let (targets, chosen, grades) = (&scenario.targets, &scenario.chosen, &scenario.chosen.grades);
    let satisfied = |outcome: Outcome| matches!(outcome, Outcome::Satisfied(_));
    let dissatisfied = |outcome: Outcome| matches!(outcome, Outcome::Dissatisfied(_));
    let all = |test: &dyn Fn(Outcome) -> bool| count(orders(plan).filter(|(_, fate)| test(fate.final_outcome)));
    let reworked = |test: &dyn Fn(Outcome) -> bool| {
        count(orders(plan).filter(|(_, fate)| fate.rework && test(fate.final_outcome)))
    };
    let is = |expected: Outcome| move |outcome: Outcome| outcome == expected;
    for (what, found, expected) in [
        (
            "unrated",
            all(&|outcome| !satisfied(outcome) && !dissatisfied(outcome)),
            targets.orders_unrated,
        ),
        ("satisfied", all(&satisfied), targets.orders_rated_satisfied),
        ("dissatisfied", all(&dissatisfied), targets.orders_rated_dissatisfied),
        (
            "reached",
            all(&|outcome| outcome != Outcome::Unreached),
            targets.orders_reached,
        ),
        ("unreached", all(&is(Outcome::Unreached)), chosen.unreached),
        (
            "very satisfied",
            all(&is(Outcome::Satisfied(Rating::VerySatisfied))),
            grades.very_satisfied,
        ),
        (
            "fairly satisfied",
            all(&is(Outcome::Satisfied(Rating::FairlySatisfied))),
            grades.fairly_satisfied,
        ),
        (
            "very dissatisfied",
            all(&is(Outcome::Dissatisfied(Rating::VeryDissatisfied))),
            grades.very_dissatisfied,
        ),
        ("rework satisfied", reworked(&satisfied), chosen.reworked_then_satisfied),
        (
            "rework dissatisfied",
            reworked(&dissatisfied),
            chosen.reworked_then_dissatisfied,
        ),
        (
            "rework unrated",
            reworked(&is(Outcome::UnratedReached)),
            chosen.reworked_then_unrated,
        ),
    ] {
        assert_eq!(found, expected, "{what}");
    }
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
    let scenario = week();
    assert_totals(&scenario, &planned(&scenario));
}

#[test]
fn the_types_are_the_targets() {
    let scenario = week();
    let plan = planned(&scenario);
    let appeals = tally(plan.cases.iter().map(|case| bulletin_type(case.kind)));
    let orders = tally(orders(&plan).map(|(case, _)| bulletin_type(case.kind)));
    for (types, found) in [(scenario.targets.types, appeals), (scenario.chosen.order_types, orders)] {
        for (name, kind, expected) in types.entries() {
            assert_eq!(found.get(&kind), Some(&expected), "{name}");
        }
    }
}

#[test]
fn topics_units_and_channels_are_the_targets() {
    let scenario = week();
    let plan = planned(&scenario);
    let targets = &scenario.targets;
    let topics = tally(plan.cases.iter().map(|case| case.category.clone()));
    let units = tally(orders(&plan).map(|(_, fate)| fate.expected_top_unit.clone()));
    let channels = tally(plan.cases.iter().map(|case| case.channel.clone()));
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
        found
            .iter()
            .filter(|(code, _)| !named.contains(code))
            .map(|(_, count)| *count)
            .max()
    };
    assert!(
        others(&topics, &targets.topics) <= Some(targets.other_topics_max_appeals),
        "{topics:?}"
    );
    assert!(
        others(&units, &targets.units) <= Some(targets.other_units_max_orders),
        "{units:?}"
    );
    assert!(units.len() >= 26, "{units:?}");
    let codes: BTreeSet<String> = city().topics().map(|topic| topic.code.clone()).collect();
    assert!(
        topics.keys().all(|topic| codes.contains(topic)),
        "cases are about topics, not about their parents"
    );
}

#[test]
fn the_catalogue_leads_every_order_where_the_plan_says() {
    let (scenario, city) = (week(), city());
    for (case, fate) in orders(&planned(&scenario)) {
        let lead = city.lead_for(&case.category, &case.region);
        if let Some(unit) = &fate.by_person {
            assert_eq!(lead, None, "{case:?}");
            assert_eq!(city.top_unit(unit), fate.expected_top_unit, "{case:?}");
        } else {
            assert_eq!(
                lead.map(|lead| city.top_unit(lead)),
                Some(fate.expected_top_unit.as_str()),
                "{case:?}"
            );
        }
    }
}

#[test]
fn what_happens_falls_on_different_orders() {
    for (case, fate) in orders(&planned(&week())) {
        let happened = [
            fate.sign_late,
            fate.reply == ReplyTiming::Near,
            fate.reply == ReplyTiming::Late || fate.reject_first,
            fate.rework,
            fate.pushed_twice,
            fate.redelivered,
            fate.by_person.is_some(),
        ];
        assert!(happened.iter().filter(|happened| **happened).count() <= 1, "{case:?}");
        if fate.sign_late || fate.reject_first {
            assert_ne!(case.kind, AppealType::Consult, "its limit is too short: {case:?}");
        }
        if fate.pushed_twice {
            assert!(matches!(case.via, Via::Platform(_)), "{case:?}");
        }
    }
}

#[test]
fn platforms_push_their_channels_and_only_orders() {
    let plan = planned(&week());
    for case in &plan.cases {
        let platform = (case.channel == "provincial_transfer").then(|| "province".to_owned());
        assert_eq!(case.via, platform.map_or(Via::Agent, Via::Platform), "{case:?}");
        assert!(case.via == Via::Agent || case.order().is_some(), "{case:?}");
    }
}

#[test]
fn everything_comes_inside_the_window_on_whole_grains() {
    let scenario = week();
    let plan = planned(&scenario);
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
    let last = orders(&plan).map(|(case, _)| case.arrive).max();
    assert!(
        last < Some(end - chrono::TimeDelta::hours(2)),
        "orders are opened inside the window"
    );
    assert!(plan.cases.is_sorted_by_key(|case| case.arrive) && plan.calls.is_sorted_by_key(|call| call.at_grain));
    let mut answered = tally(plan.calls.iter().filter(|call| call.answered).map(|call| call.at_grain));
    for case in plan.cases.iter().filter(|case| case.channel == "phone") {
        let left = answered.get_mut(&case.arrive).expect("a call in the same grain");
        *left = left.checked_sub(1).expect("a call for each case");
    }
}

#[test]
fn holidays_and_nights_are_quieter() {
    let plan = planned(&week());
    let days = tally(plan.cases.iter().map(|case| calendar::local_date(case.arrive)));
    let on = |day| days[&NaiveDate::from_ymd_opt(2024, 4, day).expect("a day in April")];
    for holiday in 4..=6 {
        assert!(on(holiday) < on(1) && on(holiday) < on(7), "{days:?}");
    }
    let hour = |case: &Case| local_hour(case.arrive);
    let by_day = count(plan.cases.iter().filter(|case| (8..21).contains(&hour(case))));
    assert!(by_day * 10 > count(plan.cases.iter()) * 9, "{by_day} by day");
    assert!(plan.cases.iter().any(|case| hour(case) < 7), "some come at night");
}

/// Hour of the day in the city.
fn local_hour(at: DateTime<Utc>) -> i64 {
    (at - calendar::start_of_day(calendar::local_date(at))).num_hours()
}

#[test]
fn every_person_is_met_once_and_could_exist() {
    let plan = planned(&week());
    let mut seen = BTreeSet::new();
    for case in &plan.cases {
        let canaries = case.canaries();
        for text in [&case.title, &case.content, &case.place, &case.address, &case.says("")] {
            assert!(text.contains(&canaries[4]), "{text} is not marked");
        }
        for canary in canaries {
            assert!(seen.insert(canary.clone()), "{canary} stands twice");
        }
        assert!(seen.insert(case.key.clone()), "{}", case.key);
        assert_eq!(case.name.chars().count(), 3, "{}", case.name);
        assert!(
            case.phone.len() == 11 && case.phone.starts_with("154"),
            "{}",
            case.phone
        );
        let (body, check) = case.id_number.split_at(17);
        assert_eq!(people::check_digit(body).to_string(), check, "{}", case.id_number);
        assert!(
            case.content.contains(&case.name) && case.content.contains(&case.phone),
            "{}",
            case.content
        );
        assert!(
            !case.title.contains(&case.name) && case.title.chars().count() <= 200,
            "{}",
            case.title
        );
        assert_eq!(
            case.draft().appellant.map(|person| person.phone),
            Some(case.phone.clone())
        );
    }
    assert_eq!(plan.cases[0].key, "W2404-000001");
    let callers: BTreeSet<String> = (0..plan.calls.len()).map(marks::caller).collect();
    assert_eq!(
        callers.len(),
        plan.calls.len(),
        "each call comes from a number of its own"
    );
    assert_eq!(plan.canaries().len(), 5 * plan.cases.len() + plan.calls.len());
}

#[test]
fn check_digits_are_those_of_the_standard() {
    assert_eq!(people::check_digit("11010519491231002"), 'X');
    assert_eq!(people::check_digit("44052418800101001"), '4');
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let mut scenario = week();
    let first = planned(&scenario);
    assert_eq!(first, planned(&scenario));
    for seed in [0, 1, 2, 3, 20_240_402, u64::MAX] {
        scenario.seed = seed;
        let other = planned(&scenario);
        assert_ne!(first, other, "{seed}");
        assert_totals(&scenario, &other);
    }
}

#[test]
fn what_the_city_lacks_is_told() {
    let (mut scenario, city) = (week(), city());
    scenario.source.topics[0].name = "社会保障".to_owned();
    let error = plan(&scenario, &city)
        .expect_err("the city calls it otherwise")
        .to_string();
    assert!(
        error.starts_with("source.topics names 0101 (社会保障), which is none of the city's topics"),
        "{error}"
    );

    let cut = |change: &dyn Fn(&mut City)| {
        let mut city = city.clone();
        change(&mut city);
        plan(&week(), &city).expect_err("the city is too small").to_string()
    };
    let error = cut(&|city| {
        let kept = |code: &str| code < "06" || code.starts_with("0601") || code.starts_with("0701");
        city.categories.retain(|category| kept(&category.code));
    });
    assert!(
        error.contains("appeals of other topics are needed") && error.contains("add topics"),
        "{error}"
    );
    let error = cut(&|city| city.catalogue.retain(|row| row.unit != "urban_development_group"));
    assert!(
        error.starts_with("21 orders of urban_development_group are needed, at most 0"),
        "{error}"
    );
    let rest = CatalogueRow {
        row: "rest".to_owned(),
        category: String::new(),
        region: String::new(),
        unit: "430302".to_owned(),
    };
    let error = cut(&|city| city.catalogue.push(rest.clone()));
    assert!(
        error.starts_with("24 orders dispatched by a person are needed, at most 0"),
        "{error}"
    );
    let error = cut(&|city| city.tags.clear());
    assert!(
        error.starts_with("18 appeals tagged civility_drive are needed, at most 0"),
        "{error}"
    );
    let error = cut(&|city| city.units.retain(|unit| unit.code != "human_resources"));
    assert!(error.contains("source.units names human_resources"), "{error}");
}
