//! Lists the deputies whose term holds on a day.

use chrono::NaiveDate;
use eventlog::Tx;
use hotline_proto::common::DeputyLevel;
use platform::store::StoreError;

use super::Error;
use crate::store::deputies::{self, StoredDeputy};
use crate::store::registers::{self, Register};

/// Returns the version and its deputies by code.
///
/// # Errors
/// Absent when no register is in force on the day.
pub async fn list_deputies(
    tx: &mut Tx,
    day: NaiveDate,
    level: Option<DeputyLevel>,
) -> Result<(u64, Vec<StoredDeputy>), Error> {
    let version = registers::version_on(tx.conn(), Register::Deputies, day)
        .await?
        .ok_or(StoreError::Absent("register of deputies on that day"))?;
    Ok((version, deputies::read(tx.conn(), version, Some(day), level).await?))
}
