//! Takes back tasks that an agent will not call for: they are proposed to others at once.

use eventlog::Tx;
use platform::store::check_version;
use uuid::Uuid;

use super::Error;
use crate::domain::task::{Holder, Task};
use crate::store::leases;

/// Which leases end, checked in shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseTasks {
    /// Tasks with their leases; none means all that the agent has.
    pub tasks: Vec<Held>,
    /// Subject of the agent.
    pub agent: String,
}

/// A task that an agent gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Task.
    pub id: Uuid,
    /// Token of its lease.
    pub token: u64,
    /// Version that the agent decided by; 0 takes whatever is.
    pub if_version: u64,
}

/// Runs inside the transaction that the call opened; gives the tasks that nobody has any more. What the agent no longer had
/// is passed over, whatever its version: at the end of a shift the rest has to come back all the same.
///
/// # Errors
/// [`platform::store::StoreError::Stale`] for a task that the agent has and that is of another version: then nothing is
/// given back.
pub async fn release_tasks(tx: &mut Tx, command: &ReleaseTasks) -> Result<Vec<Task>, Error> {
    let tasks = if command.tasks.is_empty() {
        leases::lock_held(tx.conn(), &command.agent).await?
    } else {
        let ids: Vec<Uuid> = command.tasks.iter().map(|held| held.id).collect();
        leases::lock(tx.conn(), &ids).await?
    };
    let mut released = Vec::with_capacity(tasks.len());
    for task in tasks {
        let held = command.held(&task);
        let holder = Holder {
            subject: command.agent.clone(),
            token: held.token,
        };
        let version = task.version;
        if let Ok(task) = task.release(&holder) {
            check_version(held.if_version, version)?;
            released.push(task);
        }
    }
    leases::save_leases(tx.conn(), &released).await?;
    Ok(released)
}

impl ReleaseTasks {
    /// The task as the agent named it; as it is, where the agent named none.
    fn held(&self, task: &Task) -> Held {
        let named = self.tasks.iter().find(|held| held.id == task.id);
        named.copied().unwrap_or(Held {
            id: task.id,
            token: task.token,
            if_version: 0,
        })
    }
}
