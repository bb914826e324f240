//! A call (话务) as a fact: offered, and whether it was answered.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::contribution::{Contribution, Tally};
use super::fact::Fact;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFact {
    /// Its id.
    pub id: Uuid,
    /// Its newest known version.
    pub state: CallState,
}

impl Fact for CallFact {
    type Heard = CallState;

    fn id(&self) -> Uuid {
        self.id
    }

    fn day(&self) -> NaiveDate {
        calendar::local_date(self.state.offered_at)
    }

    fn number(&self) -> &'static str {
        ""
    }

    fn merge(known: Option<Self>, id: Uuid, heard: &CallState) -> Self {
        match known {
            Some(known) if known.state.version >= heard.version => known,
            _ => Self {
                id,
                state: heard.clone(),
            },
        }
    }

    fn contribution(&self) -> Contribution {
        let mut tally = Tally::on(self.day());
        tally.total(Measure::CallsOffered, 1);
        tally.total(Measure::CallsAnswered, i64::from(self.state.answered));
        tally.finish()
    }
}
