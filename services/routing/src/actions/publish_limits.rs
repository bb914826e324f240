//! Publishes the time-limit rules as a new version, effective from a day.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;

use super::Error;
use crate::domain::directory::Part;
use crate::domain::limits::{self, LimitRow};
use crate::store::directory::{self, Publication};

/// The caller's request.
#[derive(Clone, Debug)]
pub struct PublishLimits {
    /// First day.
    pub valid_from: NaiveDate,
    /// All rows.
    pub rows: Vec<LimitRow>,
    /// Subject of the publisher.
    pub by: String,
}

/// Returns the new version. Running deadlines keep the rule that they started with.
///
/// # Errors
/// [`Error::Invalid`] with every duplicate, every tie, and every clock without a row that matches everything.
pub async fn publish_limits(tx: &mut Tx, command: &PublishLimits, now: DateTime<Utc>) -> Result<u64, Error> {
    let violations = limits::check(&command.rows);
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let publication = Publication {
        part: Part::Limits,
        valid_from: command.valid_from,
        at: now,
        by: command.by.clone(),
    };
    let version = directory::publish(tx.conn(), &publication).await?;
    directory::insert_limits(tx.conn(), version, &command.rows).await?;
    Ok(version)
}
