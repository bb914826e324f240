//! What several verbs read and answer.

use chrono::{DateTime, Utc};
use hotline_proto::callback as pb;
use platform::auth::Caller;
use platform::grpc::fields::Fields;
use platform::grpc::time::to_proto;

use crate::domain::task::{Holder, State, Task};

/// Characters of a comment, and of a judgement's reason: a page.
pub(super) const MAX_TEXT: usize = 2000;

/// The caller as the holder of a lease.
pub(super) fn holder(fields: &mut Fields, token: u64, caller: &Caller) -> Holder {
    Holder {
        subject: caller.actor(),
        token: self::token(fields, token),
    }
}

/// The token of a lease; 0 is none.
pub(super) fn token(fields: &mut Fields, token: u64) -> u64 {
    if token == 0 {
        fields.refuse("token", "must be the token of a lease");
    }
    token
}

/// A leased task, as its agent gets it.
pub(super) fn lease(task: &Task) -> pb::Lease {
    let expires_at = match &task.state {
        State::Open { lease } => lease.as_ref().map(|lease| lease.expires_at),
        State::PendingJudgement(_) | State::Done { .. } => None,
    };
    pb::Lease {
        task_id: task.id.to_string(),
        order_id: task.about.order_id.to_string(),
        order_number: task.about.order_number.clone(),
        appeal_id: task.about.appeal_id.to_string(),
        round: task.about.round,
        token: task.token,
        expire_time: expires_at.map(to_proto),
        anonymous: task.about.anonymous,
    }
}

/// How far a task has come, whoever has it.
pub(super) fn ended(task: &Task) -> pb::TaskState {
    match task.state {
        State::Open { .. } => pb::TaskState::Open,
        State::PendingJudgement(_) => pb::TaskState::PendingJudgement,
        State::Done { .. } => pb::TaskState::Done,
    }
}

/// A task as it stands at `wall`: a lease that has run out leaves it open.
pub(super) fn task(task: &Task, wall: DateTime<Utc>) -> pb::Task {
    let state = if task.is_leased(wall) {
        pb::TaskState::Leased
    } else {
        ended(task)
    };
    let recorded = task.recorded();
    let judged = match &task.state {
        State::Done { judged, .. } => judged.as_ref(),
        State::Open { .. } | State::PendingJudgement(_) => None,
    };
    let done_at = match &task.state {
        State::Done { recorded, judged } => Some(judged.as_ref().map_or(recorded.at, |j| j.at)),
        State::Open { .. } | State::PendingJudgement(_) => None,
    };
    pb::Task {
        task_id: task.id.to_string(),
        order_id: task.about.order_id.to_string(),
        order_number: task.about.order_number.clone(),
        appeal_id: task.about.appeal_id.to_string(),
        round: task.about.round,
        state: state.into(),
        open_time: Some(to_proto(task.opened_at)),
        attempt_count: task.attempts,
        reached: task.reached,
        solved: recorded
            .and_then(|r| r.outcome.solved())
            .map(i32::from)
            .unwrap_or_default(),
        rating: recorded.map(|r| r.outcome.rating().into()).unwrap_or_default(),
        cause: judged.map(|j| j.cause.into()).unwrap_or_default(),
        done_time: done_at.map(to_proto),
        unit: task.about.unit.clone(),
        ground: recorded.map(|r| r.outcome.ground().into()).unwrap_or_default(),
    }
}
