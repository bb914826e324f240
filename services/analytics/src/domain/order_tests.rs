use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{AppealType, Cause, OrderState, Rating, Seat, Solved, UnratedGround, Urgency};
use uuid::Uuid;

use super::*;
use crate::domain::callback::{Judged, Outcome, Stamp};
use crate::domain::kept::Kept;

fn at(day: u32, hour: u32) -> DateTime<Utc> {
    calendar::start_of_day(april(day)) + chrono::TimeDelta::hours(i64::from(hour))
}

fn april(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 4, day).expect("a day of April")
}

fn opened() -> RoutingState {
    RoutingState {
        version: 1,
        number: "G1".to_owned(),
        appeal: Uuid::from_u128(1),
        codes: Codes {
            kind: AppealType::Help.into(),
            category: "0501".to_owned(),
            region: "430302".to_owned(),
            channel: "phone".to_owned(),
            urgency: Urgency::Ordinary.into(),
            seat: Seat::EnterpriseLine.into(),
            deputy_level: Kept::new(0),
            leader_day: None,
            complex: false,
            tags: vec!["civility_drive".to_owned()],
        },
        anonymous: false,
        confidential: false,
        state: OrderState::PendingDispatch.into(),
        round: 0,
        opened_at: at(1, 9),
        lead: None,
        signed_at: None,
        contacts: 0,
        accepted_at: None,
        rejected: 0,
        closed_at: None,
        closed_dissatisfied: false,
    }
}

/// Dispatched on the 1st, to be signed by 18:00 of the 2nd and handled by 18:00 of the 9th.
fn dispatched() -> RoutingState {
    RoutingState {
        version: 2,
        state: OrderState::PendingSign.into(),
        lead: Some(Lead {
            unit: "water_2".to_owned(),
            top_unit: "water".to_owned(),
            dispatched_at: at(1, 10),
            by_person: false,
            sign_due_at: at(2, 18),
            handle_due_at: Some(at(9, 18)),
        }),
        ..opened()
    }
}

fn accepted(submitted: DateTime<Utc>) -> RoutingState {
    RoutingState {
        version: 6,
        state: OrderState::PendingCallback.into(),
        signed_at: Some(at(2, 9)),
        contacts: 1,
        accepted_at: Some(submitted),
        ..dispatched()
    }
}

fn state(state: RoutingState) -> OrderHeard {
    OrderHeard::State(Box::new(state))
}

fn stamp(event: u128) -> Stamp {
    Stamp {
        version: 3,
        event: Uuid::from_u128(event),
    }
}

fn asked(round: u32, appeal: u128) -> Asked {
    Asked {
        round,
        appeal: Uuid::from_u128(appeal),
    }
}

fn attempted(round: u32, attempt: u32) -> OrderHeard {
    OrderHeard::Callback(asked(round, 1), CallbackHeard::Attempted(attempt))
}

fn judged(round: u32, appeal: u128, cause: impl Into<Kept<Cause>>) -> OrderHeard {
    let judged = Judged {
        stamp: stamp(60 + u128::from(round)),
        cause: cause.into(),
    };
    OrderHeard::Callback(asked(round, appeal), CallbackHeard::Judged(judged))
}

fn outcome(round: u32, rating: Rating) -> OrderHeard {
    outcome_of(asked(round, 1), rating)
}

fn outcome_of(asked: Asked, rating: impl Into<Kept<Rating>>) -> OrderHeard {
    let rating = rating.into();
    let reached = rating.known() != Some(Rating::Unrated);
    let solved = if reached { Solved::Solved } else { Solved::Unspecified };
    let outcome = Outcome {
        stamp: stamp(50 + u128::from(asked.round)),
        reached,
        solved: solved.into(),
        rating,
        ground: UnratedGround::Unspecified.into(),
    };
    OrderHeard::Callback(asked, CallbackHeard::Outcome { outcome, attempts: 1 })
}

fn fact(heard: &[OrderHeard]) -> OrderFact {
    heard
        .iter()
        .fold(OrderFact::unheard(Uuid::from_u128(7)), OrderFact::merge)
}

