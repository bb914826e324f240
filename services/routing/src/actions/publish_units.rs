//! Publishes the units as a new version, effective from a day. Other services get their names from the event.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::{NewEvent, Tx};
use platform::ids::{derived_id, new_id};
use rpc::publication::Difference;
use uuid::Uuid;

use super::Error;
use crate::domain::directory::Part;
use crate::domain::units::{self, SentUnit, Unit, kind_name, level_name};
use crate::events;
use crate::store::directory::{self, Publication};
use crate::store::overlap;

/// The caller's request.
#[derive(Clone, Debug)]
pub struct PublishUnits {
    /// First day.
    pub valid_from: NaiveDate,
    /// All units.
    pub units: Vec<SentUnit>,
    /// Subject of the publisher.
    pub by: String,
    /// Checks and returns the difference; publishes nothing.
    pub dry_run: bool,
}

/// Returns the new version (0 for a dry run) and the difference to the units in force on its first day. Orders keep
/// their lead unit.
///
/// # Errors
/// [`Error::Invalid`] with every duplicate, unknown parent and cycle, every top-level unit without kind or level, and
/// every level above the parent's. Also with every catalogue row whose unit would be missing while these units are in
/// force.
pub async fn publish_units(
    tx: &mut Tx,
    command: &PublishUnits,
    now: DateTime<Utc>,
) -> Result<(u64, Difference), Error> {
    overlap::lock(tx.conn()).await?;
    let orphans = overlap::orphans(tx.conn(), command.valid_from, &command.units).await?;
    let named = units::named_elsewhere(&orphans);
    let units = match units::check(&command.units) {
        Ok(units) if named.is_empty() => units,
        Ok(_) => return Err(Error::Invalid(named)),
        Err(violations) => return Err(Error::Invalid([violations, named].concat())),
    };
    let before = directory::units_on(tx.conn(), command.valid_from).await?;
    let mut difference = Difference::default();
    difference.add("unit", before.iter().map(row), units.iter().map(row));
    if command.dry_run {
        return Ok((0, difference));
    }
    let publication = Publication {
        part: Part::Units,
        valid_from: command.valid_from,
        at: now,
        by: command.by.clone(),
    };
    let version = directory::publish(tx.conn(), &publication).await?;
    directory::insert_units(tx.conn(), version, &units).await?;
    tx.tell(NewEvent {
        event_id: new_id(now),
        // All versions are one aggregate, so consumers get them in order.
        key: derived_id(Uuid::nil(), "routing.units"),
        version,
        actor: command.by.clone(),
        occurred_at: now,
        body: events::units_published(version, command.valid_from, &units),
    });
    Ok((version, difference))
}

/// A unit with its code and its text for the difference.
fn row(unit: &Unit) -> (String, String) {
    let parent = unit.parent.as_deref().unwrap_or("none");
    let text = format!(
        "{}, parent {parent}, kind {}, level {}, regions {}",
        unit.name,
        kind_name(unit.kind),
        level_name(unit.level),
        unit.regions.join(" ")
    );
    (unit.code.clone(), text.trim_end().to_owned())
}
