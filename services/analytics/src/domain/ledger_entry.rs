//! An entry in the ledger of the hotline's own work as a fact.

use chrono::NaiveDate;
use hotline_proto::events::LedgerKind;
use uuid::Uuid;

use super::contribution::{Contribution, Tally};
use super::fact::Fact;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFact {
    /// Its id.
    pub id: Uuid,
    /// Its newest known version.
    pub state: EntryState,
}

impl Fact for EntryFact {
    type Heard = EntryState;

    fn id(&self) -> Uuid {
        self.id
    }

    fn day(&self) -> NaiveDate {
        self.state.day
    }

    fn number(&self) -> &'static str {
        ""
    }

    fn merge(known: Option<Self>, id: Uuid, heard: &EntryState) -> Self {
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
        if let Some(measure) = measure(self.state.kind) {
            tally.total(measure, 1);
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
    use super::*;

    fn entry(version: u64, kind: i32) -> EntryState {
        EntryState {
            version,
            kind: Kept::new(kind),
            day: NaiveDate::from_ymd_opt(2024, 4, 2).expect("a day"),
        }
    }

    #[test]
    fn each_known_kind_has_a_measure_of_its_own_and_others_have_none() {
        let mut measures: Vec<Measure> = (1..=6).filter_map(|kind| measure(Kept::new(kind))).collect();
        measures.dedup();
        assert_eq!(measures.len(), 6);
        assert_eq!(measure(Kept::new(99)), None);
        let future = EntryFact::merge(None, Uuid::nil(), &entry(1, 99));
        assert_eq!(future.contribution(), []);
    }

    #[test]
    fn the_highest_version_wins_in_any_order() {
        let (old, new) = (entry(1, 1), entry(2, 5));
        for heard in [[&old, &new], [&new, &old]] {
            let merge = |fact, heard: &&EntryState| Some(EntryFact::merge(fact, Uuid::nil(), heard));
            assert_eq!(heard.iter().fold(None, merge).map(|fact| fact.state), Some(new.clone()));
        }
    }
}
