//! Topics and regions of the cases, drawn so that the catalogue gives every unit its target number of orders.
//!
//! Topics count appeals, and units count orders. The catalogue connects them: the orders of a unit are drawn from the
//! (topic, region) pairs that lead to it. The remaining appeals of a topic were answered at once.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::PlanError;
use crate::city::{Category, City, Region};
use crate::scenario::Scenario;

/// Topic and region of a case, and the lead of its order.
pub(super) struct Matter<'c> {
    pub(super) category: &'c Category,
    pub(super) region: &'c Region,
    pub(super) lead: Lead<'c>,
}

/// The lead of an order.
pub(super) enum Lead<'c> {
    /// None: the appeal was answered at once.
    Nobody,
    /// The catalogue's unit below this top-level unit.
    Catalogue { top: &'c str },
    /// The unit that a person dispatches to.
    Person { unit: &'c str },
}

impl Matter<'_> {
    pub(super) fn is_order(&self) -> bool {
        !matches!(self.lead, Lead::Nobody)
    }
}

/// A topic in a region.
type Pair<'c> = (&'c Category, &'c Region);

/// All matters in random order.
pub(super) fn draw<'c>(scenario: &Scenario, city: &'c City, rng: &mut StdRng) -> Result<Vec<Matter<'c>>, PlanError> {
    let mut left = appeals_by_topic(scenario, city, rng)?;
    let (by_unit, uncovered) = pairs(city);
    let mut quotas = orders_by_unit(scenario, city, &by_unit, &left, rng)?;
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
                lead: Lead::Catalogue { top: unit },
            });
        }
    }
    for topic in city.topics() {
        for _ in 0..left.get(topic.code.as_str()).copied().unwrap_or_default() {
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

/// Number of appeals of each topic. The scenario sets those of the hot topics; the others get similar, smaller numbers.
fn appeals_by_topic<'c>(
    scenario: &Scenario,
    city: &'c City,
    rng: &mut StdRng,
) -> Result<BTreeMap<&'c str, u64>, PlanError> {
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
    let rest = targets.appeals.saturating_sub(targets.topics_top_ten);
    let most = targets.other_topics_max_appeals;
    let room = others.len() as u64 * most;
    if rest > room {
        return Err(PlanError::TooFew {
            what: "appeals of other topics".to_owned(),
            needed: rest,
            found: room,
            right: "add topics to the city",
        });
    }
    let mut counts = vec![0; others.len()];
    if !others.is_empty() {
        let (each, over) = (rest / others.len() as u64, rest % others.len() as u64);
        for (at, count) in counts.iter_mut().enumerate() {
            *count = each + u64::from((at as u64) < over);
        }
        // The numbers vary, but every topic stays large enough for the units that depend on it.
        let least = each * 3 / 4;
        for _ in 0..rest {
            let (from, to) = (rng.gen_range(0..counts.len()), rng.gen_range(0..counts.len()));
            if from != to && counts[from] > least && counts[to] < most {
                counts[from] -= 1;
                counts[to] += 1;
            }
        }
    }
    let hot = city
        .topics()
        .filter_map(|topic| Some((topic.code.as_str(), *hot.get(topic.code.as_str())?)));
    Ok(hot.chain(others.iter().copied().zip(counts)).collect())
}

/// The pairs of each top-level unit by the catalogue, and the pairs without a row.
fn pairs(city: &City) -> (BTreeMap<&str, Vec<Pair<'_>>>, Vec<Pair<'_>>) {
    let (mut by_unit, mut uncovered) = (BTreeMap::<&str, Vec<_>>::new(), Vec::new());
    for topic in city.topics() {
        for region in &city.regions {
            match city.lead_for(&topic.code, &region.code) {
                Some(lead) => by_unit.entry(city.top_unit(lead)).or_default().push((topic, region)),
                None => uncovered.push((topic, region)),
            }
        }
    }
    (by_unit, uncovered)
}

/// Number of orders of each top-level unit. The scenario sets the first ones; the others have fewer.
fn orders_by_unit<'c>(
    scenario: &Scenario,
    city: &'c City,
    by_unit: &BTreeMap<&'c str, Vec<Pair<'c>>>,
    left: &BTreeMap<&'c str, u64>,
    rng: &mut StdRng,
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
    let mut room: Vec<(&str, u64)> = city
        .top_units()
        .filter(|unit| named(&unit.code).is_none())
        .map(|unit| (unit.code.as_str(), most(&unit.code)))
        .filter(|(_, most)| *most > 0)
        .collect();
    let rest = targets.orders.saturating_sub(targets.units_top_ten);
    let found = room.iter().map(|(_, most)| most).sum();
    if rest > found {
        return Err(PlanError::TooFew {
            what: "orders of other units".to_owned(),
            needed: rest,
            found,
            right: "add top-level units and catalogue rows that lead to them",
        });
    }
    for _ in 0..rest {
        let at = rng.gen_range(0..room.len());
        *quotas.entry(room[at].0).or_default() += 1;
        room[at].1 -= 1;
        if room[at].1 == 0 {
            room.remove(at);
        }
    }
    Ok(quotas)
}

/// The orders that the catalogue does not cover. A person dispatches them to the units of districts and counties, which
/// take matters that no bureau leads.
fn by_person<'c>(
    scenario: &Scenario,
    city: &'c City,
    uncovered: &[Pair<'c>],
    quotas: &mut BTreeMap<&'c str, u64>,
    left: &mut BTreeMap<&'c str, u64>,
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
            lead: Lead::Person { unit },
        });
    }
    Ok(matters)
}

/// Takes one appeal of a topic with remaining appeals. Larger topics are drawn more often.
fn pick<'c>(pairs: &[Pair<'c>], left: &mut BTreeMap<&'c str, u64>, rng: &mut StdRng) -> Option<Pair<'c>> {
    let weight = |pair: &Pair<'c>| left.get(pair.0.code.as_str()).copied().unwrap_or_default();
    let pair = *pairs.choose_weighted(rng, weight).ok()?;
    *left.get_mut(pair.0.code.as_str())? -= 1;
    Some(pair)
}

/// Appeals of all topics that lead to a unit somewhere.
fn reach(pairs: Option<&Vec<Pair<'_>>>, left: &BTreeMap<&str, u64>) -> u64 {
    let topics: BTreeSet<&str> = pairs
        .into_iter()
        .flatten()
        .map(|(topic, _)| topic.code.as_str())
        .collect();
    topics.iter().filter_map(|topic| left.get(topic)).sum()
}
