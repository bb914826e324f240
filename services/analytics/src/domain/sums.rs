//! Sums over a window, and which of them a list of figures needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::contribution::Contribution;
use super::definitions::{Figure, Group, Members, Source};
use super::filter::Filter;
use super::measure::{Dimension, FIRST, Measure, Subject};
use super::tree::Tree;

/// Sums of facts over a window, by dimension, measure and member.
#[derive(Clone, Debug, Default)]
pub struct Sums(HashMap<(Dimension, Measure), BTreeMap<String, i64>>);

impl Sums {
    /// Adds a sum.
    pub fn add(&mut self, dimension: Dimension, member: &str, measure: Measure, value: i64) {
        *self
            .0
            .entry((dimension, measure))
            .or_default()
            .entry(member.to_owned())
            .or_default() += value;
    }

    /// Adds a fact, as it counts at an `as_of` on this day.
    pub fn count(&mut self, contribution: &Contribution, as_of_day: NaiveDate) {
        for (measure, value) in contribution.counted(as_of_day).iter() {
            self.add(Dimension::Total, "", measure, value);
            for (dimension, member) in &contribution.members {
                self.add(*dimension, member, measure, value);
            }
        }
    }

    /// Adds what lead units count to the units above them.
    pub fn lift(&mut self, tree: &Tree) {
        for ((dimension, _), members) in &mut self.0 {
            if *dimension != Dimension::LeadUnit {
                continue;
            }
            for (unit, value) in std::mem::take(members) {
                for above in tree.upwards(&unit) {
                    *members.entry(above.to_owned()).or_default() += value;
                }
            }
        }
    }

    /// Distinct persons of the appeals of a window that begins on this day: those whose previous appeal was before it.
    #[must_use]
    pub fn persons(&self, from: NaiveDate) -> i64 {
        let from = from.to_string();
        let appeals = self.of(Dimension::PersonBefore, &[Measure::AppealsReceived]);
        appeals
            // Days of four-digit years are in the order of their texts.
            .filter(|(before, _)| *before == FIRST || *before < from.as_str())
            .map(|(_, value)| value)
            .sum()
    }

    /// The total of some measures.
    #[must_use]
    pub fn total(&self, measures: &[Measure]) -> i64 {
        self.of(Dimension::Total, measures).map(|(_, value)| value).sum()
    }

    /// Members of a dimension with their sums of each measure.
    pub fn of(&self, dimension: Dimension, measures: &[Measure]) -> impl Iterator<Item = (&str, i64)> {
        measures.iter().flat_map(move |measure| {
            self.0
                .get(&(dimension, *measure))
                .into_iter()
                .flatten()
                .map(|(member, value)| (member.as_str(), *value))
        })
    }

    /// Sums by the codes that a group prints, by code.
    #[must_use]
    pub fn by_code(&self, group: &Group, measures: &[Measure]) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for (member, value) in self.of(group.dimension, measures) {
            if let Some(code) = group.code_of(member) {
                *sums.entry(code.to_owned()).or_default() += value;
            }
        }
        sums
    }

    /// Members of a group with their sums, in the order of print.
    #[must_use]
    pub fn members(&self, group: &Group, measures: &[Measure]) -> Vec<(String, i64)> {
        let sums = self.by_code(group, measures);
        if let Members::Listed(listed) = &group.members {
            let value = |code: &str| sums.get(code).copied().unwrap_or_default();
            return listed
                .iter()
                .map(|member| (member.code.clone(), value(&member.code)))
                .collect();
        }
        let mut members: Vec<(String, i64)> = sums.into_iter().filter(|(_, value)| *value != 0).collect();
        // The sort is stable: equal sums stay in the order of their codes.
        members.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
        members
    }

    /// The sum that a source names.
    #[must_use]
    pub fn source(&self, source: &Source) -> i64 {
        match &source.group {
            None => self.total(&source.measures),
            Some(group) => self.chosen(group, source).into_iter().map(|(_, value)| value).sum(),
        }
    }

    /// The members of a source's group that count, with their sums.
    #[must_use]
    pub fn chosen(&self, group: &Group, source: &Source) -> Vec<(String, i64)> {
        let mut members = self.members(group, &source.measures);
        if let Some(top) = source.top {
            members.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
            members.truncate(top);
        }
        members
    }
}

/// Sums by the filter of the facts that they count.
#[derive(Clone, Debug, Default)]
pub struct Counted(HashMap<Filter, Sums>);

impl Counted {
    /// The sums of a filter, to be added to.
    pub fn under(&mut self, filter: &Filter) -> &mut Sums {
        self.0.entry(filter.clone()).or_default()
    }

    /// The sums that a figure is made of; none when nothing was counted for its filter.
    #[must_use]
    pub fn of(&self, figure: &Figure) -> Option<&Sums> {
        self.0.get(&figure.filter)
    }

    /// As [`Sums::lift`], for every filter.
    pub fn lift(&mut self, tree: &Tree) {
        for sums in self.0.values_mut() {
            sums.lift(tree);
        }
    }
}

/// The roll-ups that some figures need, in parts that are read together. Totals have most of the measures and few rows,
/// members the reverse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(BTreeMap<Kind, Split>);

/// Which roll-ups a part has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Those that count after a due day, or those that count at once.
    pub due: bool,
    /// Those of members, or the totals.
    pub members: bool,
}

/// Measures and dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Measures.
    pub measures: BTreeSet<Measure>,
    /// Dimensions.
    pub dimensions: BTreeSet<Dimension>,
}