/// Sum of a measure, at an `as_of` on a day.
fn counted(fact: &OrderFact, measure: Measure, as_of: NaiveDate) -> i64 {
    fact.contribution()
        .map_or(0, |contribution| contribution.counted(as_of).of(measure))
}

/// Nine events of three sources, with every kind among them, and a rework round between two outcomes.
fn nine() -> Vec<OrderHeard> {
    let rework = RoutingState {
        version: 7,
        state: OrderState::InProgress.into(),
        round: 1,
        rejected: 1,
        ..accepted(at(3, 9))
    };
    vec![
        state(accepted(at(3, 9))),
        state(rework),
        attempted(0, 3),
        OrderHeard::YellowCard(Uuid::from_u128(31)),
        OrderHeard::RedCard(Uuid::from_u128(32)),
        OrderHeard::CardWithdrawn(Uuid::from_u128(32)),
        outcome(0, Rating::Dissatisfied),
        judged(0, 1, Cause::Unit),
        outcome(1, Rating::Satisfied),
    ]
}

/// Walks every order of the remaining events, and counts the orders.
fn walk(fact: &OrderFact, left: &[OrderHeard], expected: &OrderFact) -> u32 {
    if left.is_empty() {
        assert_eq!(fact, expected);
        return 1;
    }
    let mut ways = 0;
    for at in 0..left.len() {
        let mut rest = left.to_vec();
        let heard = rest.remove(at);
        ways += walk(&fact.clone().merge(&heard), &rest, expected);
    }
    ways
}

#[test]
fn every_order_of_nine_events_ends_in_the_same_row() {
    let events = nine();
    let expected = fact(&events);
    assert_eq!(counted(&expected, Measure::OutcomesSatisfied, april(30)), 1);
    // All 9! orders: the interleavings of the sources, and orders that no source would send.
    assert_eq!(walk(&fact(&[]), &events, &expected), 362_880);
}

#[test]
fn an_event_that_comes_twice_changes_nothing() {
    let events = nine();
    let once = fact(&events);
    for again in &events {
        assert_eq!(once.clone().merge(again), once);
    }
}

#[test]
fn an_order_that_routing_has_not_spoken_of_counts_nowhere() {
    let fact = fact(&[outcome(0, Rating::Satisfied), attempted(0, 2)]);
    assert_eq!((fact.day(), fact.contribution()), (None, None));
}

#[test]
fn an_order_is_on_time_by_its_accepted_reply_and_due_when_its_day_is_over() {
    let limit = at(9, 18);
    let second = chrono::TimeDelta::microseconds(1);
    for (heard, as_of, due, on_time, late, why) in [
        (opened(), april(30), 0, 0, 0, "not dispatched: no limit"),
        (dispatched(), april(9), 0, 0, 0, "its day is not over"),
        (dispatched(), april(10), 1, 0, 1, "overdue without a reply"),
        (accepted(limit), april(9), 0, 0, 0, "done, and its day is not over"),
        (accepted(limit), april(10), 1, 1, 0, "at the limit"),
        (accepted(limit + second), april(10), 1, 0, 1, "a microsecond late"),
    ] {
        let fact = fact(&[state(heard)]);
        let found = (
            counted(&fact, Measure::OrdersDue, as_of),
            counted(&fact, Measure::OrdersOnTime, as_of),
            counted(&fact, Measure::OrdersLate, as_of),
        );
        assert_eq!(found, (due, on_time, late), "{why}");
    }
}

#[test]
fn an_order_counts_under_its_units_and_the_codes_of_its_appeal() {
    let members = |heard| {
        let contribution = fact(&[state(heard)]).contribution().expect("routing has spoken");
        let shown = contribution
            .members
            .iter()
            .map(|(dimension, member)| format!("{} {member}", dimension.name()));
        shown.collect::<Vec<_>>()
    };
    let codes = [
        "type HELP",
        "topic 0501",
        "channel phone",
        "tag civility_drive",
        "seat enterprise_line",
        "region 430302",
        "urgency ordinary",
    ];
    assert_eq!(members(opened()), codes);
    let led = [&codes[..], &["unit water", "lead_unit water_2"]].concat();
    assert_eq!(members(dispatched()), led);
}

