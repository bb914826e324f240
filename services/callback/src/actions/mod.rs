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

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::store::{AsStoreError, StoreError, check_version};
use uuid::Uuid;

use crate::domain::reach::Reach;
use crate::domain::refusal::Refusal;
use crate::domain::task::{Standing, Task};
use crate::store::tasks::{self, Change, Texts};

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

/// The tasks that commands are about, locked until the transaction ends, with the changes of the commands.
struct Locked {
    tasks: HashMap<Uuid, Task>,
    /// By the task's id.
    changes: BTreeMap<Uuid, Change>,
    wall: DateTime<Utc>,
}

impl Locked {
    /// Locks the tasks that exist.
    async fn of<'n>(
        tx: &mut Tx,
        named: impl Iterator<Item = &'n Named> + Send,
        wall: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = named.map(|named| named.id).collect();
        let tasks = tasks::lock(tx.conn(), &ids).await?;
        Ok(Self {
            tasks: tasks.into_iter().map(|task| (task.id, task)).collect(),
            changes: BTreeMap::new(),
            wall,
        })
    }

    /// The task that a command is about, as the commands before it left it, and its state for a refusal.
    ///
    /// # Errors
    /// [`StoreError::Absent`] for a task that is unknown or out of reach; [`StoreError::Stale`] for another version.
    fn named(&self, named: &Named) -> Result<(Task, Stood), StoreError> {
        let task = self.tasks.get(&named.id).ok_or(StoreError::Absent("task"))?;
        let task = reached(task.clone(), &named.reach)?;
        check_version(named.if_version, task.version)?;
        let stood = Stood::of(&task, self.wall);
        Ok((task, stood))
    }

    /// Keeps a change of a locked task for [`Locked::save`].
    fn change(&mut self, task: &Task, texts: Texts) {
        let before = self.tasks.insert(task.id, task.clone()).expect("the task is locked");
        let change = self.changes.entry(task.id).or_insert_with(|| Change {
            from_version: before.version,
            task: before,
            texts: Texts::default(),
        });
        change.task = task.clone();
        change.texts.comment = texts.comment.or_else(|| change.texts.comment.take());
        change.texts.reason = texts.reason.or_else(|| change.texts.reason.take());
    }

    /// Writes all changed tasks.
    async fn save(self, tx: &mut Tx) -> Result<(), StoreError> {
        let changes: Vec<Change> = self.changes.into_values().collect();
        tasks::save(tx.conn(), &changes).await
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

/// The versions of the next events about the orders of these tasks, one for each task, in their sequence.
async fn next_told(tx: &mut Tx, tasks: &[Task]) -> Result<Vec<u64>, StoreError> {
    let orders: Vec<Uuid> = tasks.iter().map(|task| task.about.order_id).collect();
    tasks::next_told(tx.conn(), &orders).await
}
