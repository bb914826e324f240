//! Units in force: a forest with bureaus and counties at the top and sub-units below (domain.md §3).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use hotline_proto::region::folded;
use hotline_proto::routing::{UnitKind, UnitLevel};

use super::catalogue::CatalogueRow;
use super::violation::Violation;

/// Maximum number of levels. A city needs about four: city, county or bureau, township, office. The rest is reserve.
pub const MAX_LEVELS: usize = 8;

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Code, unique.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Code of the unit above; `None` for a top-level unit.
    pub parent: Option<String>,
    /// Codes of the regions that it is responsible for, sorted.
    pub regions: Vec<String>,
    /// Its kind. Units are compared within their kind.
    pub kind: UnitKind,
    /// Its level. It is never above its parent's.
    pub level: UnitLevel,
}

/// A unit as its publisher sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentUnit {
    /// Code, unique.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Code of the unit above; `None` for a top-level unit.
    pub parent: Option<String>,
    /// Codes of the regions that it is responsible for, sorted.
    pub regions: Vec<String>,
    /// Its kind; `None` for that of the unit above.
    pub kind: Option<UnitKind>,
    /// Its level; `None` for that of the unit above.
    pub level: Option<UnitLevel>,
}

/// One version of all units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    by_code: BTreeMap<String, Unit>,
}

impl Units {
    /// Takes units from [`check`]. Of two units with the same code the last one counts.
    #[must_use]
    pub fn new(units: Vec<Unit>) -> Self {
        Self {
            by_code: units.into_iter().map(|unit| (unit.code.clone(), unit)).collect(),
        }
    }

    /// Whether the code is one of the units.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }

    /// All units, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.by_code.values()
    }

    /// The unit and those above it, upwards. A code that is not in force has only itself, so orders of a retired unit
    /// stay with it.
    #[must_use]
    pub fn lineage<'a>(&'a self, code: &'a str) -> Vec<&'a str> {
        let mut lineage = vec![code];
        let mut at = code;
        while let Some(parent) = self.by_code.get(at).and_then(|unit| unit.parent.as_deref()) {
            // A published version has no cycle and no more levels. This limit ends the loop in a database that was
            // tampered with.
            if lineage.len() == MAX_LEVELS {
                break;
            }
            lineage.push(parent);
            at = parent;
        }
        lineage
    }

    /// The top-level unit above, or the unit itself.
    #[must_use]
    pub fn top_of<'a>(&'a self, code: &'a str) -> &'a str {
        self.lineage(code).last().copied().unwrap_or(code)
    }

    /// Whether `code` is `above` or a unit below it.
    #[must_use]
    pub fn is_within(&self, code: &str, above: &str) -> bool {
        self.lineage(code).contains(&above)
    }

    /// The lead unit in place of `unit`. An accused unit and the units below it never lead; the superior of the accused
    /// unit does (domain.md §4). `None` when the accused unit has no superior or is unknown; then a dispatcher decides.
    #[must_use]
    pub fn lead_instead<'a>(&'a self, unit: &'a str, accused: Option<&str>) -> Option<&'a str> {
        let Some(accused) = accused else { return Some(unit) };
        let accused = self.by_code.get(accused)?;
        if self.is_within(unit, &accused.code) {
            accused.parent.as_deref()
        } else {
            Some(unit)
        }
    }

    /// The unit and all units below it.
    #[must_use]
    pub fn below(&self, above: &str) -> Vec<String> {
        let mut found: BTreeSet<String> = self
            .by_code
            .keys()
            .filter(|code| self.is_within(code, above))
            .cloned()
            .collect();
        found.insert(above.to_owned());
        found.into_iter().collect()
    }

    /// Regions of the unit and of those below it, each as the shortest code of its place.
    #[must_use]
    pub fn regions(&self, above: &str) -> Vec<&str> {
        let below = self.below(above);
        let units = below.iter().filter_map(|code| self.by_code.get(code));
        let found: BTreeSet<&str> = units
            .flat_map(|unit| unit.regions.iter().map(|region| folded(region)))
            .collect();
        found.into_iter().collect()
    }
}

/// Whether a place lies in one of the regions that [`Units::regions`] gives.
#[must_use]
pub fn lies_in(place: &str, regions: &[&str]) -> bool {
    regions.iter().any(|region| place.starts_with(region))
}

/// The units with their kinds and levels.
///
/// # Errors
/// All faults before they are published: duplicates, unknown parents, cycles, too many levels, top-level units without
/// kind or level, and levels above the parent's.
pub fn check(units: &[SentUnit]) -> Result<Vec<Unit>, Vec<Violation>> {
    let mut violations = Vec::new();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        if let Some(earlier) = first.get(unit.code.as_str()) {
            violations.push(Violation::new(
                format!("units[{at}].code"),
                format!("should be unique; units[{earlier}] has it too"),
            ));
        } else {
            first.insert(&unit.code, at);
        }
    }
    let sent = Sent { units, first };
    violations.extend((0..units.len()).filter_map(|at| sent.wrong_parent(at)));
    let complete: Vec<Unit> = (0..units.len())
        .filter_map(|at| match sent.complete(at) {
            Ok(unit) => Some(unit),
            Err(wrong) => {
                violations.extend(wrong);
                None
            }
        })
        .collect();
    if violations.is_empty() {
        Ok(complete)
    } else {
        Err(violations)
    }
}

