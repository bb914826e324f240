//! 领导接听日: announces a day on which leaders take calls.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use platform::ids::new_id;

use super::Error;
use crate::domain::leader_day::{LeaderDay, Turn, past};
use crate::domain::refusal::Refusal;
use crate::events;
use crate::store::leader_days;

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct AnnounceLeaderDay {
    /// The day.
    pub day: NaiveDate,
    /// Public notice.
    pub notice: String,
    /// The roster; every turn lies in the day.
    pub roster: Vec<Turn>,
    /// Subject of the caller.
    pub actor: String,
}

/// # Errors
/// [`Error::Invalid`] for a day that is past; `LEADER_DAY_EXISTS` when another day of the date is announced.
pub async fn announce_leader_day(
    tx: &mut Tx,
    command: &AnnounceLeaderDay,
    now: DateTime<Utc>,
) -> Result<LeaderDay, Error> {
    if let Some(fault) = past(command.day, calendar::local_date(now)) {
        return Err(Error::Invalid(vec![fault]));
    }
    let day = LeaderDay::announce(new_id(now), command.day, command.notice.clone(), now);
    if !leader_days::insert(tx.conn(), &day, &command.roster).await? {
        return Err(Refusal::LeaderDayExists.into());
    }
    tx.tell(events::leader_day_announced(&day, &command.actor));
    Ok(day)
}
