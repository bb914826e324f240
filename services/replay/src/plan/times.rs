//! Times of calls and appeals: whole quarters of an hour, spread over the days and hours of the window.

use calendar::start_of_day;
use chrono::{DateTime, TimeDelta, Utc};
use rand::distributions::{Distribution, WeightedIndex};
use rand::rngs::StdRng;

use super::PlannedCall;
use crate::scenario::Scenario;

/// A grain. All acts of a grain happen at one instant of business time.
const GRAIN_MINUTES: i64 = 15;
/// Grains per hour.
const GRAINS_AN_HOUR: usize = 4;
/// Grains at the end of the window that bring no orders. An order is pushed, pushed again and forwarded in different
/// grains, and has to be opened inside the window.
const TAIL_GRAINS: usize = 8;

/// The grains of the window with their weights.
pub(super) struct Times {
    start: DateTime<Utc>,
    all: WeightedIndex<u64>,
    /// Weights without the tail.
    early: WeightedIndex<u64>,
}

impl Times {
    /// The grains of a checked scenario, whose weights fit its window.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let hours = &scenario.chosen.hour_weights;
        let weights: Vec<u64> = scenario
            .chosen
            .day_weights
            .iter()
            .flat_map(|day| hours.iter().map(move |hour| u64::from(*day) * u64::from(*hour)))
            .flat_map(|weight| std::iter::repeat_n(weight, GRAINS_AN_HOUR))
            .collect();
        let all = WeightedIndex::new(&weights).expect("a checked scenario has a weight that is not 0");
        let head = &weights[..weights.len() - TAIL_GRAINS];
        // If all weights are in the last two hours, the orders come in the first grain.
        let first = || WeightedIndex::new([1]).expect("one is not 0");
        let early = WeightedIndex::new(head).unwrap_or_else(|_| first());
        Self {
            start: start_of_day(scenario.window.from),
            all,
            early,
        }
    }

    /// Draws the time of a case.
    pub(super) fn arrival(&self, is_order: bool, rng: &mut StdRng) -> DateTime<Utc> {
        self.at(if is_order {
            self.early.sample(rng)
        } else {
            self.all.sample(rng)
        })
    }

    /// All calls: one for each case by phone, answered calls without an appeal, and abandoned calls.
    pub(super) fn calls(
        &self,
        scenario: &Scenario,
        by_phone: impl Iterator<Item = DateTime<Utc>>,
        rng: &mut StdRng,
    ) -> Vec<PlannedCall> {
        let targets = &scenario.targets;
        let mut calls: Vec<PlannedCall> = by_phone
            .map(|at_grain| PlannedCall {
                at_grain,
                answered: true,
            })
            .collect();
        let idle = targets.calls_answered.saturating_sub(calls.len() as u64);
        for (answered, count) in [(true, idle), (false, targets.calls_abandoned)] {
            calls.extend((0..count).map(|_| PlannedCall {
                at_grain: self.at(self.all.sample(rng)),
                answered,
            }));
        }
        calls.sort_by_key(|call| (call.at_grain, !call.answered));
        calls
    }

    fn at(&self, grain: usize) -> DateTime<Utc> {
        let grain = i64::try_from(grain).expect("a window has few grains");
        self.start + TimeDelta::minutes(GRAIN_MINUTES * grain)
    }
}