/// A catalogue row that names none of the units in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The row.
    pub row: CatalogueRow,
    /// First day on which the row would find no unit.
    pub day: NaiveDate,
}

/// One violation for each catalogue row whose unit is missing from the new units.
#[must_use]
pub fn named_elsewhere(orphans: &[Orphan]) -> Vec<Violation> {
    orphans
        .iter()
        .map(|Orphan { row, day }| {
            let all = |prefix: &str| {
                if prefix.is_empty() {
                    "all".to_owned()
                } else {
                    prefix.to_owned()
                }
            };
            Violation::new(
                "units".to_owned(),
                format!(
                    "should have {}: on {day} row {} of the catalogue (category {}, region {}) names it; publish a \
                     catalogue without it first",
                    row.unit,
                    row.row,
                    all(&row.category),
                    all(&row.region)
                ),
            )
        })
        .collect()
}

/// All units of a publication, with the first one of each code.
struct Sent<'s> {
    units: &'s [SentUnit],
    first: BTreeMap<&'s str, usize>,
}

impl<'s> Sent<'s> {
    fn parent(&self, unit: &SentUnit) -> Option<&'s SentUnit> {
        let parent = unit.parent.as_deref()?;
        self.first.get(parent).map(|at| &self.units[*at])
    }

    /// The unit and those above it, upwards, at most [`MAX_LEVELS`] and one.
    fn upwards(&self, unit: &'s SentUnit) -> impl Iterator<Item = &'s SentUnit> {
        std::iter::successors(Some(unit), |unit| self.parent(unit)).take(MAX_LEVELS + 1)
    }

    /// The fault of a unit's parents. The way up must end at a top-level unit.
    fn wrong_parent(&self, at: usize) -> Option<Violation> {
        let unit = &self.units[at];
        let parent = unit.parent.as_deref()?;
        let wrong = if !self.first.contains_key(parent) {
            "should be empty or the code of one of these units".to_owned()
        } else if self.upwards(unit).skip(1).any(|above| above.code == unit.code) {
            "should not lead back to the unit itself".to_owned()
        } else if self.upwards(unit).count() > MAX_LEVELS {
            format!("should lead to the top within {MAX_LEVELS} levels")
        } else {
            return None;
        };
        Some(Violation::new(format!("units[{at}].parent"), wrong))
    }

    /// The unit with its kind and level.
    fn complete(&self, at: usize) -> Result<Unit, Vec<Violation>> {
        let unit = &self.units[at];
        let kind = self.upwards(unit).find_map(|above| above.kind);
        let level = self.upwards(unit).find_map(|above| above.level);
        let mut wrong = Vec::new();
        if unit.parent.is_none() {
            let missing = [("kind", kind.is_none()), ("level", level.is_none())];
            wrong.extend(missing.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| {
                let what = format!("should be set: {} is a top-level unit", unit.code);
                Violation::new(format!("units[{at}].{field}"), what)
            }));
        }
        let above = self.upwards(unit).skip(1).find_map(|above| above.level);
        if let Some((own, above)) = unit.level.zip(above).filter(|(own, above)| is_above(*own, *above)) {
            let parent = unit.parent.as_deref().unwrap_or_default();
            let [own, above] = [own, above].map(level_name);
            let what = format!(
                "should not be above that of the parent: {} is {own}, {parent} is {above}",
                unit.code
            );
            wrong.push(Violation::new(format!("units[{at}].level"), what));
        }
        match (kind, level) {
            (Some(kind), Some(level)) if wrong.is_empty() => Ok(Unit {
                code: unit.code.clone(),
                name: unit.name.clone(),
                parent: unit.parent.clone(),
                regions: unit.regions.clone(),
                kind,
                level,
            }),
            // Without kind or level, and without a violation of its own, a unit is below one that has a violation.
            _ => Err(wrong),
        }
    }
}

/// Whether the first level is above the second. The contract numbers the levels downwards.
fn is_above(one: UnitLevel, other: UnitLevel) -> bool {
    i32::from(one) < i32::from(other)
}

/// Name of a level for messages, such as `COUNTY`.
#[must_use]
pub fn level_name(level: UnitLevel) -> &'static str {
    level.as_str_name().trim_start_matches("UNIT_LEVEL_")
}

/// Name of a kind for messages, such as `BUREAU`.
#[must_use]
pub fn kind_name(kind: UnitKind) -> &'static str {
    kind.as_str_name().trim_start_matches("UNIT_KIND_")
}

#[cfg(test)]
#[path = "units_tests.rs"]
mod tests;
