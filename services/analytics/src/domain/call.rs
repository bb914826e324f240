//! A call (话务) as a fact: offered, and answered or not.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::contribution::{Contribution, Tally};
use super::measure::Measure;

/// What intake says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallState {
    /// Version of the call; the highest one is the truth.
    pub version: u64,
    /// When it was offered to the line, however late it was recorded.
    pub offered_at: DateTime<Utc>,
    /// An agent answered it.
    pub answered: bool,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFact {
    /// Its id.
    pub id: Uuid,
    /// The newest that is known.
    pub state: CallState,
}

impl CallFact {
    /// The day (Asia/Shanghai) that it counts on.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        calendar::local_date(self.state.offered_at)
    }

    /// The fact after one more event; in any order, and twice, with the same end.
    #[must_use]
    pub fn merge(known: Option<Self>, id: Uuid, heard: &CallState) -> Self {
        match known {
            Some(known) if known.state.version >= heard.version => known,
            _ => Self {
                id,
                state: heard.clone(),
            },
        }
    }

    /// What it adds to the roll-ups.
    #[must_use]
    pub fn contribution(&self) -> Contribution {
        let mut tally = Tally::on(self.day());
        tally.total(Measure::CallsOffered, 1);
        tally.total(Measure::CallsAnswered, i64::from(self.state.answered));
        tally.finish()
    }
}
