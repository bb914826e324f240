//! A risk notice (风险提示) as a fact.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::events::RiskLevel;

use super::contribution::{Contribution, Tally};
use super::fact::{Newest, State};
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
pub type NoticeFact = Newest<NoticeState>;

impl State for NoticeState {
    fn version(&self) -> u64 {
        self.version
    }

    fn day(&self) -> NaiveDate {
        calendar::local_date(self.issued_at)
    }

    fn number(&self) -> &str {
        &self.number
    }

    fn contribution(&self) -> Contribution {
        let mut tally = Tally::on(self.day());
        tally.count(Measure::NoticesIssued, 1);
        tally.finish()
    }
}
