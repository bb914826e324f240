//! Takes back tasks that an agent will not call for: they are proposed to others at once.

use eventlog::Tx;
use uuid::Uuid;

use super::Error;
use crate::domain::task::{Holder, Task};
use crate::store::leases;

/// Which leases end, checked in shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseTasks {
    /// Tasks with the tokens of their leases; none means all that the agent has.
    pub tasks: Vec<(Uuid, u64)>,
    /// Subject of the agent.
    pub agent: String,
}

/// Runs inside the transaction that the call opened; gives the tasks that nobody has any more. What the agent no longer had
/// is passed over: at the end of a shift the rest has to come back all the same.
///
/// # Errors
/// When the store refuses.
pub async fn release_tasks(tx: &mut Tx, command: &ReleaseTasks) -> Result<Vec<Task>, Error> {
    let tasks = if command.tasks.is_empty() {
        leases::lock_held(tx.conn(), &command.agent).await?
    } else {
        let ids: Vec<Uuid> = command.tasks.iter().map(|(id, _)| *id).collect();
        leases::lock(tx.conn(), &ids).await?
    };
    let released: Vec<Task> = tasks
        .into_iter()
        .filter_map(|task| {
            let holder = Holder {
                subject: command.agent.clone(),
                token: command.token_of(&task)?,
            };
            task.release(&holder).ok()
        })
        .collect();
    leases::save_leases(tx.conn(), &released).await?;
    Ok(released)
}

impl ReleaseTasks {
    fn token_of(&self, task: &Task) -> Option<u64> {
        if self.tasks.is_empty() {
            return Some(task.token);
        }
        self.tasks
            .iter()
            .find(|(id, _)| *id == task.id)
            .map(|(_, token)| *token)
    }
}
