//! The contribution of a fact to the roll-ups, and how a change of the fact changes them.
//!
//! A contribution is a pure function of its fact alone, without settings or time. Therefore the old one can be
//! subtracted exactly, and a recount gives the same sums. Raise [`VERSION`] with every change of one of these
//! functions.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, NaiveDate};

use super::measure::{Dimension, Measure};

/// Version of all contribution functions together. Roll-ups of another version are recounted at the start.
pub const VERSION: i32 = 7;

/// Due day of a contribution that does not depend on time: earlier than every `as_of`.
pub const ALWAYS: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a date");

/// How many days a sum covers. The sums of months keep a long window cheap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// One day.
    Day,
    /// A calendar month.
    Month,
}

impl Span {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// Name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The span of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.name() == name)
    }

    /// First day of the span with this day in it.
    #[must_use]
    pub fn first(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Month => day.with_day(1).expect("every month has a first day"),
        }
    }
}

/// Key of a row of sums. Roll-ups are locked in the order of keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Dimension of the split.
    pub dimension: Dimension,
    /// How many days it covers.
    pub span: Span,
    /// First day (Asia/Shanghai) of the cohort: when the call was offered, the appeal brought, the order opened, the
    /// notice issued, the message sent or the work of the ledger done.
    pub day: NaiveDate,
    /// It counts for every `as_of` whose day is later than this one.
    pub due_day: NaiveDate,
    /// Member of the dimension; empty for the total.
    pub member: String,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            dimension,
            span,
            day,
            due_day,
            member,
        } = self;
        match span {
            Span::Day => write!(f, "{day} ")?,
            Span::Month => write!(f, "{} ", day.format("%Y-%m"))?,
        }
        if *due_day == ALWAYS {
            f.write_str("always")?;
        } else {
            write!(f, "{due_day}")?;
        }
        write!(f, " {} \"{member}\"", dimension.name())
    }
}

/// Counts by measure, without zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<(Measure, i64)>);

impl Counts {
    /// Adds to a measure.
    pub fn add(&mut self, measure: Measure, value: i64) {
        if value == 0 {
            return;
        }
        match self.0.binary_search_by_key(&measure, |(measure, _)| *measure) {
            Ok(at) => {
                self.0[at].1 += value;
                if self.0[at].1 == 0 {
                    self.0.remove(at);
                }
            }
            Err(at) => self.0.insert(at, (measure, value)),
        }
    }

    /// The count of a measure.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i64 {
        let found = self.0.binary_search_by_key(&measure, |(measure, _)| *measure);
        found.map_or(0, |at| self.0[at].1)
    }

    /// Every count that is not 0, in the order of measures.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, i64)> {
        self.0.iter().copied()
    }

    /// Whether every count is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The contribution of one fact: all its counts, in the total and under each of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Day (Asia/Shanghai) of the cohort.
    pub day: NaiveDate,
    /// Members that it counts under, each once, besides the total.
    pub members: Vec<(Dimension, String)>,
    /// Its counts by due day.
    pub counts: BTreeMap<NaiveDate, Counts>,
}

impl Contribution {
    /// Its members of a dimension. The total has one, without a name.
    pub fn members_of(&self, dimension: Dimension) -> impl Iterator<Item = &str> {
        let total = (dimension == Dimension::Total).then_some("");
        let others = self.members.iter().filter(move |(of, _)| *of == dimension);
        total.into_iter().chain(others.map(|(_, member)| member.as_str()))
    }

    /// What it counts at an `as_of` on this day.
    #[must_use]
    pub fn counted(&self, as_of_day: NaiveDate) -> Counts {
        let mut counted = Counts::default();
        for counts in self.counts.range(..as_of_day).map(|(_, counts)| counts) {
            for (measure, value) in counts.iter() {
                counted.add(measure, value);
            }
        }
        counted
    }
}

/// Collects a contribution.
#[derive(Debug)]
pub struct Tally(Contribution);

impl Tally {
    /// Starts a contribution on a day.
    #[must_use]
    pub fn on(day: NaiveDate) -> Self {
        Self(Contribution {
            day,
            members: Vec::with_capacity(12),
            counts: BTreeMap::new(),
        })
    }

    /// Counts the fact under a member too. A code that the source left empty counts under no member.
    pub fn under(&mut self, dimension: Dimension, member: &str) {
        if !member.is_empty() {
            self.0.members.push((dimension, member.to_owned()));
        }
    }

    /// Counts at every `as_of`.
    pub fn count(&mut self, measure: Measure, value: i64) {
        self.due(ALWAYS, measure, value);
    }

    /// Counts from the day after `due_day` on.
    pub fn due(&mut self, due_day: NaiveDate, measure: Measure, value: i64) {
        if value != 0 {
            self.0.counts.entry(due_day).or_default().add(measure, value);
        }
    }

    /// Returns the contribution.
    #[must_use]
    pub fn finish(self) -> Contribution {
        self.0
    }
}

/// Sums of days in the making. A member's text is copied when it is first met, not for each fact.
#[derive(Debug, Default)]
struct Days(HashMap<Group, HashMap<String, Counts>>);

