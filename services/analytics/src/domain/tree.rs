//! The tree of units in force on a day. A unit's figures include those of the units below it.

use std::collections::{BTreeSet, HashMap};

use super::contribution::Contribution;
use super::measure::Dimension;

/// Units with the units above them.
#[derive(Clone, Debug, Default)]
pub struct Tree(HashMap<String, String>);

impl Tree {
    /// Adds a unit below another; an empty parent makes it a top-level unit.
    pub fn add(&mut self, unit: String, parent: String) {
        self.0.insert(unit, parent);
    }

    /// The unit above; none for a top-level unit, and for one that was never published.
    #[must_use]
    pub fn parent(&self, unit: &str) -> Option<&str> {
        self.0.get(unit).map(String::as_str).filter(|parent| !parent.is_empty())
    }

    /// The unit and those above it. Rows of several publications may form a ring, so each unit occurs once.
    #[must_use]
    pub fn upwards<'t>(&'t self, unit: &'t str) -> Vec<&'t str> {
        let mut way = vec![unit];
        let mut at = unit;
        while let Some(parent) = self.parent(at) {
            if way.contains(&parent) {
                break;
            }
            way.push(parent);
            at = parent;
        }
        way
    }

    /// The unit and those below it.
    #[must_use]
    pub fn downwards(&self, unit: &str) -> BTreeSet<String> {
        let below = self.0.keys().filter(|code| self.upwards(code).contains(&unit));
        below.cloned().chain([unit.to_owned()]).collect()
    }

    /// Counts a fact under the units above its lead unit too.
    pub fn lift(&self, contribution: &mut Contribution) {
        let above: Vec<String> = contribution
            .members_of(Dimension::LeadUnit)
            .flat_map(|unit| self.upwards(unit).into_iter().skip(1))
            .map(str::to_owned)
            .collect();
        let members = above.into_iter().map(|unit| (Dimension::LeadUnit, unit));
        contribution.members.extend(members);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(units: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (unit, parent) in units {
            tree.add((*unit).to_owned(), (*parent).to_owned());
        }
        tree
    }

    #[test]
    fn a_unit_has_those_above_and_below_it() {
        let tree = tree(&[("a", ""), ("b", "a"), ("c", "b"), ("d", "a"), ("e", "")]);
        assert_eq!(tree.upwards("c"), ["c", "b", "a"]);
        assert_eq!(tree.upwards("unknown"), ["unknown"]);
        assert_eq!(Vec::from_iter(tree.downwards("a")), ["a", "b", "c", "d"]);
        assert_eq!(Vec::from_iter(tree.downwards("c")), ["c"]);
        assert_eq!(Vec::from_iter(tree.downwards("unknown")), ["unknown"]);
        assert_eq!((tree.parent("b"), tree.parent("a")), (Some("a"), None));
    }

    #[test]
    fn a_ring_ends() {
        let tree = tree(&[("a", "b"), ("b", "a")]);
        assert_eq!(tree.upwards("a"), ["a", "b"]);
        assert_eq!(Vec::from_iter(tree.downwards("a")), ["a", "b"]);
    }
}