#[test]
fn unrated_is_never_counted_as_satisfied() {
    for (rating, satisfied, dissatisfied, unrated) in [
        (Rating::VerySatisfied, 1, 0, 0),
        (Rating::Satisfied, 1, 0, 0),
        (Rating::FairlySatisfied, 1, 0, 0),
        (Rating::Dissatisfied, 0, 1, 0),
        (Rating::VeryDissatisfied, 0, 1, 0),
        (Rating::Unrated, 0, 0, 1),
    ] {
        let fact = fact(&[state(accepted(at(3, 9))), outcome(0, rating)]);
        let count = |measure| counted(&fact, measure, april(30));
        let found = (
            count(Measure::OutcomesSatisfied),
            count(Measure::OutcomesDissatisfied),
            count(Measure::OutcomesUnrated),
            count(Measure::Outcomes),
        );
        assert_eq!(found, (satisfied, dissatisfied, unrated, 1), "{rating:?}");
    }
}

#[test]
fn an_order_speaks_by_its_last_outcome() {
    let reworked = RoutingState {
        version: 9,
        round: 1,
        ..accepted(at(3, 9))
    };
    let mut heard = vec![state(reworked), outcome(0, Rating::Dissatisfied)];
    let before = fact(&heard);
    assert_eq!(counted(&before, Measure::OutcomesDissatisfied, april(30)), 1);
    heard.push(outcome(1, Rating::Unrated));
    let after = fact(&heard);
    assert_eq!(counted(&after, Measure::OutcomesDissatisfied, april(30)), 0);
    assert_eq!(counted(&after, Measure::OutcomesUnrated, april(30)), 1);
    assert_eq!(counted(&after, Measure::OrdersReworked, april(30)), 1);
}

#[test]
fn of_several_appeals_in_a_round_the_dissatisfied_one_speaks() {
    let (first, second) = (asked(0, 1), asked(0, 2));
    let future = Kept::<Rating>::new(99);
    for (one, other, measure) in [
        (
            Rating::Satisfied.into(),
            Rating::Dissatisfied.into(),
            Measure::OutcomesDissatisfied,
        ),
        (
            Rating::Unrated.into(),
            Rating::Satisfied.into(),
            Measure::OutcomesSatisfied,
        ),
        (Rating::Unrated.into(), Rating::Unrated.into(), Measure::OutcomesUnrated),
        (future, Rating::Satisfied.into(), Measure::OutcomesSatisfied),
    ] {
        for (one, other) in [(one, other), (other, one)] {
            let fact = fact(&[
                state(accepted(at(3, 9))),
                outcome_of(first, one),
                outcome_of(second, other),
            ]);
            assert_eq!(counted(&fact, measure, april(30)), 1, "{one:?} and {other:?}");
            assert_eq!(counted(&fact, Measure::Outcomes, april(30)), 1, "an order counts once");
        }
    }
    for (one, other) in [(Cause::Unit, Cause::Objective), (Cause::Objective, Cause::Unit)] {
        let fact = fact(&[
            state(accepted(at(3, 9))),
            outcome(0, Rating::Dissatisfied),
            judged(0, 1, one),
            judged(0, 2, other),
        ]);
        assert_eq!(counted(&fact, Measure::CauseUnit, april(30)), 1);
        assert_eq!(counted(&fact, Measure::CauseObjective, april(30)), 0);
    }
}

