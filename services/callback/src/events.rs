//! What callback tells the others, and how it reads what routing tells. The only place between the domain's words and
//! those of `hotline.events.v1`.

use chrono::{DateTime, Utc};
use eventlog::read::{self, Unreadable};
use eventlog::{NewEvent, Recorded};
use hotline_proto::common::Solved;
use hotline_proto::events::event::Body;
use hotline_proto::events::{AttemptReported, DissatisfactionJudged, OutcomeRecorded};
use platform::ids::{derived_id, new_id};
use uuid::Uuid;

use crate::domain::task::{About, Judged, State, Task};
use crate::store::tasks::Attempt;

/// A passed reply: what a task is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Id of the task, derived from the event.
    pub task_id: Uuid,
    /// What it asks about.
    pub about: About,
    /// When the reply was passed.
    pub at: DateTime<Utc>,
}

/// The attempt that was just noted in `task`.
#[must_use]
pub fn attempt(task: &Task, attempt: &Attempt) -> NewEvent {
    let body = Body::AttemptReported(AttemptReported {
        task_id: task.id.to_string(),
        order_id: task.about.order_id.to_string(),
        round: task.about.round,
        attempt: task.attempts,
        mode: attempt.mode.into(),
        outcome: attempt.outcome.into(),
        recorded: attempt.recording.is_some(),
    });
    newest(task, new_id(task.changed_at), &attempt.by, body)
}

/// The outcome that was just recorded in `task`; nothing while there is none.
#[must_use]
pub fn outcome(task: &Task) -> Option<NewEvent> {
    let recorded = task.recorded()?;
    let body = Body::OutcomeRecorded(OutcomeRecorded {
        task_id: task.id.to_string(),
        order_id: task.about.order_id.to_string(),
        round: task.about.round,
        reached: task.reached,
        attempt_count: task.attempts,
        solved: recorded.outcome.solved().unwrap_or(Solved::Unspecified).into(),
        rating: recorded.outcome.rating().into(),
        r#final: matches!(task.state, State::Done { .. }),
        ground: recorded.outcome.ground().into(),
    });
    Some(newest(task, new_id(task.changed_at), &recorded.by, body))
}

/// The judgement that was just made in `task`.
#[must_use]
pub fn judgement(task: &Task, judged: &Judged) -> NewEvent {
    let body = Body::DissatisfactionJudged(DissatisfactionJudged {
        task_id: task.id.to_string(),
        order_id: task.about.order_id.to_string(),
        round: task.about.round,
        cause: judged.cause.into(),
    });
    newest(task, judged.event_id, &judged.by, body)
}

/// Key and version are the order's: all that is told about one order stands in one partition, densely numbered.
fn newest(task: &Task, event_id: Uuid, actor: &str, body: Body) -> NewEvent {
    NewEvent {
        event_id,
        key: task.about.order_id,
        version: task.told,
        actor: actor.to_owned(),
        occurred_at: task.changed_at,
        body,
    }
}

/// Reads an event of routing; `None` for one that opens no task.
///
/// # Errors
/// Which part of the event contradicts the contract: it will not read better the next time.
pub fn passed(event: &Recorded) -> Result<Option<Passed>, Unreadable> {
    let Body::ReplyPassed(passed) = &event.body else {
        return Ok(None);
    };
    let order = read::present("order", passed.order.as_ref())?;
    let appeal = read::present("appeal", order.appeal.as_ref())?;
    if order.lead_unit.is_empty() {
        return Err(Unreadable::new("an order whose reply was passed has a lead_unit"));
    }
    Ok(Some(Passed {
        task_id: derived_id(event.event_id, "callback"),
        about: About {
            order_id: read::id("order_id", &order.order_id)?,
            order_number: order.order_number.clone(),
            appeal_id: read::id("appeal_id", &appeal.appeal_id)?,
            round: order.round,
            unit: order.lead_unit.clone(),
            urgency: read::known("urgency", appeal.urgency)?,
            anonymous: appeal.anonymous,
            no_channel: appeal.no_channel,
            confidential: appeal.confidential,
        },
        at: event.occurred_at,
    }))
}
