//! Reads one review with what it requires of the unit: on record before it is shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::reads::{self, SealedRead};
use platform::store::StoreError;

use crate::store::reviews::{self, Found, Name};

/// Which review, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetReview {
    /// Which.
    pub name: Name,
    /// Only one that exists for this unit.
    pub unit: Option<String>,
    /// Subject of the reader.
    pub reader: String,
}

/// The review, and the sealed requirement when there is one. Runs inside the transaction that the call opened.
///
/// # Errors
/// [`StoreError::Absent`] when there is none, or none for the unit.
pub async fn get_review(tx: &mut Tx, query: &GetReview, now: DateTime<Utc>) -> Result<Found, StoreError> {
    let found = reviews::find(tx.conn(), query.name, query.unit.as_deref()).await?;
    let found = found.ok_or(StoreError::Absent("review"))?;
    let cell = reviews::requirement(found.listed.review.id);
    let read = SealedRead {
        table: cell.table,
        row: cell.row,
        columns: reads::shown([(cell.column, &found.requirement)]),
        reader: &query.reader,
        at: now,
    };
    reads::record(tx.conn(), &[read]).await?;
    Ok(found)
}
