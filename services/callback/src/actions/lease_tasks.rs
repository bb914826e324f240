//! Gives the next tasks to an agent. A lease is wall time: one that has run out is given to whoever asks next, with a
//! greater token, and what its former holder reports is refused.

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::Tx;

use super::Error;
use crate::domain::task::Task;
use crate::store::tasks;

/// What the agent asks for, checked in shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseTasks {
    /// At most so many.
    pub count: u32,
    /// Subject of the agent.
    pub agent: String,
}

/// Runs inside the transaction that the call opened.
///
/// # Errors
/// When the store refuses.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "lease_tasks")]
pub async fn lease_tasks(
    tx: &mut Tx,
    command: &LeaseTasks,
    lease_seconds: u32,
    wall: DateTime<Utc>,
) -> Result<Vec<Task>, Error> {
    let free = tasks::claim_free(tx.conn(), wall, command.count).await?;
    let expires_at = wall + TimeDelta::seconds(i64::from(lease_seconds));
    let leased = free
        .into_iter()
        .map(|task| task.lease(&command.agent, expires_at))
        .collect::<Result<Vec<Task>, _>>()?;
    tasks::save_leases(tx.conn(), &leased).await?;
    Ok(leased)
}
