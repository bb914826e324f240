//! Publishes the dispatch catalogue as a new version, effective from a day.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use rpc::publication::Difference;

use super::Error;
use crate::domain::catalogue::{self, CatalogueRow};
use crate::domain::directory::Part;
use crate::store::directory::{self, Publication};
use crate::store::overlap;

/// The caller's request.
#[derive(Clone, Debug)]
pub struct PublishCatalogue {
    /// First day.
    pub valid_from: NaiveDate,
    /// All rows.
    pub rows: Vec<CatalogueRow>,
    /// Subject of the publisher.
    pub by: String,
    /// Checks and returns the difference; publishes nothing.
    pub dry_run: bool,
}

/// Returns the new version (0 for a dry run) and the difference to the catalogue in force on its first day. Orders that
/// wait for dispatch keep waiting for a dispatcher.
///
/// # Errors
/// [`Error::Invalid`] with every duplicate row, and every unit that is not in force for the whole time of the
/// catalogue.
pub async fn publish_catalogue(
    tx: &mut Tx,
    command: &PublishCatalogue,
    now: DateTime<Utc>,
) -> Result<(u64, Difference), Error> {
    overlap::lock(tx.conn()).await?;
    let missing = overlap::missing(tx.conn(), command.valid_from, &command.rows).await?;
    let violations = catalogue::check(&command.rows, &missing);
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let before = directory::catalogue_on(tx.conn(), command.valid_from).await?;
    let mut difference = Difference::default();
    let rows = before.rows().iter().map(row);
    difference.add("catalogue_row", rows, command.rows.iter().map(row));
    if command.dry_run {
        return Ok((0, difference));
    }
    let publication = Publication {
        part: Part::Catalogue,
        valid_from: command.valid_from,
        at: now,
        by: command.by.clone(),
    };
    let version = directory::publish(tx.conn(), &publication).await?;
    directory::insert_catalogue(tx.conn(), version, &command.rows).await?;
    Ok((version, difference))
}

/// A row with its id and its text for the difference.
fn row(row: &CatalogueRow) -> (String, String) {
    let all = |prefix: &str| if prefix.is_empty() { "all" } else { prefix }.to_owned();
    let text = format!(
        "category {}, region {}, unit {}",
        all(&row.category),
        all(&row.region),
        row.unit
    );
    (row.row.clone(), text)
}
