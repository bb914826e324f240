//! Takes back tasks from an agent. They are proposed to other agents at once.

use eventlog::Tx;
use platform::store::check_version;
use uuid::Uuid;

use super::Error;
use crate::domain::task::{Holder, Task};
use crate::store::{leases, tasks};

/// The leases to end, with their shape checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseTasks {
    /// Tasks with their leases; an empty list means all tasks of the agent.
    pub tasks: Vec<Held>,
    /// Subject of the agent.
    pub agent: String,
}

/// A task to release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Task.
    pub id: Uuid,
    /// Token of its lease.
    pub token: u64,
    /// Version that the agent decided by; 0 accepts any version.
    pub if_version: u64,
}

/// Runs inside the transaction that the call opened and returns the released tasks. A task that the agent no longer
/// holds is skipped, whatever its version. At the end of a shift the other tasks are still released.
///
/// # Errors
/// [`platform::store::StoreError::Stale`] when a task of the agent has another version. Then no task is released.
pub async fn release_tasks(tx: &mut Tx, command: &ReleaseTasks) -> Result<Vec<Task>, Error> {
    let tasks = if command.tasks.is_empty() {
        leases::lock_held(tx.conn(), &command.agent).await?
    } else {
        let ids: Vec<Uuid> = command.tasks.iter().map(|held| held.id).collect();
        tasks::lock(tx.conn(), &ids).await?
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
    /// The version that the agent named; the current one where it named none.
    fn held(&self, task: &Task) -> Held {
        let named = self.tasks.iter().find(|held| held.id == task.id);
        named.copied().unwrap_or(Held {
            id: task.id,
            token: task.token,
            if_version: 0,
        })
    }
}
