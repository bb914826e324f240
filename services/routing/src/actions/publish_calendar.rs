//! Publishes notices on holidays: a new version of the working-day calendar, in force with its commit.

use calendar::Notice;
use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::{Error, Rules};
use crate::domain::violation::Violation;
use crate::store::calendars;

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct PublishCalendar {
    /// Version of all notices with these.
    pub version: String,
    /// Notices on top of those in force.
    pub notices: Vec<Notice>,
    /// Subject of who publishes.
    pub by: String,
}

/// Gives the version in force. It holds all notices, those it does not name as they were, so that a deadline can be
/// computed again with it whatever a later program brings. Deadlines that run keep the calendar of their start.
///
/// # Errors
/// [`Error::Invalid`] with everything that contradicts itself, and with a version that is not newer than the one in force
/// where days differ.
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
        // Another publication of this number was first: its notices are there now, and are what this one is held against.
        let theirs = rules.directories.calendar(tx.conn()).await?;
        if theirs.amended(&command.version, command.notices.clone()).is_err() {
            let taken = format!("{} was published by somebody else just now; raise it", command.version);
            return Err(Error::Invalid(vec![Violation::new("version".to_owned(), taken)]));
        }
    }
    Ok(calendar.notices_version().to_owned())
}
