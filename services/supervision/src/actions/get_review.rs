//! Reads one review with the requirement for the unit. The reading is recorded before the text is shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::reads::{self, SealedRead};
use platform::store::StoreError;

use crate::store::reviews::{self, Found, Name};

/// The review to read, and its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetReview {
    /// Review, named by its id or by its reply.
    pub name: Name,
    /// Finds the review only if it exists for this unit.
    pub unit: Option<String>,
    /// Subject of the reader.
    pub reader: String,
}

/// Returns the review and its sealed requirement, if it has one. Runs inside the transaction that the call opened.
///
/// # Errors
/// [`StoreError::Absent`] when the review does not exist, or not for the unit.
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
