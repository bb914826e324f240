//! Every count of a scenario, compared with its count in the plan.

use std::collections::BTreeSet;

use hotline_proto::common::{AppealType, DeputyLevel, Rating, Seat};

use super::tests::{count, orders};
use super::{Case, Fate, Known, OrderFate, Outcome, Plan, ReplyTiming};
use crate::scenario::Scenario;

/// Every count of the scenario, with its count in the plan.
pub(super) fn assert_totals(scenario: &Scenario, plan: &Plan) {
    assert_totals_of_calls_and_appeals(scenario, plan);
    assert_totals_of_seats(scenario, plan);
    assert_totals_of_orders(scenario, plan);
    assert_totals_of_outcomes(scenario, plan);
}

fn assert_totals_of_calls_and_appeals(scenario: &Scenario, plan: &Plan) {
    let targets = &scenario.targets;
    let calls = |answered: bool| count(plan.calls.iter().filter(|call| call.answered == answered));
    let valid = |case: &&Case| !matches!(case.fate, Fate::Invalid(_));
    let cases = |test: &dyn Fn(&Case) -> bool| count(plan.cases.iter().filter(valid).filter(|case| test(case)));
    let channel = |case: &Case| plan.city.channels[usize::from(case.channel)].code.as_str();
    let persons: BTreeSet<u32> = plan
        .cases
        .iter()
        .filter(valid)
        .filter(|case| case.appellant != Known::Anonymous)
        .map(|case| case.person)
        .collect();
    let ends = |test: &dyn Fn(Fate) -> bool| count(plan.cases.iter().filter(|case| test(case.fate)));
    for (what, found, expected) in [
        ("calls offered", count(plan.calls.iter()), targets.calls_offered),
        ("calls answered", calls(true), targets.calls_answered),
        ("calls abandoned", calls(false), targets.calls_abandoned),
        ("appeals", cases(&|_| true), targets.appeals),
        (
            "ended",
            cases(&|case| case.order().is_none()),
            targets.answered_directly,
        ),
        (
            "answered",
            ends(&|fate| fate == Fate::Answered),
            targets.outcomes.answered,
        ),
        (
            "not accepted",
            ends(&|fate| matches!(fate, Fate::NotAccepted(_))),
            targets.outcomes.not_accepted,
        ),
        (
            "transferred",
            ends(&|fate| matches!(fate, Fate::Transferred(_))),
            targets.outcomes.transferred,
        ),
        (
            "progress told",
            ends(&|fate| matches!(fate, Fate::ProgressTold(_))),
            targets.outcomes.progress_told,
        ),
        (
            "invalid",
            ends(&|fate| matches!(fate, Fate::Invalid(_))),
            targets.invalid,
        ),
        ("persons", count(persons.iter()), targets.persons),
        ("phone", cases(&|case| channel(case) == "phone"), targets.phone),
        ("online", cases(&|case| channel(case) != "phone"), targets.online),
        ("civility", cases(&|case| case.tags & 1 == 1), targets.civility_drive),
        (
            "tagged with a theme",
            cases(&|case| case.tags.count_ones() == 2),
            targets.civility_drive,
        ),
        ("tagged", cases(&|case| case.tags != 0), targets.civility_drive),
    ] {
        assert_eq!(found, expected, "{what}");
    }
}

fn assert_totals_of_seats(scenario: &Scenario, plan: &Plan) {
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let cases = |test: &dyn Fn(&Case) -> bool| count(plan.cases.iter().filter(|case| test(case)));
    let seat = |seat: Seat| cases(&|case| case.seat == seat);
    for (what, found, expected) in [
        ("deputies", seat(Seat::Deputies), targets.deputies.total),
        (
            "of a township",
            cases(&|case| case.level == DeputyLevel::Township),
            targets.deputies.township,
        ),
        ("enterprise line", seat(Seat::EnterpriseLine), targets.enterprise_line),
        ("leader days", seat(Seat::LeaderDay), chosen.leader_day_calls),
        (
            "anonymous",
            cases(&|case| case.appellant == Known::Anonymous),
            chosen.anonymous_orders + chosen.anonymous_answered,
        ),
        (
            "confidential",
            cases(&|case| case.appellant == Known::Confidential),
            chosen.confidential_orders + chosen.confidential_answered,
        ),
        (
            "asked back",
            cases(&|case| case.asked && case.fate == Fate::Answered),
            chosen.asked_back,
        ),
        ("late appeals", cases(&|case| case.late), chosen.late_appeals),
        (
            "late calls",
            count(plan.calls.iter().filter(|call| call.late)),
            chosen.late_calls,
        ),
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
    let of_seat = |seat: Seat| count(orders(plan).filter(|(case, _)| case.seat == seat));
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
        ("by person", order(&|fate| fate.by_person), targets.dispatched_by_person),
        ("deputies", of_seat(Seat::Deputies), chosen.deputies_orders),
        ("enterprise", of_seat(Seat::EnterpriseLine), chosen.enterprise_orders),
        ("leaders", of_seat(Seat::LeaderDay), chosen.leader_day_orders),
        (
            "not contacted",
            order(&|fate| fate.declined),
            chosen.no_contact_declined,
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
            all(&|outcome| !matches!(outcome, Outcome::Unreached | Outcome::NoCall)),
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
