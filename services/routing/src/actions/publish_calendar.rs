//! Publishes notices on holidays: a new version of the working-day calendar, in force from the commit on.

use calendar::Notice;
use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::{Error, Rules};
use crate::domain::violation::Violation;
use crate::store::calendars;

/// The caller's request.
#[derive(Clone, Debug)]
pub struct PublishCalendar {
    /// The new version of the calendar.
    pub version: String,
    /// New notices, added to those in force.
    pub notices: Vec<Notice>,
    /// Subject of the publisher.
    pub by: String,
}

/// Returns the version in force. The new version also stores the notices of all other years. A deadline can then be
/// computed again, even by a later program. Running deadlines keep the calendar that they started with.
///
/// # Errors
/// [`Error::Invalid`] with every contradiction. Also for changed days without a version newer than the one in force.
pub async fn publish_calendar(
    tx: &mut Tx,
    rules: &Rules,
    command: &PublishCalendar,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    let in_force = rules.directories.calendar(tx.conn()).await?;
    let calendar = in_force
        .amended(&command.version, command.notices.clone())
        .map_err(|faults| {
            let told = |fault: calendar::NoticeFault| {
                Violation::new(
                    fault.place.path("notices"),
                    format!("{}; {}", fault.problem, fault.right),
                )
            };
            Error::Invalid(faults.into_iter().map(told).collect())
        })?;
    if calendar != *in_force && !calendars::insert(tx.conn(), &calendar, &command.by, now).await? {
        // Another publication has taken this version. Its notices are committed, so this request is compared with them.
        let theirs = rules.directories.calendar(tx.conn()).await?;
        if theirs.amended(&command.version, command.notices.clone()).is_err() {
            let taken = format!(
                "version {} was just published by another request; choose a higher version",
                command.version
            );
            return Err(Error::Invalid(vec![Violation::new("version".to_owned(), taken)]));
        }
    }
    Ok(calendar.notices_version().to_owned())
}