impl Wanted {
    /// What these figures need. One with a filter needs none, because it is counted from the facts; nor does a stock.
    #[must_use]
    pub fn by<'f>(figures: impl IntoIterator<Item = &'f Figure>) -> Self {
        let mut wanted = Self::default();
        for figure in figures.into_iter().filter(|figure| figure.filter.is_empty()) {
            let each = figure.each.as_ref().or(figure.numerator.group.as_ref());
            wanted.add(
                &figure.numerator,
                each.map_or(Dimension::Total, |group| group.dimension),
            );
            if let Some(by) = &figure.denominator {
                let group = by.group.as_ref();
                wanted.add(by, group.map_or(Dimension::Total, |group| group.dimension));
            }
        }
        wanted
    }

    /// What these columns need, for rows of a dimension with their total.
    #[must_use]
    pub fn split_by<'f>(columns: impl IntoIterator<Item = &'f Figure>, dimension: Dimension) -> Self {
        let mut wanted = Self::default();
        for column in columns.into_iter().filter(|column| column.filter.is_empty()) {
            for source in column.sources() {
                wanted.add(source, Dimension::Total);
                wanted.add(source, dimension);
            }
        }
        wanted
    }

    /// The parts that are not empty.
    pub fn parts(&self) -> impl Iterator<Item = (Kind, &Split)> {
        self.0.iter().map(|(kind, split)| (*kind, split))
    }

    fn add(&mut self, source: &Source, dimension: Dimension) {
        let subject = source.subject();
        if subject == Subject::Person {
            self.insert(Measure::AppealsReceived, Dimension::PersonBefore);
        }
        for measure in source.measures.iter().filter(|_| subject.adds_up()) {
            self.insert(*measure, dimension);
        }
    }

    fn insert(&mut self, measure: Measure, dimension: Dimension) {
        let kind = Kind {
            due: measure.is_due(),
            members: dimension != Dimension::Total,
        };
        let split = self.0.entry(kind).or_default();
        split.measures.insert(measure);
        split.dimensions.insert(dimension);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contribution::{ALWAYS, Tally};
    use crate::domain::definitions::{COMPILED_IN, Definitions};

    #[test]
    fn the_bulletin_needs_few_dimensions_and_fewer_by_due_day() {
        let definitions = Definitions::parse(COMPILED_IN, 2).expect("checked by its own test");
        let of = |wanted: &Wanted, due, members| -> Split {
            let found = wanted.parts().find(|(kind, _)| *kind == Kind { due, members });
            found.map(|(_, split)| split.clone()).unwrap_or_default()
        };
        let wanted = Wanted::by(&definitions.figures);
        let due = of(&wanted, true, true);
        assert_eq!(Vec::from_iter(due.dimensions), [Dimension::Seat]);
        assert_eq!(Vec::from_iter(due.measures), [Measure::OrdersOnTime]);
        let members = of(&wanted, false, true);
        assert!(!members.dimensions.contains(&Dimension::LeadUnit));
        assert!(
            members.dimensions.contains(&Dimension::PersonBefore),
            "distinct persons"
        );
        let measures = [
            Measure::AppealsReceived,
            Measure::OrdersOpened,
            Measure::AccountMessages,
        ];
        assert_eq!(Vec::from_iter(members.measures), measures);
        let totals = of(&wanted, false, false);
        assert_eq!(Vec::from_iter(totals.dimensions), [Dimension::Total]);
        assert!(!totals.measures.contains(&Measure::LibraryPolicies));
        let columns = Wanted::split_by(&definitions.columns, Dimension::LeadUnit);
        for due in [false, true] {
            let [members, totals] = [true, false].map(|members| of(&columns, due, members));
            assert_eq!(Vec::from_iter(members.dimensions), [Dimension::LeadUnit]);
            assert_eq!(members.measures, totals.measures);
        }
    }

    #[test]
    fn persons_are_the_appeals_without_an_earlier_one_in_the_window() {
        let day = |day| NaiveDate::from_ymd_opt(2024, 4, day).expect("a day of April");
        let mut sums = Sums::default();
        for (before, value) in [("first", 5), ("2024-03-31", 3), ("2024-04-02", 2)] {
            sums.add(Dimension::PersonBefore, before, Measure::AppealsReceived, value);
        }
        for (from, persons) in [(1, 8), (2, 8), (3, 10)] {
            assert_eq!(sums.persons(day(from)), persons, "{from}");
        }
    }

    #[test]
    fn a_fact_counts_in_the_total_and_under_each_member_and_units_count_for_those_above() {
        let mut tally = Tally::on(ALWAYS);
        tally.under(Dimension::LeadUnit, "c");
        tally.under(Dimension::Tag, "x");
        tally.under(Dimension::Tag, "y");
        tally.count(Measure::OrdersOpened, 1);
        let mut tree = Tree::default();
        tree.add("c".to_owned(), "b".to_owned());
        tree.add("b".to_owned(), "a".to_owned());
        let contribution = tally.finish();
        let mut sums = Sums::default();
        sums.count(&contribution, NaiveDate::MAX);
        sums.lift(&tree);
        // The fact is lifted as the sums are.
        let mut lifted = contribution.clone();
        tree.lift(&mut lifted);
        let mut directly = Sums::default();
        directly.count(&lifted, NaiveDate::MAX);
        let measures = [Measure::OrdersOpened];
        for (dimension, members) in [
            (Dimension::Total, &[("", 1)][..]),
            (Dimension::Tag, &[("x", 1), ("y", 1)]),
            (Dimension::LeadUnit, &[("a", 1), ("b", 1), ("c", 1)]),
            (Dimension::Unit, &[]),
        ] {
            assert_eq!(sums.of(dimension, &measures).collect::<Vec<_>>(), members);
            assert_eq!(directly.of(dimension, &measures).collect::<Vec<_>>(), members);
        }
    }
}