/// The key of a day's sum without its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Group {
    dimension: Dimension,
    day: NaiveDate,
    due_day: NaiveDate,
}

impl Days {
    /// Adds counts in the total and under each member of a fact.
    fn add(&mut self, of: &Contribution, due_day: NaiveDate, counts: &Counts, sign: i64) {
        let members = of.members.iter();
        let members = members.map(|(dimension, member)| (*dimension, member.as_str()));
        for (dimension, member) in members.chain([(Dimension::Total, "")]) {
            let group = Group {
                dimension,
                day: of.day,
                due_day,
            };
            let sums = self.0.entry(group).or_default();
            if !sums.contains_key(member) {
                sums.insert(member.to_owned(), Counts::default());
            }
            let sum = sums.get_mut(member).expect("it was just inserted");
            for (measure, value) in counts.iter() {
                sum.add(measure, sign * value);
            }
        }
    }

    /// The sums of days and of their months that are not 0, by key.
    fn with_months(self) -> BTreeMap<Key, Counts> {
        let mut sums: BTreeMap<Key, Counts> = BTreeMap::new();
        for (group, members) in self.0 {
            for (member, counts) in members {
                let Group {
                    dimension,
                    day,
                    due_day,
                } = group;
                let key = |span: Span, member| Key {
                    dimension,
                    span,
                    day: span.first(day),
                    due_day,
                    member,
                };
                let of_month = sums.entry(key(Span::Month, member.clone())).or_default();
                for (measure, value) in counts.iter() {
                    of_month.add(measure, value);
                }
                sums.insert(key(Span::Day, member), counts);
            }
        }
        sums.retain(|_, counts| !counts.is_empty());
        sums
    }
}

/// The changes of a batch to the roll-ups: differences summed by key.
#[derive(Debug, Default)]
pub struct Difference(Days);

impl Difference {
    /// Adds the difference between a fact's `old` and `new` contribution.
    pub fn change(&mut self, old: Option<&Contribution>, new: Option<&Contribution>) {
        if let (Some(old), Some(new)) = (old, new)
            && old.day == new.day
            && old.members == new.members
        {
            // Most changes leave the members as they are, and most counts too.
            for (due_day, counts) in changed(&old.counts, &new.counts) {
                self.0.add(new, due_day, &counts, 1);
            }
            return;
        }
        for (contribution, sign) in [(new, 1), (old, -1)] {
            let Some(contribution) = contribution else {
                continue;
            };
            for (due_day, counts) in &contribution.counts {
                self.0.add(contribution, *due_day, counts, sign);
            }
        }
    }

    /// The differences of days and months that are not 0, sorted by key.
    #[must_use]
    pub fn into_sorted(self) -> Vec<(Key, Counts)> {
        self.0.with_months().into_iter().collect()
    }
}

/// What is to be added to old counts to make the new ones, where that is not nothing.
fn changed(old: &BTreeMap<NaiveDate, Counts>, new: &BTreeMap<NaiveDate, Counts>) -> BTreeMap<NaiveDate, Counts> {
    let mut changed = new.clone();
    for (due_day, counts) in old {
        let changed = changed.entry(*due_day).or_default();
        for (measure, value) in counts.iter() {
            changed.add(measure, -value);
        }
    }
    changed.retain(|_, counts| !counts.is_empty());
    changed
}

/// A full count: contributions of all facts of some months.
#[derive(Debug, Default)]
pub struct Recount(Days);

impl Recount {
    /// Counts one more fact.
    pub fn add(&mut self, contribution: &Contribution) {
        for (due_day, counts) in &contribution.counts {
            self.0.add(contribution, *due_day, counts, 1);
        }
    }

    /// The sums of days and months, sorted, for rewriting the roll-ups.
    #[must_use]
    pub fn into_sorted(self) -> Vec<(Key, Counts)> {
        self.0.with_months().into_iter().collect()
    }

    /// Stored roll-ups that differ, sorted by key: `(key, measure, stored, recounted)`. A missing row is 0.
    #[must_use]
    pub fn compare(self, stored: Vec<(Key, Counts)>) -> Vec<Different> {
        let mut recounted = self.0.with_months();
        let mut differences = Vec::new();
        for (key, stored) in stored {
            let recounted = recounted.remove(&key).unwrap_or_default();
            differ(&mut differences, &key, &stored, &recounted);
        }
        for (key, recounted) in recounted {
            differ(&mut differences, &key, &Counts::default(), &recounted);
        }
        differences.sort_unstable();
        differences
    }
}

/// A roll-up that differs from its facts: `(key, measure, stored, recounted)`.
pub type Different = (Key, Measure, i64, i64);

fn differ(differences: &mut Vec<Different>, key: &Key, stored: &Counts, recounted: &Counts) {
    if stored == recounted {
        return;
    }
    for measure in Measure::rolled_up() {
        let (stored, recounted) = (stored.of(measure), recounted.of(measure));
        if stored != recounted {
            differences.push((key.clone(), measure, stored, recounted));
        }
    }
}

#[cfg(test)]
#[path = "contribution_tests.rs"]
mod tests;
