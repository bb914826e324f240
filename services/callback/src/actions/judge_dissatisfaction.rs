//! Judges the cause of a dissatisfaction. The judgement is a decision: routing orders rework for the unit's fault, and
//! closes with a flag for an objective cause (domain.md §7; I6).

use std::{iter, slice};

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::Cause;
use personal::sealing::SealKey;
use platform::ids::new_id;

use super::{Error, Locked, Named, next_told};
use crate::domain::task::{State, Task};
use crate::events;
use crate::store::tasks::{self, Texts};

/// The supervisor's judgement, with its shape checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeDissatisfaction {
    /// Task.
    pub task: Named,
    /// Cause of the dissatisfaction.
    pub cause: Cause,
    /// Reason of the judgement. It is free text, so it is sealed.
    pub reason: String,
    /// Subject of the supervisor.
    pub judge: String,
}

/// Runs inside the transaction that the call opened; `key` seals the reason.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason, [`platform::store::StoreError::Absent`] for an unknown task.
pub async fn judge_dissatisfaction(
    tx: &mut Tx,
    key: &SealKey,
    command: &JudgeDissatisfaction,
    now: DateTime<Utc>,
    wall: DateTime<Utc>,
) -> Result<Task, Error> {
    let mut tasks = Locked::of(tx, iter::once(&command.task), wall).await?;
    let (task, stood) = tasks.named(&command.task)?;
    let task = task
        .judge(command.cause, &command.judge, new_id(now), now)
        .map_err(|refusal| stood.refused(refusal))?;
    let texts = Texts {
        comment: None,
        reason: Some(key.seal(tasks::cell("reason", task.id), &command.reason)),
    };
    tasks.change(&task, texts);
    tasks.save(tx).await?;
    if let State::Done {
        judged: Some(judged), ..
    } = &task.state
    {
        let mut versions = next_told(tx, slice::from_ref(&task)).await?;
        let version = versions.pop().expect("one task has one version");
        tx.tell(events::judgement(&task, judged, version));
    }
    Ok(task)
}
