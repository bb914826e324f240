//! The definitions of the figures, read from `definitions.toml` and checked. An inconsistent definition stops the
//! start.

mod reading;

use std::collections::BTreeSet;

use serde::Deserialize;

use super::codes::REGION_DIGITS;
use super::filter::{Condition, Filter};
use super::measure::{Dimension, Measure, Subject};

/// The definitions that are compiled in.
pub const COMPILED_IN: &str = include_str!("../../definitions.toml");

/// All figures and columns, in the order of print.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// Figures of the bulletin, in the file's order.
    pub figures: Vec<Figure>,
    /// Columns of a breakdown, in the file's order. They have neither `each` nor groups: the dimension that a caller
    /// asks for splits them.
    pub columns: Vec<Figure>,
    /// Level of the category tree that topics are counted at, 2 digits a level.
    pub topic_level: usize,
}

/// One figure, or one for each member of a group; or a column of a breakdown.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Stable key; a member's code follows it after a slash.
    pub key: String,
    /// Name in Chinese.
    pub name: String,
    /// Cohort, in words.
    pub cohort: String,
    /// Definition, in words.
    pub definition: String,
    /// Version of the definition.
    pub version: String,
    /// What a thing must have to be counted at all; empty for all things.
    pub filter: Filter,
    /// Group to expand by: one figure for each member.
    pub each: Option<Group>,
    /// The count, or the numerator of a rate.
    pub numerator: Source,
    /// The denominator of a rate; none for a count.
    pub denominator: Option<Source>,
}

impl Figure {
    /// The kind of things that it counts.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.numerator.subject()
    }

    /// Its numerator, and its denominator if it has one.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        [&self.numerator].into_iter().chain(&self.denominator)
    }
}

/// The sums that make up a numerator or a denominator.
#[derive(Clone, Debug)]
pub struct Source {
    /// Measures of one subject; never empty.
    pub measures: Vec<Measure>,
    /// Adds up the members of this group; without a group, the totals.
    pub group: Option<Group>,
    /// Only so many of the group's largest members.
    pub top: Option<usize>,
}

impl Source {
    /// The kind of things that its measures count.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.measures
            .first()
            .map_or(Subject::Order, |measure| measure.subject())
    }
}

/// How members of a dimension are grouped for print.
#[derive(Clone, Debug)]
pub struct Group {
    /// Dimension of the members.
    pub dimension: Dimension,
    /// The members, and the codes that they are printed under.
    pub members: Members,
}

/// The members of a group.
#[derive(Clone, Debug)]
pub enum Members {
    /// These members, in this order, even when they are 0.
    Listed(Vec<Member>),
    /// All members that occur, except these.
    Except(BTreeSet<String>),
    /// All members that occur, with codes cut to this many characters.
    Cut(usize),
}

/// A listed member.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Code in the figure's key.
    pub code: String,
    /// Printed name; without one, the published name.
    pub name: Option<String>,
    /// Members of the dimension that it groups; without any, its own code.
    #[serde(default)]
    pub of: Vec<String>,
}

impl Member {
    fn stands_for(&self, member: &str) -> bool {
        if self.of.is_empty() {
            self.code == member
        } else {
            self.of.iter().any(|of| of == member)
        }
    }
}

impl Group {
    /// The code that a member of the dimension is printed under; none when the group leaves it out.
    #[must_use]
    pub fn code_of<'m>(&'m self, member: &'m str) -> Option<&'m str> {
        match &self.members {
            Members::Listed(listed) => listed
                .iter()
                .find(|one| one.stands_for(member))
                .map(|one| one.code.as_str()),
            Members::Except(left_out) => (!left_out.contains(member)).then_some(member),
            // Codes are ASCII. A shorter code, or a cut within a character, leaves the code whole.
            Members::Cut(length) => Some(member.get(..*length).unwrap_or(member)),
        }
    }

    /// The listed member of this code.
    #[must_use]
    pub fn listed(&self, code: &str) -> Option<&Member> {
        match &self.members {
            Members::Listed(listed) => listed.iter().find(|one| one.code == code),
            Members::Except(_) | Members::Cut(_) => None,
        }
    }
}

impl Definitions {
    /// Reads and checks definitions. Topics are counted at `topic_level` of the category tree, 2 digits a level.
    ///
    /// # Errors
    /// All faults, one a line. Each names its figure, column or group, and most say what is allowed.
    pub fn parse(text: &str, topic_level: usize) -> Result<Self, String> {
        reading::read(text, topic_level)
    }

    /// The members of a dimension, as a breakdown shows them.
    #[must_use]
    pub fn members(&self, dimension: Dimension) -> Group {
        let members = match self.cut(dimension) {
            Some(length) => Members::Cut(length),
            None => Members::Except(BTreeSet::new()),
        };
        Group { dimension, members }
    }

    /// The condition that a thing belongs to a member of a breakdown.
    #[must_use]
    pub fn belongs(&self, dimension: Dimension, member: String) -> Condition {
        Condition {
            dimension,
            codes: vec![member],
            cut: self.cut(dimension).or_else(|| own_cut(dimension)),
        }
    }

    fn cut(&self, dimension: Dimension) -> Option<usize> {
        (dimension == Dimension::Topic).then_some(self.topic_level * 2)
    }

    /// Finds a figure by its printed key, with the member's code if it is expanded; or a column.
    #[must_use]
    pub fn find<'k>(&self, key: &'k str) -> Option<(&Figure, Option<&'k str>)> {
        let (base, member) = match key.split_once('/') {
            Some((base, member)) => (base, Some(member)),
            None => (key, None),
        };
        let mut all = self.figures.iter().chain(&self.columns);
        let figure = all.find(|figure| figure.key == base)?;
        match (&figure.each, member) {
            (None, None) => Some((figure, None)),
            (Some(group), Some(code)) => {
                let known = !matches!(group.members, Members::Listed(_)) || group.listed(code).is_some();
                (known && !code.is_empty()).then_some((figure, Some(code)))
            }
            _ => None,
        }
    }
}

/// Characters that a dimension's own members are cut to.
fn own_cut(dimension: Dimension) -> Option<usize> {
    (dimension == Dimension::Region).then_some(REGION_DIGITS)
}

#[cfg(test)]
#[path = "definitions_tests.rs"]
mod tests;
