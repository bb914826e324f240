//! Publishes the units as a new version, effective from a day, and tells the others their names.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::{NewEvent, Tx};
use platform::ids::{derived_id, new_id};
use uuid::Uuid;

use super::Error;
use crate::domain::directory::Part;
use crate::domain::units::{self, Unit};
use crate::events;
use crate::store::directory::{self, Publication};
use crate::store::overlap;

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct PublishUnits {
    /// First day.
    pub valid_from: NaiveDate,
    /// All of them.
    pub units: Vec<Unit>,
    /// Subject of who publishes.
    pub by: String,
}

/// Gives the new version. Orders keep the lead that they have.
///
/// # Errors
/// [`Error::Invalid`] with every duplicate, unknown parent and cycle, and every row of a catalogue that would find no unit
/// while these are in force.
pub async fn publish_units(tx: &mut Tx, command: &PublishUnits, now: DateTime<Utc>) -> Result<u64, Error> {
    overlap::lock(tx.conn()).await?;
    let orphans = overlap::orphans(tx.conn(), command.valid_from, &command.units).await?;
    let mut violations = units::check(&command.units);
    violations.extend(units::named_elsewhere(&orphans));
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let publication = Publication {
        part: Part::Units,
        valid_from: command.valid_from,
        at: now,
        by: command.by.clone(),
    };
    let version = directory::publish(tx.conn(), &publication).await?;
    directory::insert_units(tx.conn(), version, &command.units).await?;
    tx.tell(NewEvent {
        event_id: new_id(now),
        // All versions are one aggregate, so that readers get them in order.
        key: derived_id(Uuid::nil(), "routing.units"),
        version,
        actor: command.by.clone(),
        occurred_at: now,
        body: events::units_published(version, command.valid_from, &command.units),
    });
    Ok(version)
}
