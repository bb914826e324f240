//! 派单目录: the lead unit for each category and region.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use hotline_proto::region::folded;

use super::violation::Violation;

/// One row. The longest category prefix wins, then the longest region prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueRow {
    /// Id of the row, unique.
    pub row: String,
    /// Category code or prefix; empty matches all.
    pub category: String,
    /// Region code or prefix; empty matches all. 430300 is the city itself, 4303 the city with all its regions.
    pub region: String,
    /// Code of the lead unit.
    pub unit: String,
}

/// One version of the whole catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    rows: Vec<CatalogueRow>,
    /// Maps a category, then a region in its shortest code, to the index of the row in `rows`.
    places: HashMap<String, HashMap<String, usize>>,
}

impl Catalogue {
    /// Takes rows that passed [`check`].
    #[must_use]
    pub fn new(rows: Vec<CatalogueRow>) -> Self {
        let mut places: HashMap<String, HashMap<String, usize>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            let of_category = places.entry(row.category.clone()).or_default();
            of_category.insert(folded(&row.region).to_owned(), at);
        }
        Self { rows, places }
    }

    /// All rows, in the given order.
    #[must_use]
    pub fn rows(&self) -> &[CatalogueRow] {
        &self.rows
    }

    /// The row for this category and region, if one covers them. The longest category with a row for the place wins,
    /// then the longest region.
    ///
    /// Rows cannot tie: the pair of category and region is unique, with regions folded to their shortest code. A
    /// catalogue may have a hundred thousand rows, so both codes are looked up by their prefixes.
    #[must_use]
    pub fn find(&self, category: &str, region: &str) -> Option<&CatalogueRow> {
        let region = folded(region);
        let of_categories = beginnings(category).filter_map(|category| self.places.get(category));
        let mut found = of_categories.flat_map(|regions| beginnings(region).filter_map(|region| regions.get(region)));
        found.next().and_then(|at| self.rows.get(*at))
    }
}

/// The prefixes of a code, longest first, down to the empty one.
fn beginnings(code: &str) -> impl Iterator<Item = &str> {
    (0..=code.len()).rev().filter_map(|length| code.get(..length))
}

/// All faults of a catalogue before it is published: duplicates, and units that are not in force for its whole time.
/// `missing` gives the first day on which a unit is not in force.
#[must_use]
pub fn check(rows: &[CatalogueRow], missing: &BTreeMap<String, NaiveDate>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut keys: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let Some(earlier) = ids.insert(&row.row, at) {
            violations.push(Violation::new(
                format!("rows[{at}].row"),
                format!("should be unique; rows[{earlier}] has it too"),
            ));
        }
        if let Some(earlier) = keys.insert((&row.category, folded(&row.region)), at) {
            violations.push(Violation::new(
                format!("rows[{at}].category"),
                format!("should differ from rows[{earlier}] in category or region"),
            ));
        }
        if let Some(day) = missing.get(&row.unit) {
            violations.push(Violation::new(
                format!("rows[{at}].unit"),
                format!("should be the code of a unit that is in force as long as the catalogue; on {day} it is not"),
            ));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(row: &str, category: &str, region: &str, unit: &str) -> CatalogueRow {
        CatalogueRow {
            row: row.to_owned(),
            category: category.to_owned(),
            region: region.to_owned(),
            unit: unit.to_owned(),
        }
    }

    #[test]
    fn the_longest_category_wins_then_the_longest_region() {
        let catalogue = Catalogue::new(vec![
            row("region-only", "", "430302", "a"),
            row("broad", "01", "4303", "a"),
            row("exact-city", "0102", "", "a"),
            row("exact-district", "0102", "430302", "a"),
        ]);
        for (category, region, found) in [
            ("010203", "430302", Some("exact-district")),
            ("010203", "430304", Some("exact-city")),
            ("0103", "430302", Some("broad")),
            ("02", "430302", Some("region-only")),
            ("02", "430304", None),
            ("01", "999999", None),
        ] {
            assert_eq!(
                catalogue.find(category, region).map(|r| r.row.as_str()),
                found,
                "{category} {region}"
            );
        }
    }

    #[test]
    fn a_place_is_led_by_the_row_of_what_it_lies_in() {
        let catalogue = Catalogue::new(vec![
            row("all", "", "4303", "a"),
            row("itself", "", "430300", "a"),
            row("district", "", "430302000000", "a"),
            row("street", "", "430302001", "a"),
            row("village", "", "430302001001", "a"),
        ]);
        for (region, found) in [
            ("430300", "itself"),
            ("430300000000", "itself"),
            ("430304", "all"),
            ("430302", "district"),
            ("430302000000", "district"),
            ("430302002", "district"),
            ("430302001000", "street"),
            ("430302001002", "street"),
            ("430302001001", "village"),
        ] {
            assert_eq!(
                catalogue.find("01", region).map(|r| r.row.as_str()),
                Some(found),
                "{region}"
            );
        }
    }

    #[test]
    fn every_violation_is_told() {
        let day = NaiveDate::from_ymd_opt(2024, 5, 1).expect("a day");
        let missing = BTreeMap::from([("b".to_owned(), day)]);
        let found = check(
            &[
                row("1", "01", "", "a"),
                row("1", "02", "", "b"),
                row("3", "01", "", "a"),
                row("4", "01", "430302", "a"),
                row("5", "01", "430302000000", "a"),
            ],
            &missing,
        );
        let fields: Vec<&str> = found.iter().map(|v| v.field.as_str()).collect();
        assert!(found[1].description.contains("2024-05-01"), "{found:?}");
        assert_eq!(
            fields,
            ["rows[1].row", "rows[1].unit", "rows[2].category", "rows[4].category"]
        );
    }
}
