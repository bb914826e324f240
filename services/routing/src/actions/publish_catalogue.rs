//! Publishes the dispatch catalogue as a new version, effective from a day.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;

use super::{Error, Rules};
use crate::NAME;
use crate::domain::catalogue::{self, CatalogueRow};
use crate::domain::directory::Part;
use crate::store::directory::{self, Publication};

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct PublishCatalogue {
    /// First day.
    pub valid_from: NaiveDate,
    /// All rows.
    pub rows: Vec<CatalogueRow>,
    /// Subject of who publishes.
    pub by: String,
}

/// Gives the new version. Orders that wait for dispatch go on waiting for a person.
///
/// # Errors
/// [`Error::Invalid`] with every duplicate, and every unit that is not in force on the first day.
#[tracing::instrument(skip_all, fields(service = NAME), name = "publish_catalogue")]
pub async fn publish_catalogue(
    tx: &mut Tx,
    rules: &Rules,
    command: &PublishCatalogue,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    let directory = rules.directories.on(tx.conn(), command.valid_from).await?;
    let violations = catalogue::check(&command.rows, &directory.units);
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let publication = Publication {
        part: Part::Catalogue,
        valid_from: command.valid_from,
        at: now,
        by: command.by.clone(),
    };
    let version = directory::publish(tx.conn(), &publication).await?;
    directory::insert_catalogue(tx.conn(), version, &command.rows).await?;
    Ok(version)
}
