//! Publishes channels, categories and regions as a new version, effective from a day.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;

use super::Error;
use crate::domain::reference::Reference;
use crate::events;
use crate::store::reference;

/// What the caller asks for, checked.
#[derive(Clone, Debug)]
pub struct PublishReference {
    /// First day (Asia/Shanghai).
    pub valid_from: NaiveDate,
    /// The whole set.
    pub reference: Reference,
    /// Who publishes.
    pub actor: String,
}

/// Gives the new version.
///
/// # Errors
/// Only the store's.
pub async fn publish_reference(tx: &mut Tx, command: &PublishReference, now: DateTime<Utc>) -> Result<u64, Error> {
    let version = reference::next_version(tx.conn()).await?;
    reference::insert(tx.conn(), version, command.valid_from, &command.reference, now).await?;
    tx.tell(events::reference_published(
        version,
        command.valid_from,
        &command.reference,
        &command.actor,
        now,
    ));
    Ok(version)
}