#[test]
fn a_number_from_the_future_is_kept_and_counts_in_no_bucket() {
    let ahead = RoutingState {
        state: Kept::new(99),
        codes: Codes {
            kind: Kept::new(99),
            seat: Kept::new(99),
            ..opened().codes
        },
        ..accepted(at(3, 9))
    };
    let card = Uuid::from_u128(5);
    let fact = fact(&[
        state(ahead),
        outcome_of(asked(0, 1), Kept::new(99)),
        judged(0, 1, Kept::new(99)),
        OrderHeard::card(Kept::new(99), card),
    ]);
    assert_eq!(
        fact.other_cards.iter().map(|other| other.card).collect::<Vec<_>>(),
        [card]
    );
    for (measure, expected) in [
        (Measure::OrdersOpened, 1),
        (Measure::OrdersOpen, 0),
        (Measure::OrdersDue, 1),
        (Measure::OrdersOnTime, 1),
        (Measure::CallbackDue, 1),
        (Measure::Outcomes, 1),
        (Measure::OutcomesSatisfied, 0),
        (Measure::OutcomesDissatisfied, 0),
        (Measure::OutcomesUnrated, 0),
        (Measure::CauseUnit, 0),
        (Measure::CauseObjective, 0),
        (Measure::CardsYellow, 0),
        (Measure::CardsRed, 0),
    ] {
        assert_eq!(counted(&fact, measure, april(30)), expected, "{measure:?}");
    }
}

#[test]
fn anonymous_appellants_are_neither_contacted_nor_called_back() {
    let anonymous = RoutingState {
        anonymous: true,
        ..accepted(at(3, 9))
    };
    let fact = fact(&[state(anonymous), outcome(0, Rating::Unrated)]);
    for measure in [
        Measure::ContactNeeded,
        Measure::ContactMade,
        Measure::CallbackDue,
        Measure::CallbackAttempted,
        Measure::Outcomes,
        Measure::OutcomesUnrated,
    ] {
        assert_eq!(counted(&fact, measure, april(30)), 0, "{measure:?}");
    }
    assert_eq!(counted(&fact, Measure::OrdersOnTime, april(30)), 1);
}

#[test]
fn one_without_a_channel_is_due_for_callback_and_neither_called_nor_reached() {
    let outcome = Outcome {
        stamp: stamp(50),
        reached: false,
        solved: Solved::Unspecified.into(),
        rating: Rating::Unrated.into(),
        ground: UnratedGround::NoChannel.into(),
    };
    let uncalled = CallbackHeard::Outcome { outcome, attempts: 0 };
    let uncalled = OrderHeard::Callback(asked(0, 1), uncalled);
    let fact = fact(&[state(accepted(at(3, 9))), uncalled]);
    for (measure, expected) in [
        (Measure::CallbackDue, 1),
        (Measure::CallbackAttempted, 0),
        (Measure::CallbackReached, 0),
        (Measure::Outcomes, 1),
        (Measure::OutcomesUnrated, 1),
        (Measure::OutcomesNoChannel, 1),
        (Measure::OutcomesSatisfied, 0),
    ] {
        assert_eq!(counted(&fact, measure, april(30)), expected, "{measure:?}");
    }
}

#[test]
fn a_withdrawn_card_stands_no_longer_and_is_counted_apart() {
    let card = Uuid::from_u128(5);
    let issued = [state(dispatched()), OrderHeard::RedCard(card)];
    assert_eq!(counted(&fact(&issued), Measure::CardsRed, april(30)), 1);
    let withdrawn = fact(&[
        OrderHeard::CardWithdrawn(card),
        state(dispatched()),
        OrderHeard::RedCard(card),
    ]);
    assert_eq!(counted(&withdrawn, Measure::CardsRed, april(30)), 0);
    assert_eq!(counted(&withdrawn, Measure::CardsWithdrawn, april(30)), 1);
}

#[test]
fn the_day_is_the_citys() {
    // 2024-04-01 23:30 in Shanghai is 15:30 UTC; half an hour later it is the 2nd there, and still the 1st in UTC.
    for (hour, day) in [(23, april(1)), (24, april(2))] {
        let state = state(RoutingState {
            opened_at: at(1, hour),
            ..opened()
        });
        let fact = fact(&[state]);
        assert_eq!(fact.contribution().map(|contribution| contribution.day), Some(day));
    }
}

#[path = "order_property_tests.rs"]
mod properties;
