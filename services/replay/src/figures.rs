//! Figures by key, each with numerator and denominator, and the targets of a scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::plan::Plan;
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
    figures.into_map()
}

/// The number of distinct persons of a plan's cases. Each has its own telephone number.
#[must_use]
pub fn persons(plan: &Plan) -> Ratio {
    let phones: BTreeSet<&str> = plan.cases.iter().map(|case| case.phone.as_str()).collect();
    Ratio {
        numerator: i64::try_from(phones.len()).expect("a plan fits into memory"),
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
    // Each person of a scenario has one case, and gives a name and a number.
    figures.count("volume.persons", appeals);
    figures.count("volume.phone_appeals", whole(targets.phone));
    figures.count("volume.answered_directly", whole(targets.answered_directly));
    figures.rate("volume.direct_answer_rate", whole(targets.answered_directly), appeals);
    // Every appeal that a scenario ends without an order is answered.
    for outcome in ["not_accepted", "transferred", "progress_told", "invalid"] {
        figures.count(&format!("volume.{outcome}"), 0);
    }
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
    figures.rate("handling.contact_rate", whole(targets.orders_contacted), orders);
    figures.rate("handling.callback_rate", whole(targets.orders_called_back), orders);
    figures.rate("callback.effective_rate", whole(targets.orders_reached), orders);
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
    let orders = whole(targets.orders);
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
    figures.count("satisfaction.unrated", whole(targets.orders_unrated));
    // Every person of the scenario gives a number.
    figures.count("satisfaction.no_channel", 0);
    figures.rate("satisfaction.rating_rate", whole(targets.orders_rated), orders);
    figures.rate("satisfaction.rated_only", satisfied, whole(targets.orders_rated));
    figures.rate("satisfaction.unrated_as_satisfied", orders - dissatisfied, orders);
    figures.rate("satisfaction.lower_bound", satisfied, orders);
    figures.rate("satisfaction.upper_bound", orders - dissatisfied, orders);
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).expect("a scenario has fewer than 2^63 of anything")
}
