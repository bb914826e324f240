//! Leases the next tasks to an agent, up to its limit. A lease is wall time. An expired one goes to the next agent that
//! asks, with a greater token. From then on the former holder's reports are refused.

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::Error;
use crate::config::CallbackConfig;
use crate::domain::task::{Task, may_lease};
use crate::store::leases;

/// The agent's request, with its shape checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseTasks {
    /// Most tasks to lease.
    pub count: u32,
    /// Subject of the agent.
    pub agent: String,
}

/// Runs inside the transaction that the call opened.
///
/// # Errors
/// [`Error::Refused`] when the agent is at its limit.
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
