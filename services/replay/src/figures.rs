//! Figures by key, each with numerator and denominator, and the targets of a scenario.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use super::plan::{Case, Fate, Known, Plan};
use super::scenario::Scenario;

/// The two numbers of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// The count, or the numerator of a rate.
    pub numerator: i64,
    /// The denominator; 0 for a plain count.
    pub denominator: i64,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 0 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

/// Collects figures.
#[derive(Debug, Default)]
pub struct Figures(BTreeMap<String, Ratio>);

impl Figures {
    /// Adds a plain count.
    pub fn count(&mut self, key: &str, number: i64) {
        self.0.insert(
            key.to_owned(),
            Ratio {
                numerator: number,
                denominator: 0,
            },
        );
    }

    /// Adds a rate.
    pub fn rate(&mut self, key: &str, numerator: i64, denominator: i64) {
        self.0.insert(key.to_owned(), Ratio { numerator, denominator });
    }

    /// All figures, by key.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<String, Ratio> {
        self.0
    }
}

/// Figures that the bulletin of a played scenario must print.
#[must_use]
pub fn targets(scenario: &Scenario) -> BTreeMap<String, Ratio> {
    let mut figures = Figures::default();
    volume(&mut figures, scenario);
    dimensions(&mut figures, scenario);
    handling(&mut figures, scenario);
    satisfaction(&mut figures, scenario);
    special(&mut figures, scenario);
    figures.into_map()
}

/// The number of distinct persons of a plan's cases: those of appeals with a name. Each has its own telephone number.
#[must_use]
pub fn persons(plan: &Plan) -> Ratio {
    let counts = |case: &&Case| case.appellant != Known::Anonymous && !matches!(case.fate, Fate::Invalid(_));
    let persons: HashSet<u32> = plan.cases.iter().filter(counts).map(|case| case.person).collect();
    Ratio {
        numerator: i64::try_from(persons.len()).expect("a plan fits into memory"),
        denominator: 0,
    }
}

fn volume(figures: &mut Figures, scenario: &Scenario) {
    let targets = &scenario.targets;
    let appeals = whole(targets.appeals);
    figures.count("volume.calls_offered", whole(targets.calls_offered));
    figures.count("volume.calls_answered", whole(targets.calls_answered));
    figures.rate(
        "volume.connect_rate",
        whole(targets.calls_answered),
        whole(targets.calls_offered),
    );
    figures.count("volume.appeals", appeals);
    figures.count("volume.persons", whole(targets.persons));
    figures.count("volume.phone_appeals", whole(targets.phone));
    figures.count("volume.answered_directly", whole(targets.answered_directly));
    figures.rate("volume.direct_answer_rate", whole(targets.answered_directly), appeals);
    figures.count("volume.not_accepted", whole(targets.outcomes.not_accepted));
    figures.count("volume.transferred", whole(targets.outcomes.transferred));
    figures.count("volume.progress_told", whole(targets.outcomes.progress_told));
    figures.count("volume.invalid", whole(targets.invalid));
    figures.count("volume.orders", whole(targets.orders));
}

fn dimensions(figures: &mut Figures, scenario: &Scenario) {
    let targets = &scenario.targets;
    for (line, _, number) in targets.types.entries() {
        figures.count(&format!("type.appeals/{line}"), whole(number));
        figures.rate(&format!("type.share/{line}"), whole(number), whole(targets.appeals));
    }
    for topic in &targets.topics {
        figures.count(&format!("topic.appeals/{}", topic.code), whole(topic.count));
    }
    for unit in &targets.units {
        figures.count(&format!("unit.orders/{}", unit.code), whole(unit.count));
    }
    figures.rate(
        "unit.top_ten_share",
        whole(targets.units_top_ten),
        whole(targets.orders),
    );
    for channel in &targets.channels {
        figures.count(&format!("channel.appeals/{}", channel.code), whole(channel.count));
    }
    figures.count("channel.other_appeals/phone", whole(targets.phone));
    figures.count("channel.online_total", whole(targets.online));
    figures.count("tag.appeals/civility_drive", whole(targets.civility_drive));
}

