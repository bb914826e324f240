//! The domain's words as answers.

use chrono::{DateTime, Utc};
use hotline_proto::callback as pb;
use platform::grpc::time::to_proto;

use crate::domain::task::{State, Task};
use platform::listing::Page;

/// What `LeaseTasks` answers.
#[must_use]
pub fn leases(tasks: &[Task]) -> pb::LeaseTasksResponse {
    pb::LeaseTasksResponse {
        leases: tasks.iter().map(lease).collect(),
    }
}

fn lease(task: &Task) -> pb::Lease {
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

/// What `RenewLease` answers.
#[must_use]
pub fn renewed(task: &Task) -> pb::RenewLeaseResponse {
    pb::RenewLeaseResponse {
        lease: Some(lease(task)),
    }
}

/// What `ReleaseTasks` answers.
#[must_use]
pub fn released(tasks: &[Task]) -> pb::ReleaseTasksResponse {
    pb::ReleaseTasksResponse {
        task_ids: tasks.iter().map(|task| task.id.to_string()).collect(),
    }
}

/// What `ReportAttempt` answers.
#[must_use]
pub fn attempt(task: &Task) -> pb::ReportAttemptResponse {
    pb::ReportAttemptResponse { attempt: task.attempts }
}

/// What `RecordOutcome` answers.
#[must_use]
pub fn outcome(task: &Task) -> pb::RecordOutcomeResponse {
    pb::RecordOutcomeResponse {
        task_id: task.id.to_string(),
        state: ended(task).into(),
    }
}

/// What `JudgeDissatisfaction` answers.
#[must_use]
pub fn judgement(task: &Task) -> pb::JudgeDissatisfactionResponse {
    pb::JudgeDissatisfactionResponse {
        task_id: task.id.to_string(),
        state: ended(task).into(),
    }
}

fn ended(task: &Task) -> pb::TaskState {
    match task.state {
        State::Open { .. } => pb::TaskState::Open,
        State::PendingJudgement(_) => pb::TaskState::PendingJudgement,
        State::Done { .. } => pb::TaskState::Done,
    }
}

/// What `GetTask` answers without text, as the task stands at `wall`.
#[must_use]
pub fn read_task(read: &Task, wall: DateTime<Utc>) -> pb::GetTaskResponse {
    pb::GetTaskResponse {
        task: Some(task(read, wall)),
        ..pb::GetTaskResponse::default()
    }
}

/// One page of tasks, as they stand at `wall`.
#[must_use]
pub fn tasks(mut rows: Vec<Task>, page: &Page, wall: DateTime<Utc>) -> pb::ListTasksResponse {
    let next_page_token = page.cut(&mut rows, |task| (task.opened_at, task.id));
    pb::ListTasksResponse {
        tasks: rows.iter().map(|row| task(row, wall)).collect(),
        next_page_token,
    }
}

/// A task as it stands at `wall`: a lease that has run out leaves it open.
#[must_use]
pub fn task(task: &Task, wall: DateTime<Utc>) -> pb::Task {
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
