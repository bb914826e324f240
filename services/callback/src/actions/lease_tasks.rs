//! Gives the next tasks to an agent, up to the number that it may have. A lease is wall time: one that has run out is given
//! to whoever asks next, with a greater token, and what its former holder reports from then on is refused.

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::Error;
use crate::config::CallbackConfig;
use crate::domain::task::{Task, may_lease};
use crate::store::leases;

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
/// [`Error::Refused`] when the agent has all that it may have.
pub async fn lease_tasks(
    tx: &mut Tx,
    command: &LeaseTasks,
    config: &CallbackConfig,
    wall: DateTime<Utc>,
) -> Result<Vec<Task>, Error> {
    leases::lock_agent(tx.conn(), &command.agent).await?;
    let held = leases::running(tx.conn(), &command.agent, wall).await?;
    let count = may_lease(command.count, held, config.most_leases)?;
    let free = leases::claim_free(tx.conn(), wall, count).await?;
    let leased = free
        .into_iter()
        .map(|task| task.lease(&command.agent, config.lease_until(wall)))
        .collect::<Result<Vec<Task>, _>>()?;
    leases::save_leases(tx.conn(), &leased).await?;
    Ok(leased)
}
