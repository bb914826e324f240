//! Recomputes the targets of a scenario, and checks that the chosen numbers are possible together. Independent figures
//! are rounded half-up, parts of a total by the largest remainder; the others are sums and differences.

use crate::city::faults::Violation;

use super::{ByType, MAX_DAYS, Published, Scenario, Target};

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
    check.scaled(scenario);
    check.parts(scenario);
    check.sums(scenario);
    check.cards(scenario);
    check.choices(scenario);
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
        if found != expected {
            self.refuse(
                key,
                format!("{found} does not follow"),
                format!("write {expected}: {why}"),
            );
        }
    }

    fn at_most(&mut self, key: &str, found: u64, most: u64, why: &str) {
        if found > most {
            self.refuse(
                key,
                format!("{found} is too many"),
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
        for (name, weights, count) in [
            ("day_weights", &scenario.chosen.day_weights, days),
            ("hour_weights", &scenario.chosen.hour_weights, 24),
        ] {
            if weights.len() != count {
                let problem = format!("{} weights are listed", weights.len());
                self.refuse(format!("chosen.{name}"), problem, format!("write {count}"));
            } else if weights.iter().all(|weight| *weight == 0) {
                self.refuse(format!("chosen.{name}"), "all weights are 0", "write one that is not");
            }
        }
    }

    /// The published figures add up among themselves (domain.md §9).
    fn source(&mut self, scenario: &Scenario) {
        let s = &scenario.source;
        self.equal(
            "source.orders",
            s.orders,
            s.appeals.saturating_sub(s.answered_directly),
            "appeals − answered_directly",
        );
        self.equal(
            "source.types",
            s.types.total(),
            s.appeals,
            "the types add up to appeals",
        );
        self.equal("source.online", s.online, total(&s.channels), "the sum of channels");
        let rated = s.orders_rated_dissatisfied + s.orders_rated_satisfied;
        self.equal(
            "source.orders_unrated",
            s.orders_unrated,
            s.orders.saturating_sub(rated),
            "orders − rated ones",
        );
        self.at_most(
            "source.calls_answered",
            s.calls_answered,
            s.calls_offered,
            "calls_offered",
        );
        self.at_most("source.orders_on_time", s.orders_on_time, s.orders, "orders");
        self.at_most("source.orders_contacted", s.orders_contacted, s.orders, "orders");
        self.at_most("source.orders_called_back", s.orders_called_back, s.orders, "orders");
        self.at_most("source.civility_drive", s.civility_drive, s.appeals, "appeals");
        self.at_most("source.topics", total(&s.topics), s.appeals, "appeals");
        self.at_most("source.units", total(&s.units), s.orders, "orders");
        for (name, table) in [("topics", &s.topics), ("units", &s.units)] {
            if table.is_empty() || table.windows(2).any(|pair| pair[0].count < pair[1].count) {
                self.refuse(
                    format!("source.{name}"),
                    "is empty or not sorted by count",
                    "list at least one, the largest first",
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
            ("orders_contacted", t.orders_contacted, s.orders_contacted),
            ("orders_called_back", t.orders_called_back, s.orders_called_back),
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

    /// Targets that follow from other targets.
    fn sums(&mut self, scenario: &Scenario) {
        let (t, chosen) = (&scenario.targets, &scenario.chosen);
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
            (
                "orders_reached",
                t.orders_reached,
                t.orders.saturating_sub(chosen.unreached),
                "orders − chosen.unreached",
            ),
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

    /// Targets that follow from the choices. Every card, rejection and round has one planned cause.
    fn cards(&mut self, scenario: &Scenario) {
        let (t, c) = (&scenario.targets, &scenario.chosen);
        for (name, found, expected, why) in [
            (
                "yellow_cards",
                t.yellow_cards,
                c.near_deadline + t.orders_late,
                "chosen.near_deadline + orders_late",
            ),
            (
                "red_cards",
                t.red_cards,
                c.signed_late + t.orders_late,
                "chosen.signed_late + orders_late",
            ),
            (
                "orders_signed_late",
                t.orders_signed_late,
                c.signed_late,
                "chosen.signed_late",
            ),
            (
                "rejected_replies",
                t.rejected_replies,
                c.rejected_then_in_time + c.rejected_then_late,
                "chosen.rejected_then_in_time + rejected_then_late",
            ),
            ("rework_orders", t.rework_orders, c.reworked, "chosen.reworked"),
            (
                "dispatched_by_person",
                t.dispatched_by_person,
                c.dispatched_by_person,
                "chosen.dispatched_by_person",
            ),
        ] {
            self.equal(&format!("targets.{name}"), found, expected, why);
        }
    }

    /// The choices add up.
    fn choices(&mut self, scenario: &Scenario) {
        let (t, c) = (&scenario.targets, &scenario.chosen);
        let finals = c.reworked_then_satisfied + c.reworked_then_dissatisfied + c.reworked_then_unrated;
        let good = c.grades.very_satisfied + c.grades.satisfied + c.grades.fairly_satisfied;
        let bad = c.grades.dissatisfied + c.grades.very_dissatisfied;
        let types = c.order_types.total();
        for (name, found, expected, why) in [
            ("reworked", c.reworked, finals, "the sum of the three reworked_then_…"),
            ("order_types", types, t.orders, "the types together are targets.orders"),
            ("grades", good, t.orders_rated_satisfied, "the first three together"),
            ("grades", bad, t.orders_rated_dissatisfied, "the last two together"),
        ] {
            self.equal(&format!("chosen.{name}"), found, expected, why);
        }
        if !(1..=10).contains(&c.attempts_when_unreached) {
            let problem = format!(
                "{} attempts are outside of the allowed range",
                c.attempts_when_unreached
            );
            self.refuse("chosen.attempts_when_unreached", problem, "write 1 to 10");
        }
    }

    /// No choice takes more than the targets have.
    fn shares_of_targets(&mut self, scenario: &Scenario) {
        let (t, c) = (&scenario.targets, &scenario.chosen);
        let pairs = c.order_types.entries().into_iter().zip(t.types.entries());
        for ((name, _, orders), (_, _, appeals)) in pairs {
            let key = format!("chosen.order_types.{name}");
            self.at_most(&key, orders, appeals, "the appeals of this type");
        }
        let other = t.types.other.saturating_sub(c.order_types.other);
        let unrated = t.orders_unrated.saturating_sub(c.reworked_then_unrated);
        let (good, bad) = (t.orders_rated_satisfied, t.orders_rated_dissatisfied);
        for (name, found, most, why) in [
            ("reports", c.reports, t.types.complaint, "targets.types.COMPLAINT"),
            ("praises", c.praises, other, "the OTHER that become no order"),
            (
                "reworked_then_satisfied",
                c.reworked_then_satisfied,
                good,
                "the satisfied",
            ),
            (
                "reworked_then_dissatisfied",
                c.reworked_then_dissatisfied,
                bad,
                "the dissatisfied",
            ),
            ("rejected_then_late", c.rejected_then_late, t.orders_late, "orders_late"),
            ("unreached", c.unreached, unrated, "the unrated that were not reworked"),
        ] {
            self.at_most(&format!("chosen.{name}"), found, most, why);
        }
    }

    /// There are enough orders, calls and appeals for the events that must fall on different ones.
    fn feasible(&mut self, scenario: &Scenario) {
        let (t, c) = (&scenario.targets, &scenario.chosen);
        self.at_most(
            "targets.phone",
            t.phone,
            t.calls_answered,
            "every appeal by phone needs an answered call",
        );
        self.at_most("targets.topics_top_ten", t.topics_top_ten, t.appeals, "targets.appeals");
        self.at_most("targets.units_top_ten", t.units_top_ten, t.orders, "targets.orders");
        self.at_most("targets.civility_drive", t.civility_drive, t.appeals, "targets.appeals");
        self.equal(
            "targets.orders_contacted",
            t.orders_contacted,
            t.orders,
            "a reply needs a contact record, and every order is replied to",
        );
        self.equal(
            "targets.orders_called_back",
            t.orders_called_back,
            t.orders,
            "every order ends with a callback attempt",
        );
        let apart = c.signed_late
            + c.near_deadline
            + t.orders_late
            + c.rejected_then_in_time
            + c.reworked
            + c.pushed_twice
            + c.redelivered
            + c.dispatched_by_person;
        self.at_most(
            "chosen.signed_late",
            apart,
            t.orders,
            "what happens to different orders, added up",
        );
        let slow = c.signed_late + c.rejected_then_in_time + c.rejected_then_late;
        let patient = t.orders.saturating_sub(c.order_types.consult);
        // The limit of a consultation has no day between a late signature and its warning.
        self.at_most(
            "chosen.signed_late",
            slow,
            patient,
            "late signatures and rejections need orders that are no consultations",
        );
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
