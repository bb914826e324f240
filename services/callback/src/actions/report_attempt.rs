//! Notes one attempt to reach an appellant.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::{AttemptOutcome, CallbackMode};
use uuid::Uuid;

use super::Error;
use crate::domain::task::{Holder, Task};
use crate::events;
use crate::store::tasks::{self, Attempt, Texts};

/// What the agent reports, checked in shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportAttempt {
    /// Task.
    pub task_id: Uuid,
    /// Who holds it.
    pub holder: Holder,
    /// How.
    pub mode: CallbackMode,
    /// What came of it.
    pub outcome: AttemptOutcome,
}

/// Runs inside the transaction that the call opened; the attempt's number is the task's count.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason, [`platform::store::StoreError::Absent`] for an unknown task.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "report_attempt")]
pub async fn report_attempt(tx: &mut Tx, command: &ReportAttempt, now: DateTime<Utc>) -> Result<Task, Error> {
    let task = tasks::lock(tx.conn(), command.task_id).await?;
    let task = task.attempt(&command.holder, command.outcome, now)?;
    let attempt = Attempt {
        mode: command.mode,
        outcome: command.outcome,
        at: task.changed_at,
        by: command.holder.subject.clone(),
    };
    tasks::insert_attempt(tx.conn(), &task, &attempt).await?;
    tasks::save(tx.conn(), &task, &Texts::default()).await?;
    tx.tell(events::attempt(&task, command.mode, command.outcome, &attempt.by));
    Ok(task)
}
