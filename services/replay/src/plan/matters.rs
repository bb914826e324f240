//! Topics and regions of the cases, drawn so that the catalogue gives every unit its target number of orders.
//!
//! Topics count appeals, and units count orders. The catalogue connects them: the orders of a unit are drawn from the
//! (topic, region) pairs that lead to it. The remaining appeals of a topic were answered at once.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::PlanError;
use super::shares::split_below;
use crate::city::{Category, City, Region};
use crate::scenario::Scenario;

/// Topic and region of a case, and the lead of its order.
pub(super) struct Matter<'c> {
    pub(super) category: &'c Category,
    pub(super) region: &'c Region,
    pub(super) lead: Lead,
}

/// The lead of an order.
#[derive(Clone, Copy)]
pub(super) enum Lead {
    /// None: the appeal was answered at once.
    Nobody,
    /// The catalogue's unit below the top-level unit with this index.
    Catalogue { top: u16 },
    /// The unit with this index, to which a person dispatches.
    Person { unit: u16 },
}

impl Matter<'_> {
    pub(super) fn is_order(&self) -> bool {
        !matches!(self.lead, Lead::Nobody)
    }
}

/// A topic in a region, with the topic's place among all topics.
type Pair<'c> = (usize, &'c Category, &'c Region);

/// Appeals of each topic that have no matter yet.
type Left = Vec<u64>;

/// All matters in random order.
pub(super) fn draw<'c>(scenario: &Scenario, city: &'c City, rng: &mut StdRng) -> Result<Vec<Matter<'c>>, PlanError> {
    let mut left = appeals_by_topic(scenario, city)?;
    let (by_unit, uncovered) = pairs(city);
    let mut quotas = orders_by_unit(scenario, city, &by_unit, &left)?;
    let mut matters = by_person(scenario, city, &uncovered, &mut quotas, &mut left, rng)?;

    // Units with the fewest pairs come first.
    let mut units: Vec<(&str, u64)> = quotas.into_iter().collect();
    units.sort_by_key(|(unit, quota)| (reach(by_unit.get(unit), &left).saturating_sub(*quota), *unit));
    for (unit, quota) in units {
        for drawn in 0..quota {
            let pairs = by_unit.get(unit).map_or(&[][..], Vec::as_slice);
            let (category, region) = pick(pairs, &mut left, rng).ok_or_else(|| PlanError::TooFew {
                what: format!("orders of {unit}"),
                needed: quota,
                found: drawn,
                right: "add catalogue rows that lead other topics to this unit",
            })?;
            matters.push(Matter {
                category,
                region,
                lead: Lead::Catalogue {
                    top: index_of(city, unit),
                },
            });
        }
    }
    for (topic, count) in city.topics().zip(left) {
        for _ in 0..count {
            let region = city.regions.choose(rng).expect("a checked city has a region");
            matters.push(Matter {
                category: topic,
                region,
                lead: Lead::Nobody,
            });
        }
    }
    matters.shuffle(rng);
    Ok(matters)
}

/// Number of appeals of each topic. The scenario sets those of the hot topics; its weights split the rest.
fn appeals_by_topic(scenario: &Scenario, city: &City) -> Result<Left, PlanError> {
    let targets = &scenario.targets;
    let hot: BTreeMap<&str, u64> = targets
        .topics
        .iter()
        .map(|line| (line.code.as_str(), line.count))
        .collect();
    let others: Vec<&str> = city
        .topics()
        .map(|topic| topic.code.as_str())
        .filter(|code| !hot.contains_key(code))
        .collect();
    let weights = weights(&others, &scenario.weights.topics);
    let rest = targets.appeals.saturating_sub(targets.topics_top_ten);
    let most = vec![targets.other_topics_max_appeals; others.len()];
    let counts = split_below(rest, &weights, &most).map_err(|found| PlanError::TooFew {
        what: "appeals of other topics".to_owned(),
        needed: rest,
        found,
        right: "add topics to the city and to weights.topics",
    })?;
    let others: BTreeMap<&str, u64> = others.into_iter().zip(counts).collect();
    let count = |code: &str| hot.get(code).or_else(|| others.get(code)).copied();
    Ok(city
        .topics()
        .map(|topic| count(&topic.code).unwrap_or_default())
        .collect())
}

fn weights(codes: &[&str], of: &BTreeMap<String, u32>) -> Vec<f64> {
    codes
        .iter()
        .map(|code| f64::from(of.get(*code).copied().unwrap_or_default()))
        .collect()
}

