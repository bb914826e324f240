//! Records what the appellant said, or that nothing was said. A decision: routing closes the order, unless a dissatisfaction
//! has to be judged first.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::{Rating, Solved};
use personal::sealing::SealKey;
use uuid::Uuid;

use super::Error;
use crate::domain::outcome::Answer;
use crate::domain::task::{Holder, Task};
use crate::events;
use crate::store::tasks::{self, Texts};

/// What the agent records, checked in shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOutcome {
    /// Task.
    pub task_id: Uuid,
    /// Who holds it.
    pub holder: Holder,
    /// Is the matter solved.
    pub solved: Option<Solved>,
    /// A grade, or unrated.
    pub rating: Rating,
    /// The person's words; free text, so it is sealed.
    pub comment: Option<String>,
}

/// Runs inside the transaction that the call opened; `key` seals the comment.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason, [`platform::store::StoreError::Absent`] for an unknown task.
pub async fn record_outcome(
    tx: &mut Tx,
    command: &RecordOutcome,
    key: &SealKey,
    min_attempts: u32,
    now: DateTime<Utc>,
) -> Result<Task, Error> {
    let task = tasks::lock(tx.conn(), command.task_id).await?;
    let answer = Answer {
        solved: command.solved,
        rating: command.rating,
        commented: command.comment.is_some(),
    };
    let found = tasks::found(tx.conn(), task.id).await?;
    let task = task.record(&command.holder, answer, found, min_attempts, now)?;
    let texts = Texts {
        comment: command
            .comment
            .as_deref()
            .map(|text| key.seal(tasks::cell("comment", task.id), text)),
        reason: None,
    };
    tasks::save(tx.conn(), &task, &texts).await?;
    tx.tell(events::outcome(&task).expect("it was recorded above"));
    Ok(task)
}
