//! Equations among the published figures, and what happens a few times.

use super::super::published::percent;
use super::{Check, Scenario, total};

impl Check {
    /// The published figures add up among themselves (domain.md §9).
    pub(super) fn source(&mut self, scenario: &Scenario) {
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
        let outcomes = s.outcomes.total();
        self.equal(
            "source.outcomes",
            outcomes,
            s.answered_directly,
            "answered_directly, of which they are the parts",
        );
        let levels = s.deputies.levels().iter().map(|(_, count)| count).sum();
        self.equal(
            "source.deputies.total",
            s.deputies.total,
            levels,
            "the sum of the levels",
        );
        let messages = s.wechat_account.outcomes().iter().map(|(_, count)| count).sum();
        let key = "source.wechat_account.messages";
        self.equal(key, s.wechat_account.messages, messages, "the sum of the outcomes");
        self.at_most("source.deputies.on_time", s.deputies.on_time, s.deputies.total, "total");
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

    /// The printed percentages follow from the counts.
    pub(super) fn printed(&mut self, scenario: &Scenario) {
        let (s, r) = (&scenario.source, &scenario.source.rates);
        let satisfied = s.orders.saturating_sub(s.orders_rated_dissatisfied);
        let units = total(&s.units);
        for (name, found, numerator, denominator, why) in [
            (
                "connect_rate",
                &r.connect_rate,
                s.calls_answered,
                s.calls_offered,
                "calls_answered / calls_offered",
            ),
            (
                "direct_answer_rate",
                &r.direct_answer_rate,
                s.answered_directly,
                s.appeals,
                "answered_directly / appeals",
            ),
            (
                "on_time_rate",
                &r.on_time_rate,
                s.orders_on_time,
                s.orders,
                "orders_on_time / orders",
            ),
            (
                "contact_rate",
                &r.contact_rate,
                s.orders_contacted,
                s.orders,
                "orders_contacted / orders",
            ),
            (
                "callback_rate",
                &r.callback_rate,
                s.orders_called_back,
                s.orders,
                "orders_called_back / orders",
            ),
            (
                "satisfaction_rate",
                &r.satisfaction_rate,
                satisfied,
                s.orders,
                "(orders − orders_rated_dissatisfied) / orders",
            ),
            (
                "top_ten_share",
                &r.top_ten_share,
                units,
                s.orders,
                "the sum of units / orders",
            ),
        ] {
            let why = format!("{why} = {numerator} / {denominator}");
            let key = format!("source.rates.{name}");
            self.same(&key, found.as_str(), percent(numerator, denominator).as_str(), &why);
        }
        for ((name, _, count), (_, found)) in s.types.entries().into_iter().zip(s.type_shares.entries()) {
            let why = format!("types.{name} / appeals = {count} / {}", s.appeals);
            let key = format!("source.type_shares.{name}");
            self.same(&key, found, percent(count, s.appeals).as_str(), &why);
        }
    }

    /// Every printed line has a figure, and every figure a line.
    pub(super) fn keys(&mut self, scenario: &Scenario) {
        let lines = scenario.printed();
        let mut missing: Vec<&str> = lines
            .iter()
            .map(|line| line.pattern.as_str())
            .filter(|pattern| !scenario.keys.contains_key(*pattern))
            .collect();
        missing.dedup();
        for pattern in missing {
            let right = format!("add {pattern:?} = [\"figure\", \"member\"]");
            self.refuse("keys", format!("{pattern:?} has no figure"), right);
        }
        for key in scenario.keys.keys() {
            if !lines.iter().any(|line| line.pattern == *key) {
                self.refuse("keys", format!("{key:?} is no printed line"), "leave it out");
            }
        }
    }

    /// What happens a few times: rounded up, so that everything published happens in any scenario.
    pub(super) fn specials(&mut self, scenario: &Scenario) {
        let (s, t) = (&scenario.source, &scenario.targets);
        for (name, found, source) in [
            ("deputies.province", t.deputies.province, s.deputies.province),
            ("deputies.city", t.deputies.city, s.deputies.city),
            ("deputies.county", t.deputies.county, s.deputies.county),
            ("deputies.township", t.deputies.township, s.deputies.township),
            ("enterprise_line", t.enterprise_line, s.enterprise_line),
            (
                "wechat_account.unclear",
                t.wechat_account.unclear,
                s.wechat_account.unclear,
            ),
            (
                "wechat_account.answered",
                t.wechat_account.answered,
                s.wechat_account.answered,
            ),
            (
                "wechat_account.invalid",
                t.wechat_account.invalid,
                s.wechat_account.invalid,
            ),
            ("policies", t.policies, s.policies),
            ("policy_specialists", t.policy_specialists, s.policy_specialists),
            ("leader_days", t.leader_days, s.leader_days),
            ("risk_notices", t.risk_notices, s.risk_notices),
            ("media_items", t.media_items, s.media_items),
            ("typical_cases", t.typical_cases, s.typical_cases),
        ] {
            let why = format!("rounded up {source} / {}", t.divisor);
            self.equal(&format!("targets.{name}"), found, source.div_ceil(t.divisor), &why);
        }
        let levels = t.deputies.levels().iter().map(|(_, count)| count).sum();
        self.equal(
            "targets.deputies.total",
            t.deputies.total,
            levels,
            "the sum of the levels",
        );
        let late = s.deputies.total.saturating_sub(s.deputies.on_time);
        let on_time = t.deputies.total.saturating_sub(late.div_ceil(t.divisor));
        self.equal(
            "targets.deputies.on_time",
            t.deputies.on_time,
            on_time,
            "deputies.total − the late ones, rounded up",
        );
        let messages = t.wechat_account.outcomes().iter().map(|(_, count)| count).sum();
        let key = "targets.wechat_account.messages";
        self.equal(key, t.wechat_account.messages, messages, "the sum of the outcomes");
    }
}
