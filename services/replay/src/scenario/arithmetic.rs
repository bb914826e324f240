//! Recomputes the targets of a scenario, and checks that the chosen numbers are possible together. Independent figures
//! are rounded half-up, parts of a total by the largest remainder, and what happens a few times is rounded up; the others
//! are sums and differences. A fault names the equation with both sides.

use crate::city::faults::Violation;

mod choices;
mod printed;

use super::{ByType, MAX_DAYS, Published, Scenario, Target};

/// Longest delay of a reply without a warning, in working days: the shipped city warns at the end of the 4th.
const MOST_DELAY: usize = 4;

/// All numbers that do not follow.
pub(super) fn violations(scenario: &Scenario) -> Vec<Violation> {
    let mut check = Check(Vec::new());
    check.window(scenario);
    if scenario.targets.divisor == 0 {
        check.refuse(
            "targets.divisor",
            "the divisor is 0",
            "write 1 or more, such as 100 for one percent",
        );
        return check.0;
    }
    check.source(scenario);
    check.printed(scenario);
    check.keys(scenario);
    check.specials(scenario);
    check.scaled(scenario);
    check.parts(scenario);
    check.sums(scenario);
    check.asked(scenario);
    check.cards(scenario);
    check.choices(scenario);
    check.seats(scenario);
    check.shares_of_targets(scenario);
    check.feasible(scenario);
    check.0
}

/// `n / divisor`, rounded half-up.
pub(super) fn half_up(n: u64, divisor: u64) -> u64 {
    (2 * n + divisor) / (2 * divisor)
}

/// Divides each part and rounds down. Then the parts with the largest fractions get 1 more until the sum is `total`;
/// among equals the earlier part comes first. `None` when that would take less than 0 or more than 1 for each.
pub(super) fn largest_remainder(parts: &[u64], divisor: u64, total: u64) -> Option<Vec<u64>> {
    let mut shares: Vec<u64> = parts.iter().map(|part| part / divisor).collect();
    let missing = usize::try_from(total.checked_sub(shares.iter().sum())?).ok()?;
    if missing > shares.len() {
        return None;
    }
    let mut by_fraction: Vec<usize> = (0..parts.len()).collect();
    by_fraction.sort_by_key(|at| std::cmp::Reverse(parts[*at] % divisor));
    for at in &by_fraction[..missing] {
        shares[*at] += 1;
    }
    Some(shares)
}

struct Check(Vec<Violation>);

impl Check {
    fn refuse(&mut self, key: impl Into<String>, problem: impl Into<String>, right: impl Into<String>) {
        self.0.push(Violation::new(key, problem, right));
    }

    /// `found` must be `expected`, which follows from `why`.
    fn equal(&mut self, key: &str, found: u64, expected: u64, why: &str) {
        self.same(key, &found, &expected, why);
    }

    fn same<T: PartialEq + std::fmt::Display + ?Sized>(&mut self, key: &str, found: &T, expected: &T, why: &str) {
        if found != expected {
            let name = key.rsplit_once('.').map_or(key, |(_, name)| name);
            self.refuse(
                key,
                format!("{name} = {found}, but {why} = {expected}"),
                format!("write {expected}: {why}"),
            );
        }
    }

    fn at_most(&mut self, key: &str, found: u64, most: u64, why: &str) {
        if found > most {
            self.refuse(
                key,
                format!("{found} is too many, {why} = {most}"),
                format!("write at most {most}: {why}"),
            );
        }
    }

    fn window(&mut self, scenario: &Scenario) {
        let window = &scenario.window;
        let days = window.days().take(MAX_DAYS + 1).count();
        if !(1..=MAX_DAYS).contains(&days) {
            let right = format!("write a day from {} on, at most {MAX_DAYS} days in all", window.from);
            self.refuse(
                "window.to",
                format!("{} to {} is no window", window.from, window.to),
                right,
            );
            return;
        }
        if calendar::start_of_day(window.end()) >= window.as_of() {
            let problem = format!("{} is inside of the window", window.as_of);
            self.refuse(
                "window.as_of",
                problem,
                "write a time after the last limit of the window",
            );
        }
        let weights = &scenario.weights;
        for (name, weights, count) in [
            ("hour", &weights.hour, Some(24)),
            ("weekday", &weights.weekday, Some(7)),
            ("month", &weights.month, Some(window.months().len())),
            ("delay", &weights.delay, None),
        ] {
            if count.is_some_and(|count| weights.len() != count) {
                let problem = format!("{} weights are listed", weights.len());
                let right = format!("write {}", count.unwrap_or_default());
                self.refuse(format!("weights.{name}"), problem, right);
            } else if weights.iter().all(|weight| *weight == 0) {
                self.refuse(format!("weights.{name}"), "all weights are 0", "write one that is not");
            }
        }
        // Help and complaints have 5 working days and a warning on the 4th.
        if weights.delay.len() > MOST_DELAY {
            let problem = format!("{} weights are listed", weights.delay.len());
            let right = format!("write at most {MOST_DELAY}: a later reply gets a warning");
            self.refuse("weights.delay", problem, right);
        }
        for (name, table) in [("topics", &weights.topics), ("units", &weights.units)] {
            if table.values().all(|weight| *weight == 0) {
                self.refuse(
                    format!("weights.{name}"),
                    "no weight is listed",
                    "write one that is not 0",
                );
            }
        }
    }

