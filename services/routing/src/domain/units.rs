//! Units in force: a forest with bureaus and counties at the top and sub-units below (domain.md §3).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use hotline_proto::region::folded;

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
}

/// One version of all units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    by_code: BTreeMap<String, Unit>,
}

impl Units {
    /// Takes units that passed [`check`]. Of two units with the same code the last one counts.
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

/// All faults of units before they are published: duplicates, unknown parents, cycles, too many levels.
#[must_use]
pub fn check(units: &[Unit]) -> Vec<Violation> {
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
    for (at, unit) in units.iter().enumerate() {
        let Some(parent) = &unit.parent else { continue };
        if !first.contains_key(parent.as_str()) {
            violations.push(Violation::new(
                format!("units[{at}].parent"),
                "should be empty or the code of one of these units".to_owned(),
            ));
        } else if let Some(wrong) = endless(unit, units, &first) {
            violations.push(Violation::new(format!("units[{at}].parent"), wrong));
        }
    }
    violations
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

/// The fault of a unit's parents. The way up must end at a top-level unit.
fn endless(unit: &Unit, units: &[Unit], first: &BTreeMap<&str, usize>) -> Option<String> {
    let mut parent = unit.parent.as_deref();
    for _ in 0..MAX_LEVELS {
        match parent {
            None => return None,
            Some(code) if code == unit.code => return Some("should not lead back to the unit itself".to_owned()),
            Some(code) => parent = first.get(code).and_then(|at| units[*at].parent.as_deref()),
        }
    }
    Some(format!("should lead to the top within {MAX_LEVELS} levels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(code: &str, parent: &str) -> Unit {
        Unit {
            code: code.to_owned(),
            name: code.to_owned(),
            parent: (!parent.is_empty()).then(|| parent.to_owned()),
            regions: Vec::new(),
        }
    }

    #[test]
    fn a_place_lies_in_the_regions_of_a_unit_and_of_those_below_it() {
        let of = |code: &str, parent: &str, regions: &[&str]| Unit {
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            ..unit(code, parent)
        };
        let units = Units::new(vec![
            of("county", "", &["430302000000"]),
            of("town", "county", &["430302001", "430304002"]),
            of("city", "", &["430300"]),
        ]);
        assert_eq!(units.regions("county"), ["430302", "430302001", "430304002"]);
        assert_eq!(units.regions("gone"), [""; 0]);
        for (place, unit, lies) in [
            ("430302", "county", true),
            ("430302009001", "county", true),
            ("430304002001", "county", true),
            ("430304001", "county", false),
            ("430302001000", "town", true),
            ("430302", "town", false),
            ("430302002", "town", false),
            ("430300", "city", true),
            ("430302", "city", false),
        ] {
            assert_eq!(lies_in(place, &units.regions(unit)), lies, "{place} {unit}");
        }
    }

    #[test]
    fn a_unit_sees_itself_and_what_is_below() {
        let units = Units::new(vec![unit("a", ""), unit("b", "a"), unit("c", "b"), unit("d", "")]);
        assert_eq!(units.lineage("c"), ["c", "b", "a"]);
        assert_eq!(units.top_of("c"), "a");
        assert_eq!(units.below("b"), ["b", "c"]);
        assert!(units.is_within("c", "a") && !units.is_within("a", "c") && !units.is_within("d", "a"));
        assert_eq!(units.top_of("gone"), "gone", "a retired unit has only itself");
        assert_eq!(units.below("gone"), ["gone"]);
    }

    #[test]
    fn the_accused_never_leads_its_superior_does() {
        let units = Units::new(vec![unit("a", ""), unit("b", "a"), unit("c", "b"), unit("d", "")]);
        for (catalogued, accused, lead) in [
            ("c", None, Some("c")),
            ("c", Some("c"), Some("b")),
            ("c", Some("b"), Some("a")),
            ("b", Some("c"), Some("b")),
            ("d", Some("b"), Some("d")),
            ("c", Some("a"), None),
            ("d", Some("d"), None),
            ("c", Some("gone"), None),
        ] {
            assert_eq!(
                units.lead_instead(catalogued, accused),
                lead,
                "{catalogued} {accused:?}"
            );
        }
    }

    #[test]
    fn a_row_that_would_find_no_unit_is_named_with_its_day() {
        let orphan = Orphan {
            row: CatalogueRow {
                row: "r-7".to_owned(),
                category: "0102".to_owned(),
                region: String::new(),
                unit: "water".to_owned(),
            },
            day: NaiveDate::from_ymd_opt(2024, 5, 1).expect("a day"),
        };
        let told = named_elsewhere(&[orphan]);
        assert_eq!(told.len(), 1);
        for part in ["water", "r-7", "0102", "region all", "2024-05-01"] {
            assert!(told[0].description.contains(part), "{told:?}");
        }
    }

    #[test]
    fn every_violation_is_told() {
        let found = check(&[
            unit("a", ""),
            unit("a", ""),
            unit("b", "nobody"),
            unit("c", "d"),
            unit("d", "c"),
            unit("e", "e"),
            unit("f", "c"),
        ]);
        let fields: Vec<&str> = found.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "units[1].code",
                "units[2].parent",
                "units[3].parent",
                "units[4].parent",
                "units[5].parent",
                "units[6].parent"
            ]
        );
        assert_eq!(check(&[unit("a", ""), unit("b", "a")]), []);
        let chain = |levels: usize| -> Vec<Unit> {
            let parent = |at: usize| at.checked_sub(1).map(|above| above.to_string()).unwrap_or_default();
            (0..levels).map(|at| unit(&at.to_string(), &parent(at))).collect()
        };
        assert_eq!(check(&chain(MAX_LEVELS)), []);
        let deep = chain(MAX_LEVELS);
        let lowest = (MAX_LEVELS - 1).to_string();
        assert_eq!(
            Units::new(deep).lineage(&lowest).len(),
            MAX_LEVELS,
            "all violations are found"
        );
        let found = check(&chain(MAX_LEVELS + 1));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
