//! Times of calls and appeals: whole quarters of an hour, spread over the days and hours of the window by its weights.
//!
//! The number of every day and of every hour follows from the weights; only which hour meets which day is drawn. So the
//! shares of hours, weekdays and months are those of the scenario.

use calendar::{Calendar, local_date, start_of_day};
use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Timelike as _, Utc};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::shares::split;
use super::{Draft, PlannedCall};
use crate::scenario::Scenario;

/// A grain. All acts of a grain happen at one instant of business time.
const GRAIN_MINUTES: i64 = 15;
/// Grains per hour.
const GRAINS_AN_HOUR: i64 = 4;
/// Grains at the end of the window that bring no orders. An order is pushed, pushed again and forwarded in different
/// grains, and has to be opened inside the window.
const TAIL_GRAINS: i64 = 8;
/// Rounds of fitting. Weekdays and months converge in a few; a holiday that fills a weekday of a month takes more.
const FITTING_ROUNDS: usize = 200;
/// A record is late by half an hour at least, and comes before midnight: no later than this hour begins.
const LAST_LATE_HOUR: u32 = 22;

/// The days of the window with their shares.
pub(super) struct Times {
    days: Vec<NaiveDate>,
    by_day: Vec<f64>,
    by_hour: Vec<f64>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Times {
    /// The days of a checked scenario.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let window = &scenario.window;
        Self {
            days: window.days().collect(),
            by_day: day_shares(scenario),
            by_hour: scenario.weights.hour.iter().map(|weight| f64::from(*weight)).collect(),
            start: start_of_day(window.from),
            end: start_of_day(window.end()),
        }
    }

    /// So many times in random order.
    pub(super) fn spread(&self, count: u64, rng: &mut StdRng) -> Vec<DateTime<Utc>> {
        let expand = |counts: Vec<u64>| -> Vec<i64> {
            (0_i64..)
                .zip(counts)
                .flat_map(|(at, count)| (0..count).map(move |_| at))
                .collect()
        };
        let mut days = expand(split(count, &self.by_day));
        let mut hours = expand(split(count, &self.by_hour));
        days.shuffle(rng);
        hours.shuffle(rng);
        days.into_iter()
            .zip(hours)
            .map(|(day, hour)| {
                let grain = (day * 24 + hour) * GRAINS_AN_HOUR + rng.gen_range(0..GRAINS_AN_HOUR);
                self.start + TimeDelta::minutes(GRAIN_MINUTES * grain)
            })
            .collect()
    }

