//! A filter of facts: all of its conditions hold.

use super::measure::Dimension;
use super::tree::Tree;

/// One condition: the fact has one of these codes in the dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Condition {
    /// The dimension.
    pub dimension: Dimension,
    /// The codes, as figures show them.
    pub codes: Vec<String>,
    /// The fact's code is cut to this many characters before it is compared.
    pub cut: Option<usize>,
}

/// Conditions, sorted. Without any it holds for every fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Filter(Vec<Condition>);

impl Filter {
    /// A filter of these conditions.
    #[must_use]
    pub fn of(conditions: impl IntoIterator<Item = Condition>) -> Self {
        let mut conditions: Vec<_> = conditions.into_iter().collect();
        conditions.sort();
        Self(conditions)
    }

    /// The same filter with one more condition.
    #[must_use]
    pub fn and(&self, condition: Condition) -> Self {
        Self::of(self.0.iter().cloned().chain([condition]))
    }

    /// Its conditions.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.0
    }

    /// Whether it holds for every fact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same filter, with the units below each lead unit.
    #[must_use]
    pub fn within(&self, tree: &Tree) -> Self {
        Self::of(self.0.iter().cloned().map(|condition| {
            if condition.dimension != Dimension::LeadUnit {
                return condition;
            }
            let below = condition.codes.iter().flat_map(|unit| tree.downwards(unit));
            Condition {
                codes: below.collect(),
                ..condition
            }
        }))
    }
}
