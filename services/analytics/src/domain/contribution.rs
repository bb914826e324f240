//! The contribution of a fact to the roll-ups, and how a change of the fact changes them.
//!
//! A contribution is a pure function of its fact alone, without settings or time. Therefore the old one can be
//! subtracted exactly, and a recount gives the same sums. Raise [`VERSION`] with every change of one of these
//! functions.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::measure::{Dimension, Measure};

/// Version of all contribution functions together. Roll-ups of another version are recounted at the start.
pub const VERSION: i32 = 6;

/// Due day of a contribution that does not depend on time: earlier than every `as_of`.
pub const ALWAYS: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");

/// Key of a sum. Roll-ups are locked in the order of keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Day (Asia/Shanghai) of the cohort: when the call was offered, the appeal brought, the order opened, the notice
    /// issued or the work of the ledger done.
    pub day: NaiveDate,
    /// It counts for every `as_of` whose day is later than this one.
    pub due_day: NaiveDate,
    /// Dimension of the split.
    pub dimension: Dimension,
    /// Member of the dimension; empty for the total.
    pub member: String,
    /// Measure that is summed.
    pub measure: Measure,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            day,
            due_day,
            dimension,
            member,
            measure,
        } = self;
        write!(f, "{day} ")?;
        if *due_day == ALWAYS {
            f.write_str("always")?;
        } else {
            write!(f, "{due_day}")?;
        }
        write!(f, " {} \"{member}\" {}", dimension.name(), measure.name())
    }
}

/// The contribution of one fact: every key once, without zeros.
pub type Contribution = Vec<(Key, i64)>;

/// Collects a contribution.
#[derive(Debug)]
pub struct Tally {
    day: NaiveDate,
    entries: Contribution,
}

impl Tally {
    /// Starts a contribution on a day.
    #[must_use]
    pub fn on(day: NaiveDate) -> Self {
        Self {
            day,
            entries: Vec::with_capacity(24),
        }
    }

    /// Adds to a total.
    pub fn total(&mut self, measure: Measure, value: i64) {
        self.add(ALWAYS, Dimension::Total, "", measure, value);
    }

    /// Adds to a member's sum.
    pub fn of(&mut self, dimension: Dimension, member: &str, measure: Measure, value: i64) {
        self.add(ALWAYS, dimension, member, measure, value);
    }

    /// Adds to a total from the day after `due_day` on.
    pub fn due(&mut self, due_day: NaiveDate, measure: Measure, value: i64) {
        self.add(due_day, Dimension::Total, "", measure, value);
    }

    /// Returns the contribution.
    #[must_use]
    pub fn finish(self) -> Contribution {
        self.entries
    }

    fn add(&mut self, due_day: NaiveDate, dimension: Dimension, member: &str, measure: Measure, value: i64) {
        if value != 0 {
            let key = Key {
                day: self.day,
                due_day,
                dimension,
                member: member.to_owned(),
                measure,
            };
            self.entries.push((key, value));
        }
    }
}

/// The changes of a batch to the roll-ups: differences summed, in the order of keys.
#[derive(Debug, Default)]
pub struct Difference(BTreeMap<Key, i64>);

impl Difference {
    /// Adds the difference between a fact's `old` and `new` contribution.
    pub fn change(&mut self, old: Contribution, new: Contribution) {
        for (key, value) in new {
            *self.0.entry(key).or_default() += value;
        }
        for (key, value) in old {
            *self.0.entry(key).or_default() -= value;
        }
    }

    /// The non-zero differences, sorted.
    #[must_use]
    pub fn into_sorted(self) -> Vec<(Key, i64)> {
        self.0.into_iter().filter(|(_, value)| *value != 0).collect()
    }
}

/// A full count: contributions of all facts.
#[derive(Debug, Default)]
pub struct Recount(HashMap<Key, i64>);

impl Recount {
    /// Counts one more fact.
    pub fn add(&mut self, contribution: Contribution) {
        for (key, value) in contribution {
            *self.0.entry(key).or_default() += value;
        }
    }

    /// The sums, sorted, for rewriting the roll-ups.
    #[must_use]
    pub fn into_sorted(self) -> Vec<(Key, i64)> {
        let mut sums: Vec<_> = self.0.into_iter().filter(|(_, value)| *value != 0).collect();
        sums.sort_unstable();
        sums
    }

    /// Stored roll-ups that differ, sorted by key: `(key, stored, recounted)`. A missing row is 0.
    #[must_use]
    pub fn compare(mut self, stored: Vec<(Key, i64)>) -> Vec<(Key, i64, i64)> {
        let mut differences = Vec::new();
        for (key, stored) in stored {
            let recounted = self.0.remove(&key).unwrap_or_default();
            if stored != recounted {
                differences.push((key, stored, recounted));
            }
        }
        for (key, recounted) in self.0 {
            if recounted != 0 {
                differences.push((key, 0, recounted));
            }
        }
        differences.sort_unstable();
        differences
    }
}

#[cfg(test)]
#[path = "contribution_tests.rs"]
mod tests;
