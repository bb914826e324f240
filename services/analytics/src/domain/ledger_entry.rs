//! An entry in the ledger of the hotline's own work as a fact.

use chrono::NaiveDate;
use hotline_proto::events::LedgerKind;

use super::contribution::{Contribution, Tally};
use super::fact::{Newest, State};
use super::kept::Kept;
use super::measure::Measure;

/// An entry as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryState {
    /// Version of the entry; the highest one wins.
    pub version: u64,
    /// Kind; never unspecified.
    pub kind: Kept<LedgerKind>,
    /// Day of the work.
    pub day: NaiveDate,
}

/// One entry.
pub type EntryFact = Newest<EntryState>;

impl State for EntryState {
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
        let mut tally = Tally::on(self.day());
        if let Some(measure) = measure(self.kind) {
            tally.count(measure, 1);
        }
        tally.finish()
    }
}

/// The measure of a kind; none for a kind that this program does not know.
fn measure(kind: Kept<LedgerKind>) -> Option<Measure> {
    // When the program learns a kind, the contribution changes: raise `contribution::VERSION` too.
    match kind.known()? {
        LedgerKind::Unspecified => None,
        LedgerKind::TestCall => Some(Measure::LedgerTestCalls),
        LedgerKind::Training => Some(Measure::LedgerTrainings),
        LedgerKind::Exam => Some(Measure::LedgerExams),
        LedgerKind::TypicalCase => Some(Measure::LedgerTypicalCases),
        LedgerKind::MediaItem => Some(Measure::LedgerMediaItems),
        LedgerKind::Meeting => Some(Measure::LedgerMeetings),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_known_kind_has_a_measure_of_its_own_and_others_have_none() {
        let measures: HashSet<Measure> = (1..=6).filter_map(|kind| measure(Kept::new(kind))).collect();
        assert_eq!(measures.len(), 6);
        assert_eq!(measure(Kept::new(99)), None);
        let future = EntryState {
            version: 1,
            kind: Kept::new(99),
            day: NaiveDate::from_ymd_opt(2024, 4, 2).expect("a day"),
        };
        assert!(future.contribution().counts.is_empty());
    }
}
