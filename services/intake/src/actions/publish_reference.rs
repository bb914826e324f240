//! Publishes channels, categories and regions as a new version, effective from a day.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use rpc::publication::Difference;

use super::Error;
use crate::domain::reference::{Channel, Named, Reference};
use crate::events;
use crate::store::reference;

/// The caller's request, checked.
#[derive(Clone, Debug)]
pub struct PublishReference {
    /// First day (Asia/Shanghai).
    pub valid_from: NaiveDate,
    /// Returns only the difference.
    pub dry_run: bool,
    /// All channels, categories and regions.
    pub reference: Reference,
    /// Subject of the publisher.
    pub actor: String,
}

/// Returns the new version (0 for a dry run) and the difference to the data in force on its first day.
///
/// # Errors
/// Errors of the store only.
pub async fn publish_reference(
    tx: &mut Tx,
    command: &PublishReference,
    now: DateTime<Utc>,
) -> Result<(u64, Difference), Error> {
    if command.dry_run {
        return Ok((0, difference(tx, command).await?));
    }
    // The lock comes first. No other publication can then commit between the comparison and the write.
    let version = reference::next_version(tx.conn()).await?;
    let difference = difference(tx, command).await?;
    reference::insert(tx.conn(), version, command.valid_from, &command.reference, now).await?;
    tx.tell(events::reference_published(
        version,
        command.valid_from,
        &command.reference,
        &command.actor,
        now,
    ));
    Ok((version, difference))
}

async fn difference(tx: &mut Tx, command: &PublishReference) -> Result<Difference, Error> {
    let before = match reference::version_on(tx.conn(), command.valid_from).await? {
        Some(version) => reference::read(tx.conn(), version).await?,
        None => Reference::default(),
    };
    let after = &command.reference;
    let mut difference = Difference::default();
    difference.add("channel", channels(&before.channels), channels(&after.channels));
    difference.add("category", names(&before.categories), names(&after.categories));
    difference.add("region", names(&before.regions), names(&after.regions));
    Ok(difference)
}

fn channels(rows: &[Channel]) -> impl Iterator<Item = (String, String)> {
    rows.iter().map(|row| (row.named.code.clone(), row.text()))
}

fn names(rows: &[Named]) -> impl Iterator<Item = (String, String)> {
    rows.iter().map(|row| (row.code.clone(), row.name.clone()))
}
