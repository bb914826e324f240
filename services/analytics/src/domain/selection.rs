//! Selects the facts of a part of a figure, and the share of each.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::contribution::Contribution;
use super::definitions::{Figure, Group, Source};
use super::measure::Measure;
use super::sums::Sums;

/// A part of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The count, or the numerator of a rate.
    Numerator,
    /// The denominator of a rate.
    Denominator,
    /// What the denominator of a rate has more than its numerator.
    Rest,
}

/// Weighs the facts of a part.
#[derive(Clone, Debug)]
pub struct Selection {
    terms: Vec<Term>,
    /// Local day of `as_of`. A fact due on that day or later does not count yet.
    as_of_day: NaiveDate,
}

/// What a source adds to a part, or takes from it.
#[derive(Clone, Debug)]
struct Term {
    sign: i64,
    measures: Vec<Measure>,
    /// Group, and those of its codes that count; without codes, all that the group prints.
    members: Option<(Group, Option<HashSet<String>>)>,
}

impl Selection {
    /// A part of a figure, with the member's code if it is expanded. `sums` are needed where the largest members of a
    /// group count, to tell which those are. A count has no part besides its numerator.
    #[must_use]
    pub fn of(figure: &Figure, member: Option<&str>, part: Part, sums: &Sums, as_of_day: NaiveDate) -> Self {
        let each = figure.each.as_ref().zip(member);
        let numerator = |sign| Term::of(&figure.numerator, each, sums, sign);
        let denominator = figure
            .denominator
            .as_ref()
            .map(|source| Term::of(source, None, sums, 1));
        let terms = match part {
            Part::Numerator => vec![numerator(1)],
            Part::Denominator => Vec::from_iter(denominator),
            Part::Rest => denominator
                .into_iter()
                .flat_map(|denominator| [denominator, numerator(-1)])
                .collect(),
        };
        Self { terms, as_of_day }
    }

    /// Whether [`Selection::of`] needs sums for this figure.
    #[must_use]
    pub fn needs_sums(figure: &Figure) -> bool {
        figure.sources().any(|source| source.top.is_some())
    }

    /// Share of the part that a fact with this contribution adds; 0 for a fact outside it. Negative for a fact that the
    /// definitions count in the numerator only, when the rest is asked for.
    #[must_use]
    pub fn weight(&self, contribution: &Contribution) -> i64 {
        let counted = contribution.counted(self.as_of_day);
        let weight = |term: &Term| {
            let count: i64 = term.measures.iter().map(|measure| counted.of(*measure)).sum();
            term.sign * count * term.times(contribution)
        };
        self.terms.iter().map(weight).sum()
    }
}

impl Term {
    fn of(source: &Source, each: Option<(&Group, &str)>, sums: &Sums, sign: i64) -> Self {
        let members = match (each, &source.group) {
            (Some((group, code)), _) => Some((group.clone(), Some(HashSet::from([code.to_owned()])))),
            (None, Some(group)) => {
                let largest = || sums.chosen(group, source).into_iter().map(|(code, _)| code).collect();
                Some((group.clone(), source.top.map(|_| largest())))
            }
            (None, None) => None,
        };
        Self {
            sign,
            measures: source.measures.clone(),
            members,
        }
    }

    /// How often a fact counts: as a thing with two tags of a group counts twice in the group's sum.
    fn times(&self, contribution: &Contribution) -> i64 {
        let Some((group, codes)) = &self.members else {
            return 1;
        };
        let counts = |member: &&str| {
            let code = group.code_of(member);
            code.is_some_and(|code| codes.as_ref().is_none_or(|codes| codes.contains(code)))
        };
        contribution.members_of(group.dimension).filter(counts).map(|_| 1).sum()
    }
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