fn handling(figures: &mut Figures, scenario: &Scenario) {
    let targets = &scenario.targets;
    let orders = whole(targets.orders);
    figures.rate("handling.on_time_rate", whole(targets.orders_on_time), orders);
    let asked = whole(targets.orders_to_call_back);
    figures.rate(
        "handling.contact_rate",
        whole(targets.orders_contacted),
        whole(targets.orders_to_contact),
    );
    figures.rate("handling.callback_rate", whole(targets.orders_called_back), asked);
    figures.rate("callback.effective_rate", whole(targets.orders_reached), asked);
    figures.count("handling.signed_late", whole(targets.orders_signed_late));
    figures.count("handling.dispatched_by_person", whole(targets.dispatched_by_person));
    figures.count("handling.open_orders", 0);
    figures.count("review.rejected_replies", whole(targets.rejected_replies));
    figures.count("rework.orders", whole(targets.rework_orders));
    figures.rate("rework.rate", whole(targets.rework_orders), orders);
    figures.count("cards.yellow", whole(targets.yellow_cards));
    figures.count("cards.red", whole(targets.red_cards));
    figures.count("cards.withdrawn", 0);
}

fn satisfaction(figures: &mut Figures, scenario: &Scenario) {
    let targets = &scenario.targets;
    let orders = whole(targets.orders_to_call_back);
    let (satisfied, dissatisfied) = (
        whole(targets.orders_rated_satisfied),
        whole(targets.orders_rated_dissatisfied),
    );
    // A satisfied appellant says solved, a dissatisfied one says not solved, and the others do not say.
    figures.rate("callback.resolve_rate", satisfied, whole(targets.orders_reached));
    let chosen = &scenario.chosen;
    figures.count(
        "callback.unit_caused",
        whole(chosen.reworked - chosen.reworked_then_dissatisfied),
    );
    figures.count("callback.objective_caused", dissatisfied);
    figures.count("callback.satisfied", satisfied);
    figures.count("callback.dissatisfied", dissatisfied);
    figures.count(
        "satisfaction.unrated",
        whole(targets.orders_unrated - chosen.anonymous_orders),
    );
    // Every person of the scenario with a name gives a number.
    figures.count("satisfaction.no_channel", 0);
    figures.rate("satisfaction.rating_rate", whole(targets.orders_rated), orders);
    figures.rate("satisfaction.rated_only", satisfied, whole(targets.orders_rated));
    figures.rate("satisfaction.unrated_as_satisfied", orders - dissatisfied, orders);
    figures.rate("satisfaction.lower_bound", satisfied, orders);
    figures.rate("satisfaction.upper_bound", orders - dissatisfied, orders);
}

fn special(figures: &mut Figures, scenario: &Scenario) {
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let deputies = &targets.deputies;
    for (seat, appeals, orders) in [
        ("deputies", deputies.total, chosen.deputies_orders),
        ("enterprise_line", targets.enterprise_line, chosen.enterprise_orders),
        ("leader_day", chosen.leader_day_calls, chosen.leader_day_orders),
    ] {
        figures.count(&format!("seat.appeals/{seat}"), whole(appeals));
        figures.count(&format!("seat.orders/{seat}"), whole(orders));
    }
    figures.count("seat.orders_on_time/deputies", whole(deputies.on_time));
    for (level, count) in deputies.levels() {
        figures.count(&format!("seat.deputies_by_level/{level}"), whole(count));
    }
    figures.count("seat.leader_days", whole(targets.leader_days));
    let account = &targets.wechat_account;
    figures.count("account.messages/wechat_account", whole(account.messages));
    for (outcome, count) in account.outcomes() {
        figures.count(&format!("account.outcome/{outcome}"), whole(count));
    }
    figures.count("library.policies", whole(targets.policies));
    figures.count("library.specialists", whole(targets.policy_specialists));
    figures.count("supervision.risk_notices", whole(targets.risk_notices));
    for (key, count) in [
        ("media_items", targets.media_items),
        ("typical_cases", targets.typical_cases),
        ("test_calls", chosen.ledger.test_call),
        ("trainings", chosen.ledger.training),
        ("exams", chosen.ledger.exam),
        ("meetings", chosen.ledger.meeting),
    ] {
        figures.count(&format!("ledger.{key}"), whole(count));
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).expect("a scenario has fewer than 2^63 of anything")
}
