//! Records the appellant's answers, or an unrated outcome. The outcome is a decision: routing closes the order, unless
//! a dissatisfaction must be judged first.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::{Rating, Solved};
use personal::sealing::SealKey;

use super::{Error, Named, tell};
use crate::domain::outcome::Answer;
use crate::domain::task::{Holder, Task};
use crate::events;
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

/// Runs inside the transaction that the call opened; `key` seals the comment.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason, [`platform::store::StoreError::Absent`] for an unknown task.
pub async fn record_outcome(
    tx: &mut Tx,
    key: &SealKey,
    command: &RecordOutcome,
    min_attempts: u32,
    now: DateTime<Utc>,
    wall: DateTime<Utc>,
) -> Result<Task, Error> {
    let (task, stood) = command.task.lock(tx, wall).await?;
    let answer = Answer {
        solved: command.solved,
        rating: command.rating,
        commented: command.comment.is_some(),
    };
    let found = tasks::found(tx.conn(), task.id).await?;
    let task = task
        .record(&command.holder, answer, found, min_attempts, now)
        .map_err(|refusal| stood.refused(refusal))?;
    let texts = Texts {
        comment: command
            .comment
            .as_deref()
            .map(|text| key.seal(tasks::cell("comment", task.id), text)),
        reason: None,
    };
    tasks::save(tx.conn(), &task, &texts).await?;
    let recorded = task.recorded().expect("it was recorded above");
    tell(tx, &task, |version| events::outcome(&task, recorded, version)).await?;
    Ok(task)
}
