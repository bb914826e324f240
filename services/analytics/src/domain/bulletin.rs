//! The bulletin: figures from sums. Every figure has a numerator, a denominator and a definition (domain.md §9).

use std::collections::HashMap;

use super::change::NameKind;
use super::definitions::{Definitions, Figure, Group};
use super::measure::Dimension;
use super::sums::{Counted, Sums};

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

/// Published names of codes.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<(NameKind, String), String>);

impl Names {
    /// Adds a name.
    pub fn add(&mut self, kind: NameKind, code: String, name: String) {
        self.0.insert((kind, code), name);
    }

    /// The name of a group's member: the printed one, else the published one, else the code.
    #[must_use]
    pub fn of(&self, group: &Group, code: &str) -> String {
        if let Some(name) = group.listed(code).and_then(|member| member.name.clone()) {
            return name;
        }
        let kind = match group.dimension {
            Dimension::Topic => NameKind::Category,
            // An account is published as a channel.
            Dimension::Channel | Dimension::Account => NameKind::Channel,
            Dimension::Unit | Dimension::LeadUnit => NameKind::Unit,
            Dimension::Region => NameKind::Region,
            _ => return code.to_owned(),
        };
        self.0
            .get(&(kind, code.to_owned()))
            .cloned()
            .unwrap_or_else(|| code.to_owned())
    }
}

/// All figures, in the order of the definitions.
#[must_use]
pub fn print(definitions: &Definitions, counted: &Counted, names: &Names) -> Vec<Printed> {
    let nothing = Sums::default();
    let mut printed = Vec::new();
    for figure in &definitions.figures {
        let sums = counted.of(figure).unwrap_or(&nothing);
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
        value: value(numerator, by),
    }
}

/// A count, or the percentage of a denominator.
#[must_use]
pub fn value(numerator: i64, by: Option<i64>) -> String {
    by.map_or_else(|| numerator.to_string(), |by| percent(numerator, by))
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

#[cfg(test)]
#[path = "bulletin_tests.rs"]
mod tests;
