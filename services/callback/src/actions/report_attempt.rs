//! Records one attempt to reach an appellant.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::{AttemptOutcome, CallbackMode};
use personal::sealing::SealKey;

use super::{Error, Named, tell};
use crate::domain::task::{Holder, Task};
use crate::events;
use crate::store::tasks::{self, Attempt, Texts};

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

/// Runs inside the transaction that the call opened. `key` seals the reference of the recording. The number of the
/// attempt is the task's count of attempts.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason, [`platform::store::StoreError::Absent`] for an unknown task.
pub async fn report_attempt(
    tx: &mut Tx,
    key: &SealKey,
    command: &ReportAttempt,
    now: DateTime<Utc>,
    wall: DateTime<Utc>,
) -> Result<Task, Error> {
    let (task, stood) = command.task.lock(tx, wall).await?;
    let task = task
        .attempt(&command.holder, command.outcome, now)
        .map_err(|refusal| stood.refused(refusal))?;
    let attempt = Attempt {
        mode: command.mode,
        outcome: command.outcome,
        at: task.changed_at,
        by: command.holder.subject.clone(),
        recording: command
            .recording
            .as_deref()
            .map(|reference| key.seal(tasks::recording_cell(task.id, task.attempts), reference)),
    };
    tasks::insert_attempt(tx.conn(), &task, &attempt).await?;
    tasks::save(tx.conn(), &task, &Texts::default()).await?;
    tell(tx, &task, |version| events::attempt(&task, &attempt, version)).await?;
    Ok(task)
}
