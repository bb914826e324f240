//! Reads one review with what it requires of the unit: on record before it is shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::reads::{self, SealedRead};
use personal::sealing::Sealed;
use platform::store::StoreError;

use crate::store::listing::ListedReview;
use crate::store::reviews::{self, Name};

/// Which review, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetReview {
    /// Which.
    pub name: Name,
    /// Only what this unit may see.
    pub unit: Option<String>,
    /// Subject of the reader.
    pub reader: String,
}

/// The review, and the sealed requirement when there is one. Runs inside the transaction that the call opened.
///
/// # Errors
/// [`StoreError::Absent`] for one that is none, or that the unit may not see.
pub async fn get_review(
    tx: &mut Tx,
    query: &GetReview,
    now: DateTime<Utc>,
) -> Result<(ListedReview, Option<Sealed>), StoreError> {
    let (listed, requirement) = reviews::get(tx.conn(), query.name, query.unit.as_deref()).await?;
    let cell = reviews::requirement(listed.review.id);
    let read = SealedRead {
        table: cell.table,
        row: cell.row,
        columns: reads::shown([(cell.column, &requirement)]),
        reader: &query.reader,
        at: now,
    };
    reads::record(tx.conn(), &[read]).await?;
    Ok((listed, requirement))
}
