//! One verb, one file, one transaction, read top to bottom. Each action works on an open transaction. An RPC opens its
//! own, a consumer passes in the one of its batch.

pub mod get_task;
pub mod judge_dissatisfaction;
pub mod lease_tasks;
pub mod list_tasks;
pub mod open_tasks;
pub mod record_outcome;
pub mod release_tasks;
pub mod renew_lease;
pub mod report_attempt;

use chrono::{DateTime, Utc};
use eventlog::{NewEvent, Tx};
use platform::store::{AsStoreError, StoreError, check_version};
use uuid::Uuid;

use crate::domain::reach::Reach;
use crate::domain::refusal::Refusal;
use crate::domain::task::{Standing, Task};
use crate::store::tasks;

/// Why an action changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the domain refuses it.
    #[error("refused")]
    Refused {
        /// The rule.
        #[source]
        refusal: Refusal,
        /// State of the task that the refusal is about; none for a refusal about the agent.
        about: Option<Stood>,
    },
    /// The store failed, or the row does not exist.
    #[error("the store refused")]
    Store(#[from] StoreError),
}

impl AsStoreError for Error {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Refused { .. } => None,
            Self::Store(error) => Some(error),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal, about: None }
    }
}

/// State of a task when a command about it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    /// Its state.
    pub standing: Standing,
    /// Its round.
    pub round: u32,
    /// Its version.
    pub version: u64,
}

impl Stood {
    /// Its state at `wall`.
    fn of(task: &Task, wall: DateTime<Utc>) -> Self {
        Self {
            standing: task.standing(wall),
            round: task.about.round,
            version: task.version,
        }
    }

    /// A refusal about this task.
    const fn refused(self, refusal: Refusal) -> Error {
        Error::Refused {
            refusal,
            about: Some(self),
        }
    }
}

/// The task that a command is about, as its caller names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Task.
    pub id: Uuid,
    /// Version that the caller decided by; 0 accepts any version.
    pub if_version: u64,
    /// The tasks that the caller reaches.
    pub reach: Reach,
}

impl Named {
    /// Locks the task until the transaction ends, and returns its state for a refusal.
    ///
    /// # Errors
    /// [`StoreError::Absent`] for a task that is unknown or out of reach; [`StoreError::Stale`] for another version.
    async fn lock(&self, tx: &mut Tx, wall: DateTime<Utc>) -> Result<(Task, Stood), StoreError> {
        let task = reached(tasks::lock(tx.conn(), self.id).await?, &self.reach)?;
        check_version(self.if_version, task.version)?;
        let stood = Stood::of(&task, wall);
        Ok((task, stood))
    }
}

/// Returns the task, if the caller reaches it.
fn reached(task: Task, reach: &Reach) -> Result<Task, StoreError> {
    if reach.includes(&task.about) {
        Ok(task)
    } else {
        Err(StoreError::Absent("task"))
    }
}

/// Publishes a change of a task, under the next version of its order.
async fn tell(tx: &mut Tx, task: &Task, event: impl FnOnce(u64) -> NewEvent) -> Result<(), StoreError> {
    let version = tasks::next_told(tx.conn(), task.about.order_id).await?;
    tx.tell(event(version));
    Ok(())
}