    /// Independent figures: half-up.
    fn scaled(&mut self, scenario: &Scenario) {
        let (s, t) = (&scenario.source, &scenario.targets);
        for (name, found, source) in [
            ("calls_offered", t.calls_offered, s.calls_offered),
            ("calls_answered", t.calls_answered, s.calls_answered),
            ("appeals", t.appeals, s.appeals),
            ("answered_directly", t.answered_directly, s.answered_directly),
            ("orders_on_time", t.orders_on_time, s.orders_on_time),
            ("online", t.online, s.online),
            ("civility_drive", t.civility_drive, s.civility_drive),
        ] {
            let why = format!("half-up {source} / {}", t.divisor);
            self.equal(&format!("targets.{name}"), found, half_up(source, t.divisor), &why);
        }
        for (name, source, targets) in [("topics", &s.topics, &t.topics), ("units", &s.units, &t.units)] {
            let expected: Vec<u64> = source.iter().map(|line| half_up(line.count, t.divisor)).collect();
            self.table(name, source, targets, &expected, "half-up");
        }
    }

    /// Parts of a total: largest remainder.
    fn parts(&mut self, scenario: &Scenario) {
        let (s, t) = (&scenario.source, &scenario.targets);
        let parts = s.types.entries().map(|(_, _, count)| count);
        if let Some(expected) = self.shares("types", &parts, t.divisor, t.appeals) {
            for ((name, _, found), expected) in t.types.entries().into_iter().zip(expected) {
                let why = format!("largest remainder to {}", t.appeals);
                self.equal(&format!("targets.types.{name}"), found, expected, &why);
            }
        }
        self.outcomes(scenario);
        let parts: Vec<u64> = s.channels.iter().map(|line| line.count).collect();
        if let Some(expected) = self.shares("channels", &parts, t.divisor, t.online) {
            self.table("channels", &s.channels, &t.channels, &expected, "largest remainder");
        }
        let parts = [s.orders_unrated, s.orders_rated_dissatisfied, s.orders_rated_satisfied];
        if let Some(expected) = self.shares("orders_unrated", &parts, t.divisor, t.orders) {
            for (name, found, expected) in [
                ("orders_unrated", t.orders_unrated, expected[0]),
                ("orders_rated_dissatisfied", t.orders_rated_dissatisfied, expected[1]),
                ("orders_rated_satisfied", t.orders_rated_satisfied, expected[2]),
            ] {
                let why = format!("largest remainder to {}", t.orders);
                self.equal(&format!("targets.{name}"), found, expected, &why);
            }
        }
    }

    fn outcomes(&mut self, scenario: &Scenario) {
        let (s, t) = (&scenario.source, &scenario.targets);
        let parts = s.outcomes.entries().map(|(_, count)| count);
        if let Some(expected) = self.shares("outcomes", &parts, t.divisor, t.answered_directly) {
            for ((name, found), expected) in t.outcomes.entries().into_iter().zip(expected) {
                let why = format!("largest remainder to {}", t.answered_directly);
                self.equal(&format!("targets.outcomes.{name}"), found, expected, &why);
            }
        }
    }

    fn shares(&mut self, name: &str, parts: &[u64], divisor: u64, total: u64) -> Option<Vec<u64>> {
        let shares = largest_remainder(parts, divisor, total);
        if shares.is_none() {
            let right = "make the parts of the source add up to their total";
            self.refuse(
                format!("source.{name}"),
                format!("the parts cannot add up to {total}"),
                right,
            );
        }
        shares
    }

