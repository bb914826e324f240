//! Cancels a leader day that no appeal names yet.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use uuid::Uuid;

use super::Error;
use crate::domain::leader_day::LeaderDay;
use crate::events;
use crate::store::leader_days;

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct CancelLeaderDay {
    /// The leader day.
    pub day: Uuid,
    /// Why.
    pub reason: String,
    /// Subject of the caller.
    pub actor: String,
}

/// Returns the day and the time of its cancellation. The lock makes appeals that would name the day wait.
///
/// # Errors
/// Absent; `LEADER_DAY_FIXED` for a cancelled day, and for one that appeals name.
pub async fn cancel_leader_day(
    tx: &mut Tx,
    command: &CancelLeaderDay,
    now: DateTime<Utc>,
) -> Result<(LeaderDay, DateTime<Utc>), Error> {
    let day = leader_days::lock(tx.conn(), command.day).await?;
    let named = leader_days::is_named(tx.conn(), command.day).await?;
    let (day, at) = day.cancel(command.reason.clone(), named, now)?;
    leader_days::save_cancelled(tx.conn(), &day).await?;
    tx.tell(events::leader_day_cancelled(&day, at, &command.actor));
    Ok((day, at))
}
