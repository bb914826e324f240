//! Renews an agent's lease of a task for another full term.

use std::iter;

use chrono::{DateTime, Utc};
use eventlog::Tx;

use super::{Error, Locked, Named};
use crate::config::CallbackConfig;
use crate::domain::task::{Holder, Task, may_lease};
use crate::store::leases;

/// The lease to renew, with its shape checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewLease {
    /// Task.
    pub task: Named,
    /// Holder of the lease.
    pub holder: Holder,
}

/// Runs inside the transaction that the call opened.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason, [`platform::store::StoreError::Absent`] for an unknown task.
pub async fn renew_lease(
    tx: &mut Tx,
    command: &RenewLease,
    config: &CallbackConfig,
    wall: DateTime<Utc>,
) -> Result<Task, Error> {
    let agent = &command.holder.subject;
    leases::lock_agent(tx.conn(), agent).await?;
    let tasks = Locked::of(tx, iter::once(&command.task), wall).await?;
    let (task, stood) = tasks.named(&command.task)?;
    let ran_out = !task.is_leased(wall);
    let task = task
        .renew(&command.holder, config.lease_until(wall))
        .map_err(|refusal| stood.refused(refusal))?;
    if ran_out {
        // An expired lease did not count against the limit; once renewed, it does.
        let held = leases::running(tx.conn(), agent, wall).await?;
        may_lease(1, held, config.most_leases).map_err(|refusal| stood.refused(refusal))?;
    }
    leases::save_leases(tx.conn(), std::slice::from_ref(&task)).await?;
    Ok(task)
}
