//! Records attempts to reach appellants.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::{AttemptOutcome, CallbackMode};
use personal::sealing::SealKey;
use platform::store::StoreError;

use super::{Error, Locked, Named, next_told};
use crate::domain::task::{Holder, Task};
use crate::events;
use crate::store::attempts::{self, Attempt};
use crate::store::tasks::Texts;

/// The agent's report, with its shape checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportAttempt {
    /// Task.
    pub task: Named,
    /// Holder of the lease.
    pub holder: Holder,
    /// Mode of the attempt.
    pub mode: CallbackMode,
    /// Outcome of the attempt.
    pub outcome: AttemptOutcome,
    /// Reference of the call's recording.
    pub recording: Option<String>,
}

/// Records attempts one by one, each on the task that the attempts before it left, and writes them together. Runs inside
/// the transaction that the call opened; `key` seals the references of recordings. Returns one result per command: the
/// task, whose count of attempts is the number of this one.
///
/// A refused command has its own error: [`Error::Refused`] with the domain's reason, [`StoreError::Absent`] for a task
/// that is unknown or out of reach, [`StoreError::Stale`] for another version.
///
/// # Errors
/// When the store fails.
pub async fn report_attempts(
    tx: &mut Tx,
    key: &SealKey,
    commands: &[ReportAttempt],
    now: DateTime<Utc>,
    wall: DateTime<Utc>,
) -> Result<Vec<Result<Task, Error>>, StoreError> {
    let mut tasks = Locked::of(tx, commands.iter().map(|command| &command.task), wall).await?;
    let mut results = Vec::with_capacity(commands.len());
    let (mut reported, mut attempts) = (Vec::new(), Vec::new());
    for command in commands {
        let result = command.on(&tasks, now);
        if let Ok(task) = &result {
            tasks.change(task, Texts::default());
            attempts.push(command.newest(task, key));
            reported.push(task.clone());
        }
        results.push(result);
    }
    attempts::insert(tx.conn(), &attempts).await?;
    tasks.save(tx).await?;
    let versions = next_told(tx, &reported).await?;
    for ((task, attempt), version) in reported.iter().zip(&attempts).zip(versions) {
        tx.tell(events::attempt(task, attempt, version));
    }
    Ok(results)
}

impl ReportAttempt {
    /// The task after the attempt.
    fn on(&self, tasks: &Locked, now: DateTime<Utc>) -> Result<Task, Error> {
        let (task, stood) = tasks.named(&self.task)?;
        task.attempt(&self.holder, self.outcome, now)
            .map_err(|refusal| stood.refused(refusal))
    }

    /// The attempt that was just counted in `task`.
    fn newest(&self, task: &Task, key: &SealKey) -> Attempt {
        let cell = attempts::recording_cell(task.id, task.attempts);
        Attempt {
            task: task.id,
            number: task.attempts,
            mode: self.mode,
            outcome: self.outcome,
            token: task.token,
            at: task.changed_at,
            by: self.holder.subject.clone(),
            recording: self.recording.as_deref().map(|reference| key.seal(cell, reference)),
        }
    }
}
