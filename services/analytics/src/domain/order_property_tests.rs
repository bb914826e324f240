use hotline_proto::events::CardColour;
use proptest::prelude::*;

use super::*;
use crate::domain::contribution::ALWAYS;

prop_compose! {
    fn any_heard()(
        kind in 0_u8..7, version in 1_u64..6, round in 0_u32..3, id in 0_u128..6, flag: bool,
        rating in 1_i32..=7, appeal in 1_u128..3, colour in 1_i32..4,
    ) -> OrderHeard {
        let card = Uuid::from_u128(id);
        let asked = asked(round, appeal);
        match kind {
            // One version has one content, because routing publishes it once.
            0 => state(match version {
                1 => opened(),
                2 => dispatched(),
                3 => RoutingState { version, anonymous: true, ..dispatched() },
                4 => RoutingState { version, ..accepted(at(10, 9)) },
                _ => RoutingState { version, round: 1, rejected: 2, ..accepted(at(3, 9)) },
            }),
            1 | 2 => OrderHeard::card(Kept::<CardColour>::new(colour), card),
            3 => OrderHeard::CardWithdrawn(card),
            4 => OrderHeard::Callback(asked, CallbackHeard::Attempted(round + 1)),
            // As with versions, one event has one content. 7 is an unknown rating of a newer program.
            5 => {
                let content = u128::from(rating.unsigned_abs()) * 2 + u128::from(flag);
                let outcome = Outcome {
                    stamp: Stamp { version: 1, event: Uuid::from_u128(content) },
                    reached: flag,
                    solved: if flag { Solved::Solved } else { Solved::Unspecified }.into(),
                    rating: Kept::new(rating),
                    ground: UnratedGround::Unspecified.into(),
                };
                OrderHeard::Callback(asked, CallbackHeard::Outcome { outcome, attempts: 1 })
            }
            _ => judged(round, appeal, if round == 0 { Cause::Unit } else { Cause::Objective }),
        }
    }
}

proptest! {
    #[test]
    fn any_events_in_any_order_and_repeated_give_one_fact(
        events in prop::collection::vec(any_heard(), 0..12),
        seed in any::<u64>(),
    ) {
        let mut shuffled: Vec<OrderHeard> = events.iter().chain(&events).cloned().collect();
        shuffled.sort_by_key(|heard| {
            use std::hash::{DefaultHasher, Hash as _, Hasher as _};
            let mut hasher = DefaultHasher::new();
            (seed, format!("{heard:?}")).hash(&mut hasher);
            hasher.finish()
        });
        prop_assert_eq!(fact(&events), fact(&shuffled));
    }

    #[test]
    fn no_rate_exceeds_its_cohort(events in prop::collection::vec(any_heard(), 0..12), day in 1_u32..30) {
        let fact = fact(&events);
        let count = |measure| counted(&fact, measure, april(day));
        for (part, whole) in [
            (Measure::OrdersOnTime, Measure::OrdersDue),
            (Measure::ContactMade, Measure::ContactNeeded),
            (Measure::CallbackAttempted, Measure::CallbackDue),
            (Measure::CallbackReached, Measure::Outcomes),
            (Measure::CallbackSolved, Measure::CallbackReached),
            (Measure::Outcomes, Measure::CallbackDue),
            (Measure::OrdersDue, Measure::OrdersOpened),
        ] {
            prop_assert!(count(part) <= count(whole), "{:?} in {:?}", part, whole);
        }
        let graded = count(Measure::OutcomesSatisfied)
            + count(Measure::OutcomesDissatisfied)
            + count(Measure::OutcomesUnrated);
        let known = fact.callbacks.outcome().is_none_or(|outcome| outcome.rating.known().is_some());
        prop_assert!(graded <= count(Measure::Outcomes));
        prop_assert!(!known || graded == count(Measure::Outcomes));
        prop_assert_eq!(count(Measure::OrdersOnTime) + count(Measure::OrdersLate), count(Measure::OrdersDue));
        for (due_day, counts) in fact.contribution().into_iter().flat_map(|contribution| contribution.counts) {
            prop_assert!(due_day >= ALWAYS && counts.iter().all(|(_, value)| value > 0));
        }
    }
}
