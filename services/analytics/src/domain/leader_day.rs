//! A leader day (领导接听日) as a fact: announced for a day, and perhaps cancelled.

use chrono::NaiveDate;

use super::contribution::{Contribution, Tally};
use super::fact::{Newest, State};
use super::measure::Measure;

/// A leader day as an event of intake says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderDayState {
    /// Version of the leader day; the highest one wins.
    pub version: u64,
    /// The day itself, however early it was announced.
    pub day: NaiveDate,
    /// It was cancelled, and counts no longer.
    pub cancelled: bool,
}

/// One leader day.
pub type LeaderDayFact = Newest<LeaderDayState>;

impl State for LeaderDayState {
    fn version(&self) -> u64 {
        self.version
    }

    fn day(&self) -> NaiveDate {
        self.day
    }

    fn number(&self) -> &'static str {
        ""
    }

    fn contribution(&self) -> Contribution {
        let mut tally = Tally::on(self.day);
        tally.count(Measure::LeaderDays, i64::from(!self.cancelled));
        tally.finish()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::fact::Fact as _;

    #[test]
    fn a_cancelled_day_counts_no_longer_in_any_order_of_events() {
        let day = NaiveDate::from_ymd_opt(2024, 4, 2).expect("a day");
        let heard = |version, cancelled| LeaderDayState {
            version,
            day,
            cancelled,
        };
        let count = |heard: &[LeaderDayState]| {
            let merge = |fact, heard| Some(LeaderDayFact::merge(fact, Uuid::nil(), heard));
            let fact = heard.iter().fold(None, merge).expect("events");
            fact.contribution().counted(NaiveDate::MAX).of(Measure::LeaderDays)
        };
        let (announced, cancelled) = (heard(1, false), heard(2, true));
        assert_eq!(count(std::slice::from_ref(&announced)), 1);
        assert_eq!(count(&[announced.clone(), cancelled.clone()]), 0);
        assert_eq!(count(&[cancelled, announced]), 0);
    }
}