    fn table(&mut self, name: &str, source: &[Published], targets: &[Target], expected: &[u64], how: &str) {
        let codes = source.iter().map(|line| &line.code);
        if !codes.eq(targets.iter().map(|line| &line.code)) {
            let right = format!("list the codes of source.{name} in their order");
            self.refuse(
                format!("targets.{name}"),
                "the codes differ from those of the source",
                right,
            );
            return;
        }
        for (at, (target, expected)) in targets.iter().zip(expected).enumerate() {
            let why = format!("{how}, {} {}", source[at].name, source[at].count);
            self.equal(&format!("targets.{name}[{at}].count"), target.count, *expected, &why);
        }
    }

    /// Persons, and the orders whose appellant may be contacted and called back.
    fn asked(&mut self, scenario: &Scenario) {
        let (t, chosen) = (&scenario.targets, &scenario.chosen);
        for (name, found, expected, why) in [
            (
                "persons",
                t.persons,
                t.appeals
                    .saturating_sub(t.outcomes.progress_told + chosen.anonymous_orders + chosen.anonymous_answered),
                "appeals − outcomes.PROGRESS_TOLD − chosen.anonymous_orders − chosen.anonymous_answered",
            ),
            (
                "invalid",
                t.invalid,
                chosen.invalid.total(),
                "the sum of chosen.invalid",
            ),
            (
                "orders_to_contact",
                t.orders_to_contact,
                t.orders_to_call_back.saturating_sub(chosen.confidential_orders),
                "orders_to_call_back − chosen.confidential_orders",
            ),
            (
                "orders_contacted",
                t.orders_contacted,
                t.orders_to_contact.saturating_sub(chosen.no_contact_declined),
                "orders_to_contact − chosen.no_contact_declined",
            ),
            (
                "orders_to_call_back",
                t.orders_to_call_back,
                t.orders.saturating_sub(chosen.anonymous_orders),
                "orders − chosen.anonymous_orders",
            ),
            (
                "orders_called_back",
                t.orders_called_back,
                t.orders_to_call_back,
                "orders_to_call_back: every order ends with a callback attempt",
            ),
            (
                "orders_reached",
                t.orders_reached,
                t.orders_to_call_back.saturating_sub(chosen.unreached),
                "orders_to_call_back − chosen.unreached",
            ),
        ] {
            self.equal(&format!("targets.{name}"), found, expected, why);
        }
    }

    /// Targets that follow from other targets.
    fn sums(&mut self, scenario: &Scenario) {
        let t = &scenario.targets;
        let rated = t.orders_rated_dissatisfied + t.orders_rated_satisfied;
        let topics: u64 = t.topics.iter().map(|line| line.count).sum();
        let units: u64 = t.units.iter().map(|line| line.count).sum();
        let below = |lines: &[Target]| lines.last().map_or(0, |line| line.count.saturating_sub(1));
        for (name, found, expected, why) in [
            (
                "calls_abandoned",
                t.calls_abandoned,
                t.calls_offered.saturating_sub(t.calls_answered),
                "calls_offered − calls_answered",
            ),
            (
                "orders",
                t.orders,
                t.appeals.saturating_sub(t.answered_directly),
                "appeals − answered_directly",
            ),
            (
                "orders_late",
                t.orders_late,
                t.orders.saturating_sub(t.orders_on_time),
                "orders − orders_on_time",
            ),
            ("orders_rated", t.orders_rated, rated, "dissatisfied + satisfied"),
            ("phone", t.phone, t.appeals.saturating_sub(t.online), "appeals − online"),
            ("topics_top_ten", t.topics_top_ten, topics, "the sum of topics"),
            ("units_top_ten", t.units_top_ten, units, "the sum of units"),
            (
                "other_topics_max_appeals",
                t.other_topics_max_appeals,
                below(&t.topics),
                "the last of topics − 1",
            ),
            (
                "other_units_max_orders",
                t.other_units_max_orders,
                below(&t.units),
                "the last of units − 1",
            ),
        ] {
            self.equal(&format!("targets.{name}"), found, expected, why);
        }
    }
}

fn total(lines: &[Published]) -> u64 {
    lines.iter().map(|line| line.count).sum()
}

/// Counts by type, for the appeals that are answered at once.
impl ByType {
    /// `self` minus `other` for each type, at least 0.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        Self {
            help: self.help.saturating_sub(other.help),
            consult: self.consult.saturating_sub(other.consult),
            complaint: self.complaint.saturating_sub(other.complaint),
            other: self.other.saturating_sub(other.other),
            suggestion: self.suggestion.saturating_sub(other.suggestion),
        }
    }
}
