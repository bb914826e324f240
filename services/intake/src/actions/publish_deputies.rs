//! Publishes the register of deputies as a new version, effective from a day.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use rpc::publication::Difference;

use super::{Desk, Error};
use crate::domain::deputies::{self, Deputy};
use crate::store::deputies::{StoredDeputy, insert, read, seal};
use crate::store::registers::{self, Register};

/// The caller's request, checked as far as it can be without the reference data. Names and numbers are personal: no
/// Debug.
#[derive(Clone)]
pub struct PublishDeputies {
    /// First day (Asia/Shanghai).
    pub valid_from: NaiveDate,
    /// Returns only the difference.
    pub dry_run: bool,
    /// All deputies.
    pub deputies: Vec<Deputy>,
}

/// Returns the new version (0 for a dry run) and the difference to the register in force on its first day. It publishes
/// no event: the register is used at registration only.
///
/// # Errors
/// [`Error::Invalid`] with every area that is not in force on the first day.
pub async fn publish_deputies(
    tx: &mut Tx,
    desk: &Desk,
    command: &PublishDeputies,
    now: DateTime<Utc>,
) -> Result<(u64, Difference), Error> {
    let in_force = desk.references.in_force(tx.conn(), command.valid_from).await?;
    let covers = |area: &str| in_force.as_ref().is_some_and(|reference| reference.covers(area));
    let faults = deputies::unknown_areas(&command.deputies, covers);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let seal = |deputy: &Deputy| seal(&desk.sealer, &desk.key, deputy, now);
    let after: Vec<StoredDeputy> = command.deputies.iter().map(seal).collect();
    if command.dry_run {
        return Ok((0, difference(tx, command.valid_from, &after).await?));
    }
    // The lock comes first. No other publication can then commit between the comparison and the write.
    let version = registers::next_version(tx.conn(), Register::Deputies).await?;
    let difference = difference(tx, command.valid_from, &after).await?;
    registers::insert(tx.conn(), Register::Deputies, version, command.valid_from, now).await?;
    insert(tx.conn(), version, &after).await?;
    Ok((version, difference))
}

async fn difference(tx: &mut Tx, valid_from: NaiveDate, after: &[StoredDeputy]) -> Result<Difference, Error> {
    let before = match registers::version_on(tx.conn(), Register::Deputies, valid_from).await? {
        Some(version) => read(tx.conn(), version, None, None).await?,
        None => Vec::new(),
    };
    let mut difference = Difference::default();
    difference.add("deputy", before.iter().map(row), after.iter().map(row));
    Ok(difference)
}

/// A deputy with a text for the difference. It shows no name and no number: the keyed hash tells that one of them
/// changed.
fn row(deputy: &StoredDeputy) -> (String, String) {
    let text = format!(
        "{}, {}, {} to {}, {} numbers, content {}",
        deputy.level.as_str_name(),
        deputy.area,
        deputy.term_from,
        deputy.term_to,
        deputy.phone_hashes.len(),
        super::short(&deputy.content_hash)
    );
    (deputy.code.clone(), text)
}
