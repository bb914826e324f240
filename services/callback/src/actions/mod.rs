//! One verb, one file, one transaction, read top to bottom. A body works on an open transaction: an RPC opens it, a
//! consumer lends its batch's.

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

/// Why an action did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the domain says no.
    #[error("refused")]
    Refused {
        /// Which rule.
        #[source]
        refusal: Refusal,
        /// The task that it says no about; none where the agent is refused, whatever the task.
        about: Option<Stood>,
    },
    /// The store says no, or there is no such thing.
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

/// How a task stood when a command about it was refused.
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
    /// How it stands at `wall`.
    fn of(task: &Task, wall: DateTime<Utc>) -> Self {
        Self {
            standing: task.standing(wall),
            round: task.about.round,
            version: task.version,
        }
    }

    /// A refusal about it.
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
    /// Version that the caller decided by; 0 takes whatever is.
    pub if_version: u64,
    /// Whose tasks exist for the caller.
    pub reach: Reach,
}

impl Named {
    /// Locks it until the transaction ends, and gives how it stands, for a refusal.
    ///
    /// # Errors
    /// [`StoreError::Absent`] for an unknown one, and for one out of reach; [`StoreError::Stale`].
    async fn lock(&self, tx: &mut Tx, wall: DateTime<Utc>) -> Result<(Task, Stood), StoreError> {
        let task = reached(tasks::lock(tx.conn(), self.id).await?, &self.reach)?;
        check_version(self.if_version, task.version)?;
        let stood = Stood::of(&task, wall);
        Ok((task, stood))
    }
}

/// The task, if it exists for the caller.
fn reached(task: Task, reach: &Reach) -> Result<Task, StoreError> {
    if reach.includes(&task.about) {
        Ok(task)
    } else {
        Err(StoreError::Absent("task"))
    }
}

/// Publishes what happened to a task, under the next version of its order.
async fn tell(tx: &mut Tx, task: &Task, event: impl FnOnce(u64) -> NewEvent) -> Result<(), StoreError> {
    let version = tasks::next_told(tx.conn(), task.about.order_id).await?;
    tx.tell(event(version));
    Ok(())
}
