//! The events that callback publishes, and how it reads those of routing. Only this file translates between the
//! domain's words and those of `hotline.events.v1`.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use eventlog::read::{self, Unreadable};
use eventlog::{NewEvent, Recorded};
use hotline_proto::common::Solved;
use hotline_proto::events::event::Body;
use hotline_proto::events::{AttemptReported, DissatisfactionJudged, OutcomeRecorded};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::Order;
use platform::ids::{derived_id, new_id};
use uuid::Uuid;

use crate::domain::task::{self, About, Judged, State, Task};
use crate::store::attempts::Attempt;

/// A passed reply, which opens tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// For each appeal of the order: the task's id, derived from the event, and its subject.
    pub asks: Vec<(Uuid, About)>,
    /// When the reply was passed.
    pub at: DateTime<Utc>,
}

/// The attempt that was just recorded in `task`, under the `version` of its order.
#[must_use]
pub fn attempt(task: &Task, attempt: &Attempt, version: u64) -> NewEvent {
    let body = Body::AttemptReported(AttemptReported {
        task_id: task.id.to_string(),
        order_id: task.about.order_id.to_string(),
        round: task.about.round,
        attempt: attempt.number,
        mode: attempt.mode.into(),
        outcome: attempt.outcome.into(),
        recorded: attempt.recording.is_some(),
        appeal_id: task.about.appeal_id.to_string(),
    });
    newest(task, version, new_id(task.changed_at), &attempt.by, body)
}

/// The outcome that was just recorded in `task`, under the `version` of its order.
#[must_use]
pub fn outcome(task: &Task, recorded: &task::Recorded, version: u64) -> NewEvent {
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
        appeal_id: task.about.appeal_id.to_string(),
    });
    newest(task, version, new_id(task.changed_at), &recorded.by, body)
}

/// The judgement that was just made in `task`, under the `version` of its order.
#[must_use]
pub fn judgement(task: &Task, judged: &Judged, version: u64) -> NewEvent {
    let body = Body::DissatisfactionJudged(DissatisfactionJudged {
        task_id: task.id.to_string(),
        order_id: task.about.order_id.to_string(),
        round: task.about.round,
        cause: judged.cause.into(),
        appeal_id: task.about.appeal_id.to_string(),
    });
    newest(task, version, judged.event_id, &judged.by, body)
}

/// Key and version are the order's: all events about one order are in one partition, densely numbered. This holds while
/// appellants of several appeals are called at once.
fn newest(task: &Task, version: u64, event_id: Uuid, actor: &str, body: Body) -> NewEvent {
    NewEvent {
        event_id,
        key: task.about.order_id,
        version,
        actor: actor.to_owned(),
        occurred_at: task.changed_at,
        body,
    }
}

/// Reads an event of routing; `None` for one that opens no task. The order's state is ignored, because a newer routing
/// may name it differently after a passed reply.
///
/// # Errors
/// Names the part of the event that contradicts the contract. A retry gives the same error.
pub fn passed(event: &Recorded) -> Result<Option<Passed>, Unreadable> {
    let Body::ReplyPassed(passed) = &event.body else {
        return Ok(None);
    };
    let order = read::present("order", passed.order.as_ref())?;
    if order.lead_unit.is_empty() || order.lead_top_unit.is_empty() {
        return Err(Unreadable::new(
            "an order whose reply was passed has a lead_unit and a lead_top_unit",
        ));
    }
    if order.appeals.is_empty() {
        return Err(Unreadable::new("appeals is missing"));
    }
    let facts = order
        .appeals
        .iter()
        .map(|linked| read::present("facts", linked.facts.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut accused: Vec<String> = facts
        .iter()
        .filter_map(|f| read::optional_text(&f.accused_unit))
        .collect();
    accused.sort_unstable();
    accused.dedup();
    let (mut asks, mut appeals) = (Vec::with_capacity(facts.len()), HashSet::new());
    for facts in facts {
        let about = about(order, facts, accused.clone())?;
        if !appeals.insert(about.appeal_id) {
            return Err(Unreadable::new("appeals names an appeal twice"));
        }
        let task_id = derived_id(event.event_id, &format!("callback/{}", about.appeal_id));
        asks.push((task_id, about));
    }
    Ok(Some(Passed {
        asks,
        at: event.occurred_at,
    }))
}

/// The subject of one appeal's task.
fn about(order: &Order, appeal: &AppealFacts, accused: Vec<String>) -> Result<About, Unreadable> {
    Ok(About {
        order_id: read::id("order_id", &order.order_id)?,
        order_number: order.number.clone(),
        appeal_id: read::id("appeal_id", &appeal.appeal_id)?,
        round: order.round,
        unit: order.lead_unit.clone(),
        top_unit: Some(order.lead_top_unit.clone()),
        accused,
        urgency: urgency(appeal.urgency)?,
        anonymous: appeal.anonymous,
        no_channel: appeal.no_channel,
        confidential: appeal.confidential,
    })
}

/// The number of an urgency, even of one that only a newer program knows. A greater number is more urgent.
fn urgency(number: i32) -> Result<i32, Unreadable> {
    if (1..=i32::from(i16::MAX)).contains(&number) {
        Ok(number)
    } else {
        Err(Unreadable::new(format!(
            "urgency {number} is out of range: 1 to {}",
            i16::MAX
        )))
    }
}
