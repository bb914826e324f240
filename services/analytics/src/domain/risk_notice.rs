//! A risk notice (风险提示) as a fact.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::events::RiskLevel;
use uuid::Uuid;

use super::contribution::{Contribution, Tally};
use super::fact::Fact;
use super::kept::Kept;
use super::measure::Measure;

/// A notice as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeState {
    /// Version of the notice; the highest one wins.
    pub version: u64,
    /// Number that people say on the phone.
    pub number: String,
    /// Level; never unspecified.
    pub level: Kept<RiskLevel>,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
}

/// One risk notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeFact {
    /// Its id.
    pub id: Uuid,
    /// Its newest known version.
    pub state: NoticeState,
}

impl Fact for NoticeFact {
    type Heard = NoticeState;

    fn id(&self) -> Uuid {
        self.id
    }

    fn day(&self) -> NaiveDate {
        calendar::local_date(self.state.issued_at)
    }

    fn number(&self) -> &str {
        &self.state.number
    }

    fn merge(known: Option<Self>, id: Uuid, heard: &NoticeState) -> Self {
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
        tally.total(Measure::RiskNotices, 1);
        tally.finish()
    }
}
