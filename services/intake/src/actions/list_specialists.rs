//! Lists policy specialists. Their names are opened for the reader, so the reading is recorded (I10).

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use personal::reads::{self, SealedRead};
use platform::store::StoreError;

use super::Error;
use crate::store::library::{self, SPECIALIST, StoredSpecialist};
use crate::store::registers::{self, Register};

/// Which specialists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSpecialists {
    /// The day.
    pub day: NaiveDate,
    /// Only those of this topic.
    pub topic: Option<String>,
    /// Only those on shift at this time.
    pub on_shift: Option<DateTime<Utc>>,
}

/// Returns the version and its specialists by code.
///
/// # Errors
/// Absent when no library is in force on the day.
pub async fn list_specialists(tx: &mut Tx, asked: &ListSpecialists) -> Result<(u64, Vec<StoredSpecialist>), Error> {
    let version = registers::version_on(tx.conn(), Register::Library, asked.day)
        .await?
        .ok_or(StoreError::Absent("library on that day"))?;
    let mut specialists = library::specialists(tx.conn(), version).await?;
    specialists.retain(|one| {
        let on_shift = |at| one.shifts.iter().any(|shift| shift.covers(at));
        asked.topic.as_ref().is_none_or(|topic| one.topics.contains(topic)) && asked.on_shift.is_none_or(on_shift)
    });
    Ok((version, specialists))
}

/// Records that the reader is about to see these names.
///
/// # Errors
/// Errors of the store only.
pub async fn record(
    tx: &mut Tx,
    shown: &[StoredSpecialist],
    reader: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let read = |one: &StoredSpecialist| SealedRead {
        table: SPECIALIST,
        row: one.id,
        columns: vec!["name"],
        reader,
        at: now,
    };
    let reads: Vec<SealedRead<'_>> = shown.iter().map(read).collect();
    reads::record(tx.conn(), &reads).await
}
