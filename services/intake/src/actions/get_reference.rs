//! Reads the reference data that is in force on a day.

use std::sync::Arc;

use chrono::NaiveDate;
use eventlog::Tx;
use platform::store::StoreError;

use super::Error;
use crate::domain::reference::Reference;
use crate::store::reference::{self, Cache};

/// Returns the version and the data.
///
/// # Errors
/// Absent when nothing is in force on the day.
pub async fn get_reference(tx: &mut Tx, references: &Cache, day: NaiveDate) -> Result<(u64, Arc<Reference>), Error> {
    let version = reference::version_on(tx.conn(), day)
        .await?
        .ok_or(StoreError::Absent("reference data on that day"))?;
    Ok((version, references.whole(tx.conn(), version).await?))
}