/// The pairs of each top-level unit by the catalogue, and the pairs without a row.
fn pairs(city: &City) -> (BTreeMap<&str, Vec<Pair<'_>>>, Vec<Pair<'_>>) {
    let (mut by_unit, mut uncovered) = (BTreeMap::<&str, Vec<_>>::new(), Vec::new());
    for (at, topic) in city.topics().enumerate() {
        for region in &city.regions {
            match city.lead_for(&topic.code, &region.code) {
                Some(lead) => by_unit
                    .entry(city.top_unit(lead))
                    .or_default()
                    .push((at, topic, region)),
                None => uncovered.push((at, topic, region)),
            }
        }
    }
    (by_unit, uncovered)
}

/// Number of orders of each top-level unit. The scenario sets the first ones; its weights split the rest.
fn orders_by_unit<'c>(
    scenario: &Scenario,
    city: &'c City,
    by_unit: &BTreeMap<&'c str, Vec<Pair<'c>>>,
    left: &[u64],
) -> Result<BTreeMap<&'c str, u64>, PlanError> {
    let targets = &scenario.targets;
    let named = |code: &str| {
        targets
            .units
            .iter()
            .find(|line| line.code == code)
            .map(|line| line.count)
    };
    let mut quotas: BTreeMap<&str, u64> = city
        .top_units()
        .filter_map(|unit| Some((unit.code.as_str(), named(&unit.code)?)))
        .collect();
    // A unit with few topics shares them with other units, so it gets at most half of their appeals.
    let most = |code: &str| targets.other_units_max_orders.min(reach(by_unit.get(code), left) / 2);
    let others: Vec<&str> = city
        .top_units()
        .map(|unit| unit.code.as_str())
        .filter(|code| named(code).is_none())
        .collect();
    let rest = targets.orders.saturating_sub(targets.units_top_ten);
    let room: Vec<u64> = others.iter().map(|code| most(code)).collect();
    let weights = weights(&others, &scenario.weights.units);
    let counts = split_below(rest, &weights, &room).map_err(|found| PlanError::TooFew {
        what: "orders of other units".to_owned(),
        needed: rest,
        found,
        right: "add top-level units, catalogue rows that lead to them, and weights.units",
    })?;
    quotas.extend(others.into_iter().zip(counts).filter(|(_, count)| *count > 0));
    Ok(quotas)
}

/// The orders that the catalogue does not cover. A person dispatches them to the units of districts and counties, which
/// take matters that no bureau leads.
fn by_person<'c>(
    scenario: &Scenario,
    city: &'c City,
    uncovered: &[Pair<'c>],
    quotas: &mut BTreeMap<&'c str, u64>,
    left: &mut [u64],
    rng: &mut StdRng,
) -> Result<Vec<Matter<'c>>, PlanError> {
    let needed = scenario.chosen.dispatched_by_person;
    let places: BTreeSet<&str> = city
        .catalogue
        .iter()
        .filter(|row| row.category.is_empty())
        .map(|row| city.top_unit(&row.unit))
        .collect();
    let mut matters = Vec::new();
    for found in 0..needed {
        let open: Vec<(&str, u64)> = places
            .iter()
            .filter_map(|unit| Some((*unit, *quotas.get(unit)?)))
            .filter(|(_, quota)| *quota > 0)
            .collect();
        let chosen = open
            .choose_weighted(rng, |(_, quota)| *quota)
            .ok()
            .map(|(unit, _)| *unit);
        let (Some(unit), Some((category, region))) = (chosen, pick(uncovered, left, rng)) else {
            return Err(PlanError::TooFew {
                what: "orders dispatched by a person".to_owned(),
                needed,
                found,
                right: "leave more (category, region) pairs out of the catalogue, or choose fewer",
            });
        };
        if let Some(quota) = quotas.get_mut(unit) {
            *quota -= 1;
        }
        matters.push(Matter {
            category,
            region,
            lead: Lead::Person {
                unit: index_of(city, unit),
            },
        });
    }
    Ok(matters)
}

fn index_of(city: &City, unit: &str) -> u16 {
    let at = city.units.iter().position(|it| it.code == unit).unwrap_or_default();
    u16::try_from(at).expect("a city has at most 10,000 units")
}

/// Takes one appeal of a topic with remaining appeals. Larger topics are drawn more often.
fn pick<'c>(pairs: &[Pair<'c>], left: &mut [u64], rng: &mut StdRng) -> Option<(&'c Category, &'c Region)> {
    let (at, category, region) = *pairs.choose_weighted(rng, |pair| left[pair.0]).ok()?;
    left[at] -= 1;
    Some((category, region))
}

/// Appeals of all topics that lead to a unit somewhere.
fn reach(pairs: Option<&Vec<Pair<'_>>>, left: &[u64]) -> u64 {
    let topics: BTreeSet<usize> = pairs.into_iter().flatten().map(|pair| pair.0).collect();
    topics.iter().map(|topic| left[*topic]).sum()
}
