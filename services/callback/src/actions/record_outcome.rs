//! Records appellants' answers, or unrated outcomes. An outcome is a decision: routing closes the order, unless a
//! dissatisfaction must be judged first.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::{Rating, Solved};
use personal::sealing::SealKey;
use platform::store::StoreError;
use uuid::Uuid;

use super::{Error, Locked, Named, next_told};
use crate::domain::outcome::{Answer, Found};
use crate::domain::task::{Holder, Task};
use crate::events;
use crate::store::attempts;
use crate::store::tasks::{self, Texts};

/// The agent's record, with its shape checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOutcome {
    /// Task.
    pub task: Named,
    /// Holder of the lease.
    pub holder: Holder,
    /// Whether the matter is solved.
    pub solved: Option<Solved>,
    /// A grade, or unrated.
    pub rating: Rating,
    /// The appellant's words. They are free text, so they are sealed.
    pub comment: Option<String>,
}

/// Records outcomes one by one, each on the task that the outcomes before it left, and writes them together. Runs inside
/// the transaction that the call opened; `key` seals the comments. Returns one result per command.
///
/// A refused command has its own error: [`Error::Refused`] with the domain's reason, [`StoreError::Absent`] for a task
/// that is unknown or out of reach, [`StoreError::Stale`] for another version.
///
/// # Errors
/// When the store fails.
pub async fn record_outcomes(
    tx: &mut Tx,
    key: &SealKey,
    commands: &[RecordOutcome],
    min_attempts: u32,
    now: DateTime<Utc>,
    wall: DateTime<Utc>,
) -> Result<Vec<Result<Task, Error>>, StoreError> {
    let mut tasks = Locked::of(tx, commands.iter().map(|command| &command.task), wall).await?;
    let ids: Vec<Uuid> = commands.iter().map(|command| command.task.id).collect();
    let found = attempts::found(tx.conn(), &ids).await?;
    let mut results = Vec::with_capacity(commands.len());
    let mut ended = Vec::new();
    for command in commands {
        let found = found.get(&command.task.id).copied().unwrap_or_default();
        let result = command.on(&tasks, found, min_attempts, now);
        if let Ok(task) = &result {
            tasks.change(task, command.texts(key));
            ended.push(task.clone());
        }
        results.push(result);
    }
    tasks.save(tx).await?;
    let versions = next_told(tx, &ended).await?;
    for (task, version) in ended.iter().zip(versions) {
        let recorded = task.recorded().expect("it was recorded above");
        tx.tell(events::outcome(task, recorded, version));
    }
    Ok(results)
}

impl RecordOutcome {
    /// The task with the outcome.
    fn on(&self, tasks: &Locked, found: Found, min_attempts: u32, now: DateTime<Utc>) -> Result<Task, Error> {
        let (task, stood) = tasks.named(&self.task)?;
        let answer = Answer {
            solved: self.solved,
            rating: self.rating,
            commented: self.comment.is_some(),
        };
        task.record(&self.holder, answer, found, min_attempts, now)
            .map_err(|refusal| stood.refused(refusal))
    }

    /// The comment, sealed for its task.
    fn texts(&self, key: &SealKey) -> Texts {
        let cell = tasks::cell("comment", self.task.id);
        Texts {
            comment: self.comment.as_deref().map(|text| key.seal(cell, text)),
            reason: None,
        }
    }
}
