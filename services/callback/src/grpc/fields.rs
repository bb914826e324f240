//! Fields that several verbs share.

use chrono::{DateTime, Utc};
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::Fields;
use rpc::time::to_proto;

use crate::actions::Named;
use crate::domain::reach::Reach;
use crate::domain::task::{Holder, Standing, State, Task};

/// Most characters of a comment, and of a judgement's reason: a page.
pub(super) const MAX_TEXT: usize = 2000;

/// The tasks that the caller reaches. A unit-bound role whose token names no unit reaches none, because no unit has the
/// empty code.
pub(super) fn reach(caller: &Caller) -> Reach {
    if caller.sees_all() {
        Reach::All
    } else {
        Reach::Unit(caller.unit().unwrap_or_default().to_owned())
    }
}

/// The task that a command is about.
pub(super) fn named(fields: &mut Fields, task_id: &str, if_version: u64, caller: &Caller) -> Option<Named> {
    fields.uuid("task_id", task_id).map(|id| Named {
        id,
        if_version,
        reach: reach(caller),
    })
}

/// The caller as the holder of a lease.
pub(super) fn holder(fields: &mut Fields, token: u64, caller: &Caller) -> Holder {
    Holder {
        subject: caller.actor(),
        token: self::token(fields, token),
    }
}

/// The token of a lease; 0 is refused.
pub(super) fn token(fields: &mut Fields, token: u64) -> u64 {
    if token == 0 {
        fields.refuse("token", "must be the token of a lease");
    }
    token
}

/// Renders a leased task for its agent.
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
        version: task.version,
    }
}

/// The state of a task, whether it is leased or not.
pub(super) fn ended(task: &Task) -> pb::TaskState {
    match task.state {
        State::Open { .. } => pb::TaskState::Open,
        State::PendingJudgement(_) => pb::TaskState::PendingJudgement,
        State::Done { .. } => pb::TaskState::Done,
    }
}

/// The contract's word for a task's state.
pub(super) fn state(standing: Standing) -> pb::TaskState {
    match standing {
        Standing::Open => pb::TaskState::Open,
        Standing::Leased => pb::TaskState::Leased,
        Standing::PendingJudgement => pb::TaskState::PendingJudgement,
        Standing::Done => pb::TaskState::Done,
    }
}

/// Renders a task with its state at `wall`.
pub(super) fn task(task: &Task, wall: DateTime<Utc>) -> pb::Task {
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
        state: state(task.standing(wall)).into(),
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
        version: task.version,
    }
}
