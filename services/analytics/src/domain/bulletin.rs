//! The bulletin: figures from sums. Every figure has a numerator, a denominator and a definition (domain.md §9).

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::change::NameKind;
use super::contribution::Key;
use super::definitions::{Definitions, Figure, Group, Members, Source};
use super::measure::{Dimension, Measure, Subject};

/// Printed for a rate with denominator 0.
pub const NOTHING: &str = "–";

/// A figure as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Key, with the member's code if the figure is expanded.
    pub key: String,
    /// Name in Chinese; an expanded figure has its member's name.
    pub name: String,
    /// Cohort, in words.
    pub cohort: String,
    /// Definition, in words.
    pub definition: String,
    /// Version of the definition.
    pub version: String,
    /// Code of the member; empty for a figure that is not expanded.
    pub member: String,
    /// The count, or the numerator of a rate.
    pub numerator: i64,
    /// The denominator of a rate; 0 for a count.
    pub denominator: i64,
    /// Whether it is a rate.
    pub rate: bool,
    /// The printed value.
    pub value: String,
}

/// Sums of roll-ups over a window.
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

    fn total(&self, measures: &[Measure]) -> i64 {
        self.of(Dimension::Total, measures).map(|(_, value)| value).sum()
    }

    fn of(&self, dimension: Dimension, measures: &[Measure]) -> impl Iterator<Item = (&str, i64)> {
        measures.iter().flat_map(move |measure| {
            self.0
                .get(&(dimension, *measure))
                .into_iter()
                .flatten()
                .map(|(member, value)| (member.as_str(), *value))
        })
    }

    /// Members of a group with their sums, in the order of print.
    fn members(&self, group: &Group, measures: &[Measure]) -> Vec<(String, i64)> {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for (member, value) in self.of(group.dimension, measures) {
            if let Some(code) = group.code_of(member) {
                *sums.entry(code).or_default() += value;
            }
        }
        if let Members::Listed(listed) = &group.members {
            let value = |code: &str| sums.get(code).copied().unwrap_or_default();
            return listed
                .iter()
                .map(|member| (member.code.clone(), value(&member.code)))
                .collect();
        }
        let mut members: Vec<(String, i64)> = sums
            .into_iter()
            .filter(|(_, value)| *value != 0)
            .map(|(code, value)| (code.to_owned(), value))
            .collect();
        // The sort is stable: equal sums stay in the order of their codes.
        members.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
        members
    }

    fn source(&self, source: &Source) -> i64 {
        match &source.group {
            None => self.total(&source.measures),
            Some(group) => self.chosen(group, source).into_iter().map(|(_, value)| value).sum(),
        }
    }

    fn chosen(&self, group: &Group, source: &Source) -> Vec<(String, i64)> {
        let mut members = self.members(group, &source.measures);
        if let Some(top) = source.top {
            members.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
            members.truncate(top);
        }
        members
    }
}

/// Published names of codes.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<(NameKind, String), String>);

impl Names {
    /// Adds a name.
    pub fn add(&mut self, kind: NameKind, code: String, name: String) {
        self.0.insert((kind, code), name);
    }

    fn of(&self, group: &Group, code: &str) -> String {
        if let Some(name) = group.listed(code).and_then(|member| member.name.clone()) {
            return name;
        }
        let kind = match group.dimension {
            Dimension::Topic => NameKind::Category,
            Dimension::Channel => NameKind::Channel,
            Dimension::Unit => NameKind::Unit,
            Dimension::Total | Dimension::Type | Dimension::Tag => return code.to_owned(),
        };
        self.0
            .get(&(kind, code.to_owned()))
            .cloned()
            .unwrap_or_else(|| code.to_owned())
    }
}

/// All figures, in the order of the definitions.
#[must_use]
pub fn print(definitions: &Definitions, sums: &Sums, names: &Names) -> Vec<Printed> {
    let mut printed = Vec::new();
    for figure in &definitions.figures {
        let by = figure.denominator.as_ref().map(|source| sums.source(source));
        match &figure.each {
            None => printed.push(one(figure, None, sums.source(&figure.numerator), by)),
            Some(group) => {
                for (code, value) in sums.members(group, &figure.numerator.measures) {
                    let name = names.of(group, &code);
                    printed.push(one(figure, Some((code, name)), value, by));
                }
            }
        }
    }
    printed
}

fn one(figure: &Figure, member: Option<(String, String)>, numerator: i64, by: Option<i64>) -> Printed {
    let (key, member, name) = match member {
        Some((code, name)) => (format!("{}/{code}", figure.key), code, name),
        None => (figure.key.clone(), String::new(), figure.name.clone()),
    };
    Printed {
        key,
        name,
        cohort: figure.cohort.clone(),
        definition: figure.definition.clone(),
        version: figure.version.clone(),
        member,
        numerator,
        denominator: by.unwrap_or_default(),
        rate: by.is_some(),
        value: by.map_or_else(|| numerator.to_string(), |by| percent(numerator, by)),
    }
}

/// A percentage, half-up to 2 decimals; [`NOTHING`] for denominator 0.
#[must_use]
pub fn percent(numerator: i64, denominator: i64) -> String {
    if denominator <= 0 || numerator < 0 {
        return NOTHING.to_owned();
    }
    let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
    let hundredths = (numerator * 20_000 + denominator) / (2 * denominator);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Selects the facts of a figure's numerator, and the share of each.
#[derive(Clone, Debug)]
pub struct Selection {
    measures: Vec<Measure>,
    /// Group, and those of its codes that count.
    members: Option<(Group, HashSet<String>)>,
    /// Local day of `as_of`. A fact due on that day or later does not count yet.
    as_of_day: NaiveDate,
}

impl Selection {
    /// The selection of a figure, with the member's code if it is expanded. `sums` decide which members are the
    /// largest.
    #[must_use]
    pub fn of(figure: &Figure, member: Option<&str>, sums: &Sums, as_of_day: NaiveDate) -> Self {
        let source = &figure.numerator;
        let members = match (&figure.each, member, &source.group) {
            (Some(group), Some(code), _) => Some((group.clone(), HashSet::from([code.to_owned()]))),
            (_, _, Some(group)) => {
                let codes = sums.chosen(group, source).into_iter().map(|(code, _)| code).collect();
                Some((group.clone(), codes))
            }
            _ => None,
        };
        Self {
            measures: source.measures.clone(),
            members,
            as_of_day,
        }
    }

    /// The kind of its members.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.measures
            .first()
            .map_or(Subject::Order, |measure| measure.subject())
    }

    /// Share of the numerator that a fact with this contribution adds; 0 for a fact outside the figure.
    #[must_use]
    pub fn weight(&self, contribution: &[(Key, i64)]) -> i64 {
        contribution
            .iter()
            .filter(|(key, _)| self.counts(key))
            .map(|(_, value)| value)
            .sum()
    }

    fn counts(&self, key: &Key) -> bool {
        let chosen = match &self.members {
            None => key.dimension == Dimension::Total,
            Some((group, codes)) => {
                key.dimension == group.dimension && group.code_of(&key.member).is_some_and(|code| codes.contains(code))
            }
        };
        chosen && key.due_day < self.as_of_day && self.measures.contains(&key.measure)
    }
}

#[cfg(test)]
#[path = "bulletin_tests.rs"]
mod tests;