    /// Gives the cases their times. Those by phone and those online have the same shares.
    pub(super) fn arrivals(&self, drafts: &mut [Draft<'_>], rng: &mut StdRng) {
        let (phone, online): (Vec<usize>, Vec<usize>) = (0..drafts.len()).partition(|at| drafts[*at].is_by_phone());
        for (group, hourly) in [(phone, false), (online, true)] {
            for (at, time) in group.iter().zip(self.spread(group.len() as u64, rng)) {
                // Platforms and the form server send what came in an hour together.
                let within = if hourly { i64::from(time.minute()) } else { 0 };
                drafts[*at].arrive = time - TimeDelta::minutes(within);
            }
            self.clear_tail(&group, drafts, rng);
        }
    }

    /// An order in the last two hours swaps its time with an earlier case that becomes no order.
    fn clear_tail(&self, group: &[usize], drafts: &mut [Draft<'_>], rng: &mut StdRng) {
        let tail = self.end - TimeDelta::minutes(GRAIN_MINUTES * TAIL_GRAINS);
        let is_order = |draft: &Draft<'_>| draft.matter.is_order();
        let mut others: Vec<usize> = group
            .iter()
            .copied()
            .filter(|at| !is_order(&drafts[*at]) && drafts[*at].arrive < tail)
            .collect();
        others.shuffle(rng);
        for at in group {
            if is_order(&drafts[*at]) && drafts[*at].arrive >= tail {
                let earlier = others.pop().map(|other| {
                    let time = drafts[other].arrive;
                    drafts[other].arrive = drafts[*at].arrive;
                    time
                });
                // Online, there may be orders alone: they come in the first grain then.
                drafts[*at].arrive = earlier.unwrap_or(self.start);
            }
        }
    }

    /// All calls: one for each case by phone, answered calls without an appeal, and abandoned calls.
    pub(super) fn calls(&self, scenario: &Scenario, drafts: &[Draft<'_>], rng: &mut StdRng) -> Vec<PlannedCall> {
        let targets = &scenario.targets;
        let by_phone = drafts.iter().filter(|draft| draft.is_by_phone());
        let call = |answered| {
            move |at_grain| PlannedCall {
                at_grain,
                answered,
                late: false,
            }
        };
        let mut calls: Vec<PlannedCall> = by_phone.map(|draft| draft.arrive).map(call(true)).collect();
        let idle = targets.calls_answered.saturating_sub(calls.len() as u64);
        for (answered, count) in [(true, idle), (false, targets.calls_abandoned)] {
            calls.extend(self.spread(count, rng).into_iter().map(call(answered)));
        }
        calls.sort_by_key(|call| (call.at_grain, !call.answered));
        calls
    }
}

/// Share of each day: those of weekdays and months are met, and within both a day off has its weight.
fn day_shares(scenario: &Scenario) -> Vec<f64> {
    let calendar = Calendar::national();
    let weights = &scenario.weights;
    let months = scenario.window.months();
    let days: Vec<NaiveDate> = scenario.window.days().collect();
    let of_week = |day: &NaiveDate| day.weekday().num_days_from_monday() as usize;
    let of_month = |day: &NaiveDate| {
        months
            .iter()
            .position(|month| month.month() == day.month())
            .unwrap_or_default()
    };
    let mut shares: Vec<f64> = days
        .iter()
        .map(|day| {
            if calendar.is_working(*day) {
                100.0
            } else {
                f64::from(weights.day_off)
            }
        })
        .collect();
    for _ in 0..FITTING_ROUNDS {
        fit(&mut shares, &days, of_month, &weights.month);
        fit(&mut shares, &days, of_week, &weights.weekday);
    }
    shares
}

/// Scales the shares so that each group has its part of 1.
fn fit(shares: &mut [f64], days: &[NaiveDate], group: impl Fn(&NaiveDate) -> usize, weights: &[u32]) {
    let mut sums = vec![0.0; weights.len()];
    for (share, day) in shares.iter().zip(days) {
        sums[group(day)] += *share;
    }
    let present: f64 = weights
        .iter()
        .zip(&sums)
        .filter(|(_, sum)| **sum > 0.0)
        .map(|(weight, _)| f64::from(*weight))
        .sum();
    for (share, day) in shares.iter_mut().zip(days) {
        let at = group(day);
        if sums[at] > 0.0 && present > 0.0 {
            *share *= f64::from(weights[at]) / present / sums[at];
        }
    }
}

/// Whether a record of this time may be late on the same day.
pub(super) fn may_be_late(at: DateTime<Utc>) -> bool {
    at.with_timezone(&calendar::ZONE).hour() < LAST_LATE_HOUR
}

/// Chooses the calls that are recorded after their time.
pub(super) fn record_late(scenario: &Scenario, calls: &mut [PlannedCall], rng: &mut StdRng) {
    let mut candidates: Vec<usize> = (0..calls.len()).filter(|at| may_be_late(calls[*at].at_grain)).collect();
    candidates.shuffle(rng);
    for (at, _) in candidates.into_iter().zip(0..scenario.chosen.late_calls) {
        calls[at].late = true;
    }
}

/// The leader days: working days, spread over the window.
pub(super) fn spread_working_days(scenario: &Scenario, count: u64) -> Vec<NaiveDate> {
    let calendar = Calendar::national();
    let working: Vec<NaiveDate> = scenario.window.days().filter(|day| calendar.is_working(*day)).collect();
    let number = working.len() as u64;
    (0..count)
        .filter_map(|at| {
            let place = (2 * at + 1) * number / (2 * count);
            working.get(usize::try_from(place).ok()?).copied()
        })
        .collect()
}

/// Whether an instant lies on a day, in the hours of the leaders.
pub(super) fn is_on(at: DateTime<Utc>, day: NaiveDate) -> bool {
    let hour = at.with_timezone(&calendar::ZONE).hour();
    local_date(at) == day && (9..18).contains(&hour)
}

impl Times {
    /// The days of the window.
    pub(super) fn days(&self) -> &[NaiveDate] {
        &self.days
    }
}
