//! A call (话务) as a fact: offered, and whether it was answered.

use chrono::{DateTime, NaiveDate, Utc};

use super::contribution::{Contribution, Tally};
use super::fact::{Newest, State};
use super::measure::Measure;

/// The part of an event of intake that is about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallState {
    /// Version of the call; the highest one wins.
    pub version: u64,
    /// When it was offered to the line, however late it was recorded.
    pub offered_at: DateTime<Utc>,
    /// Whether an agent answered it.
    pub answered: bool,
}

/// One call.
pub type CallFact = Newest<CallState>;

impl State for CallState {
    fn version(&self) -> u64 {
        self.version
    }

    fn day(&self) -> NaiveDate {
        calendar::local_date(self.offered_at)
    }

    fn number(&self) -> &'static str {
        ""
    }

    fn contribution(&self) -> Contribution {
        let mut tally = Tally::on(self.day());
        tally.count(Measure::CallsOffered, 1);
        tally.count(Measure::CallsAnswered, i64::from(self.answered));
        tally.finish()
    }
}
