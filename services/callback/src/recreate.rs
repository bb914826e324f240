//! Attempts, outcomes and judgements that a restored database has lost, from the events that others have read of them.
//!
//! Routing's log is read to its end before, so that their tasks are there. Nobody is called again for an outcome that is
//! on record; a lease of the lost time is void, and its task is free.

use std::sync::Arc;

use async_trait::async_trait;
use eventlog::read;
use eventlog::{ApplyError, Back, Recorded, Tx};
use hotline_proto::common::{AttemptOutcome, CallbackMode, Cause, Rating, Solved};
use hotline_proto::events::event::Body;
use hotline_proto::events::{AttemptReported, DissatisfactionJudged, OutcomeRecorded};
use platform::sealing::{LOST, SealKey};

use crate::domain::outcome::{Grade, Outcome};
use crate::domain::task::Task;
use crate::store::tasks::{self, Attempt, Texts};

/// Brings tasks to where they were.
pub struct Recreate {
    /// Seals what stands for lost texts.
    pub key: SealKey,
}

#[async_trait]
impl eventlog::Recreate for Recreate {
    async fn recreate(&self, tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError> {
        match &event.body {
            Body::AttemptReported(told) => self.attempt(tx, event, told).await,
            Body::OutcomeRecorded(told) => outcome(tx, event, told).await,
            Body::DissatisfactionJudged(told) => self.judge(tx, event, told).await,
            _ => Err(ApplyError::Permanent("callback tells no such thing".to_owned())),
        }
    }
}

async fn outcome(tx: &mut Tx, event: &Recorded, told: &OutcomeRecorded) -> Result<Back, ApplyError> {
    let task = tasks::lock(tx.conn(), read::id("task_id", &told.task_id)?).await?;
    let outcome = if told.reached {
        Outcome::Reached {
            solved: read::known_or_unspecified("solved", told.solved)
                .map(|solved| Some(solved).filter(|s| *s != Solved::Unspecified))?,
            grade: Grade::of(read::known::<Rating>("rating", told.rating)?),
        }
    } else {
        Outcome::Unreached
    };
    let task = task
        .known_outcome(outcome, &event.actor, event.occurred_at)
        .ok_or_else(elsewhere)?;
    save(tx, event, &task, &Texts::default()).await?;
    if !told.reached {
        return Ok(Back::whole());
    }
    Ok(Back::without_text(format!(
        "order {}: what the appellant said in his own words is lost, if it was noted; {} called",
        task.about.order_number, event.actor
    )))
}

impl Recreate {
    async fn attempt(&self, tx: &mut Tx, event: &Recorded, told: &AttemptReported) -> Result<Back, ApplyError> {
        let task = tasks::lock(tx.conn(), read::id("task_id", &told.task_id)?).await?;
        let cell = tasks::recording_cell(task.id, told.attempt);
        let attempt = Attempt {
            mode: read::known::<CallbackMode>("mode", told.mode)?,
            outcome: read::known::<AttemptOutcome>("outcome", told.outcome)?,
            at: event.occurred_at,
            by: event.actor.clone(),
            recording: told.recorded.then(|| self.key.seal(cell, LOST)),
        };
        let task = task
            .known_attempt(told.attempt, attempt.outcome, event.occurred_at)
            .ok_or_else(elsewhere)?;
        tasks::insert_attempt(tx.conn(), &task, &attempt).await?;
        save(tx, event, &task, &Texts::default()).await?;
        if !told.recorded {
            return Ok(Back::whole());
        }
        Ok(Back::without_text(format!(
            "order {}: which recording call {} has is lost; {} called",
            task.about.order_number, told.attempt, event.actor
        )))
    }

    async fn judge(&self, tx: &mut Tx, event: &Recorded, told: &DissatisfactionJudged) -> Result<Back, ApplyError> {
        let task = tasks::lock(tx.conn(), read::id("task_id", &told.task_id)?).await?;
        let cause = read::known::<Cause>("cause", told.cause)?;
        let task = task
            .judge(cause, &event.actor, event.event_id, event.occurred_at)
            .map_err(|refusal| ApplyError::Permanent(refusal.to_string()))?;
        let texts = Texts {
            comment: None,
            reason: Some(self.key.seal(tasks::cell("reason", task.id), LOST)),
        };
        save(tx, event, &task, &texts).await?;
        Ok(Back::without_text(format!(
            "order {}: why the dissatisfaction was judged so is lost; {} judged",
            task.about.order_number, event.actor
        )))
    }
}

/// Writes the task; what callback tells next about the order comes after this event.
async fn save(tx: &mut Tx, event: &Recorded, task: &Task, texts: &Texts) -> Result<(), ApplyError> {
    let told = Task {
        told: event.version,
        ..task.clone()
    };
    tasks::save(tx.conn(), &told, texts).await?;
    tasks::raise_told(tx.conn(), task.about.order_id, task.about.round, event.version).await?;
    Ok(())
}

fn elsewhere() -> ApplyError {
    ApplyError::Permanent("the task is not where it was".to_owned())
}

/// As the command takes it.
pub(crate) fn boxed(key: SealKey) -> Arc<dyn eventlog::Recreate> {
    Arc::new(Recreate { key })
}
