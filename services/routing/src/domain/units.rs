//! Units in force: a forest, cities' bureaus and counties at the top, sub-units below (domain.md §3).

use std::collections::{BTreeMap, BTreeSet};

use super::directory::Violation;

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Code, unique.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Code of the unit above; none for a top-level unit.
    pub parent: Option<String>,
}

/// One version of all units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    by_code: BTreeMap<String, Unit>,
}

impl Units {
    /// Takes units that [`check`] found right; of a code that stands there twice the last one counts.
    #[must_use]
    pub fn new(units: Vec<Unit>) -> Self {
        Self {
            by_code: units.into_iter().map(|unit| (unit.code.clone(), unit)).collect(),
        }
    }

    /// Whether the code is one of them.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }

    /// All, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.by_code.values()
    }

    /// The unit and those above it, upwards. A code that is not in force stands alone, so that the orders of a unit
    /// that was given up stay with it.
    #[must_use]
    pub fn lineage<'a>(&'a self, code: &'a str) -> Vec<&'a str> {
        let mut lineage = vec![code];
        let mut at = code;
        while let Some(parent) = self.by_code.get(at).and_then(|unit| unit.parent.as_deref()) {
            // A cycle cannot be published; a database that was tampered with must not hang us.
            if lineage.contains(&parent) {
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

    /// Whether `code` is `above` or below it.
    #[must_use]
    pub fn is_within(&self, code: &str, above: &str) -> bool {
        self.lineage(code).contains(&above)
    }

    /// The unit and all below it.
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
}

/// Everything that is wrong with units somebody wants to publish: duplicates, unknown parents, cycles.
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
        } else if in_cycle(unit, units, &first) {
            violations.push(Violation::new(
                format!("units[{at}].parent"),
                "should not lead back to the unit itself".to_owned(),
            ));
        }
    }
    violations
}

fn in_cycle(unit: &Unit, units: &[Unit], first: &BTreeMap<&str, usize>) -> bool {
    let mut parent = unit.parent.as_deref();
    // A path without a cycle has fewer steps than there are units.
    for _ in 0..=units.len() {
        match parent {
            None => return false,
            Some(code) if code == unit.code => return true,
            Some(code) => parent = first.get(code).and_then(|at| units[*at].parent.as_deref()),
        }
    }
    // Led into a cycle of others; their own rows are the violation.
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(code: &str, parent: &str) -> Unit {
        Unit {
            code: code.to_owned(),
            name: code.to_owned(),
            parent: (!parent.is_empty()).then(|| parent.to_owned()),
        }
    }

    #[test]
    fn a_unit_sees_itself_and_what_is_below() {
        let units = Units::new(vec![unit("a", ""), unit("b", "a"), unit("c", "b"), unit("d", "")]);
        assert_eq!(units.lineage("c"), ["c", "b", "a"]);
        assert_eq!(units.top_of("c"), "a");
        assert_eq!(units.below("b"), ["b", "c"]);
        assert!(units.is_within("c", "a") && !units.is_within("a", "c") && !units.is_within("d", "a"));
        assert_eq!(units.top_of("gone"), "gone", "a unit that is no more stands alone");
        assert_eq!(units.below("gone"), ["gone"]);
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
                "units[5].parent"
            ]
        );
        assert_eq!(check(&[unit("a", ""), unit("b", "a")]), []);
    }
}
