//! Targets that follow from the choices, and choices that are possible together.

use super::{Check, Scenario, half_up};

impl Check {
    /// Targets that follow from the choices. Every card, rejection and round has one planned cause.
    pub(super) fn cards(&mut self, scenario: &Scenario) {
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
    pub(super) fn choices(&mut self, scenario: &Scenario) {
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

    /// Seats, anonymous and confidential appellants, and records that are late.
    pub(super) fn seats(&mut self, scenario: &Scenario) {
        let (s, t, c) = (&scenario.source, &scenario.targets, &scenario.chosen);
        let declined = half_up(s.orders.saturating_sub(s.orders_contacted), t.divisor);
        self.equal(
            "chosen.no_contact_declined",
            c.no_contact_declined,
            declined,
            "half-up (source.orders − source.orders_contacted) / divisor",
        );
        let answered = t.outcomes.answered.saturating_sub(c.praises);
        let enterprise = t.enterprise_line.saturating_sub(c.enterprise_orders);
        let leaders = c.leader_day_calls.saturating_sub(c.leader_day_orders);
        let deputies = t.deputies.total.saturating_sub(c.deputies_orders);
        let plain = c.anonymous_answered + c.confidential_answered + c.asked_back;
        for (name, found, most, why) in [
            (
                "deputies_orders",
                c.deputies_orders,
                t.deputies.total,
                "targets.deputies.total",
            ),
            (
                "deputies_complex",
                c.deputies_complex,
                c.deputies_orders,
                "deputies_orders",
            ),
            (
                "enterprise_orders",
                c.enterprise_orders,
                t.enterprise_line,
                "targets.enterprise_line",
            ),
            (
                "leader_day_orders",
                c.leader_day_orders,
                c.leader_day_calls,
                "leader_day_calls",
            ),
            (
                "asked_back",
                plain + enterprise + leaders + deputies,
                answered,
                "targets.outcomes.ANSWERED − praises, for what happens to different answered appeals",
            ),
            ("late_calls", c.late_calls, t.calls_offered, "targets.calls_offered"),
            (
                "late_appeals",
                c.late_appeals,
                t.outcomes.answered,
                "targets.outcomes.ANSWERED",
            ),
        ] {
            self.at_most(&format!("chosen.{name}"), found, most, why);
        }
        let needed = t.phone + t.invalid;
        self.at_most(
            "targets.phone",
            needed,
            t.calls_answered,
            "targets.calls_answered, one for each appeal by phone, invalid ones included",
        );
        if c.leader_day_calls > 0 && t.leader_days == 0 {
            let right = "write a source with leader days, or no calls of them";
            self.refuse("chosen.leader_day_calls", "there is no leader day", right);
        }
    }

    /// No choice takes more than the targets have.
    pub(super) fn shares_of_targets(&mut self, scenario: &Scenario) {
        let (t, c) = (&scenario.targets, &scenario.chosen);
        let pairs = c.order_types.entries().into_iter().zip(t.types.entries());
        for ((name, _, orders), (_, _, appeals)) in pairs {
            let key = format!("chosen.order_types.{name}");
            self.at_most(&key, orders, appeals, "the appeals of this type");
        }
        let other = t.types.other.saturating_sub(c.order_types.other);
        let unrated = t
            .orders_unrated
            .saturating_sub(c.reworked_then_unrated + c.anonymous_orders);
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
            (
                "unreached",
                c.unreached,
                unrated,
                "the unrated that were neither reworked nor anonymous",
            ),
        ] {
            self.at_most(&format!("chosen.{name}"), found, most, why);
        }
    }

    /// There are enough orders, calls and appeals for the events that must fall on different ones.
    pub(super) fn feasible(&mut self, scenario: &Scenario) {
        let (t, c) = (&scenario.targets, &scenario.chosen);
        self.at_most("targets.topics_top_ten", t.topics_top_ten, t.appeals, "targets.appeals");
        self.at_most("targets.units_top_ten", t.units_top_ten, t.orders, "targets.orders");
        self.at_most("targets.civility_drive", t.civility_drive, t.appeals, "targets.appeals");
        let apart = c.signed_late
            + c.near_deadline
            + t.orders_late
            + c.rejected_then_in_time
            + c.reworked
            + c.pushed_twice
            + c.redelivered
            + c.dispatched_by_person
            + c.no_contact_declined
            + c.anonymous_orders
            + c.confidential_orders
            + c.deputies_orders
            + c.enterprise_orders
            + c.leader_day_orders;
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
