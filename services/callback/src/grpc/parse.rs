//! Requests as commands and queries: shape is checked here, all violations at once.

use std::collections::HashSet;

use hotline_proto::callback as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest, Once};
use platform::listing::{Asked, Page};
use uuid::Uuid;

use crate::actions::{
    JudgeDissatisfaction, LeaseTasks, ListTasks, RecordOutcome, ReleaseTasks, RenewLease, ReportAttempt,
};
use crate::domain::outcome::{can_end, is_call};
use crate::domain::task::Holder;
use crate::store::listing::{Filter, Standing};

/// Tasks leased at once: an agent's morning.
const MAX_LEASES: u32 = 50;
/// Tasks given back at once: as many as an agent may have by any setting.
const MOST_RELEASED: usize = 500;
/// Characters of a comment, and of a judgement's reason: a page.
const MAX_TEXT: usize = 2000;
/// Characters of a recording's reference: a path or an id in the store of recordings.
const MAX_REFERENCE: usize = 200;

/// Reads `LeaseTasks`.
///
/// # Errors
/// Every violation.
pub fn lease_tasks(request: &pb::LeaseTasksRequest, caller: &Caller) -> Once<LeaseTasks> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    if !(1..=MAX_LEASES).contains(&request.count) {
        fields.refuse("count", format!("must be 1 to {MAX_LEASES}"));
    }
    let command = LeaseTasks {
        count: request.count,
        agent: caller.actor(),
    };
    fields.read(request_id.map(|id| (id, command)))
}

/// Reads `RenewLease`.
///
/// # Errors
/// Every violation.
pub fn renew_lease(request: &pb::RenewLeaseRequest, caller: &Caller) -> Once<RenewLease> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let task_id = fields.uuid("task_id", &request.task_id);
    let holder = holder(&mut fields, request.token, caller);
    let command = || {
        Some((
            request_id?,
            RenewLease {
                task_id: task_id?,
                holder,
            },
        ))
    };
    fields.read(command())
}

/// Reads `ReleaseTasks`.
///
/// # Errors
/// Every violation.
pub fn release_tasks(request: &pb::ReleaseTasksRequest, caller: &Caller) -> Once<ReleaseTasks> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    if request.tasks.len() > MOST_RELEASED {
        fields.refuse("tasks", format!("must be {MOST_RELEASED} at most"));
    }
    let (mut tasks, mut seen) = (Vec::new(), HashSet::new());
    for (index, held) in request.tasks.iter().take(MOST_RELEASED).enumerate() {
        let mut part = Fields::at(&format!("tasks[{index}]"));
        let id = part.uuid("task_id", &held.task_id);
        if id.is_some_and(|id| !seen.insert(id)) {
            part.refuse("task_id", "must be named once");
        }
        let token = token(&mut part, held.token);
        tasks.extend(id.map(|id| (id, token)));
        fields.absorb(part);
    }
    let command = ReleaseTasks {
        tasks,
        agent: caller.actor(),
    };
    fields.read(request_id.map(|id| (id, command)))
}

/// Reads `ReportAttempt`.
///
/// # Errors
/// Every violation.
pub fn report_attempt(request: &pb::ReportAttemptRequest, caller: &Caller) -> Once<ReportAttempt> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let task_id = fields.uuid("task_id", &request.task_id);
    let holder = holder(&mut fields, request.token, caller);
    let mode = fields.known("mode", request.mode);
    let outcome = fields.known("outcome", request.outcome);
    if let (Some(mode), Some(outcome)) = (mode, outcome)
        && !can_end(mode, outcome)
    {
        fields.refuse("outcome", "must be one that this mode can have");
    }
    let recording = fields.optional_line("recording", &request.recording, MAX_REFERENCE);
    if recording.is_some() && mode.is_some_and(|mode| !is_call(mode)) {
        fields.refuse("recording", "must be empty: only a call is recorded");
    }
    let command = || {
        let command = ReportAttempt {
            task_id: task_id?,
            holder,
            mode: mode?,
            outcome: outcome?,
            recording,
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

/// Reads `RecordOutcome`.
///
/// # Errors
/// Every violation.
pub fn record_outcome(request: &pb::RecordOutcomeRequest, caller: &Caller) -> Once<RecordOutcome> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let task_id = fields.uuid("task_id", &request.task_id);
    let holder = holder(&mut fields, request.token, caller);
    let solved = fields.optional_known("solved", request.solved);
    let rating = fields.known("rating", request.rating);
    let comment = fields.optional_text("comment", &request.comment, MAX_TEXT);
    let command = || {
        let command = RecordOutcome {
            task_id: task_id?,
            holder,
            solved,
            rating: rating?,
            comment,
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

/// Reads `JudgeDissatisfaction`.
///
/// # Errors
/// Every violation.
pub fn judge_dissatisfaction(request: &pb::JudgeDissatisfactionRequest, caller: &Caller) -> Once<JudgeDissatisfaction> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let task_id = fields.uuid("task_id", &request.task_id);
    let cause = fields.known("cause", request.cause);
    let reason = fields.text("reason", &request.reason, 1..=MAX_TEXT);
    let command = || {
        let command = JudgeDissatisfaction {
            task_id: task_id?,
            cause: cause?,
            reason: reason?,
            judge: caller.actor(),
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

/// Reads `GetTask`.
///
/// # Errors
/// Every violation.
pub fn get_task(request: &pb::GetTaskRequest) -> Result<Uuid, InvalidRequest> {
    let mut fields = Fields::new();
    let id = fields.uuid("task_id", &request.task_id);
    fields.read(id)
}

/// Reads `ListTasks`.
///
/// # Errors
/// Every violation.
pub fn list_tasks(request: &pb::ListTasksRequest) -> Result<(ListTasks, Page), InvalidRequest> {
    let mut fields = Fields::new();
    let order_id = fields.optional_uuid("order_id", &request.order_id);
    let state = match fields.optional_known::<pb::TaskState>("state", request.state) {
        Some(pb::TaskState::Open) => Some(Standing::Open),
        Some(pb::TaskState::Leased) => Some(Standing::Leased),
        Some(pb::TaskState::PendingJudgement) => Some(Standing::PendingJudgement),
        Some(pb::TaskState::Done) => Some(Standing::Done),
        Some(pb::TaskState::Unspecified) | None => None,
    };
    let asked = Asked {
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
        size: request.page_size,
        token: &request.page_token,
    };
    let page = asked.page(&mut fields, &format!("tasks|{order_id:?}|{state:?}"));
    fields.finish()?;
    let window = page.window.clone();
    let filter = Filter { state, order_id };
    Ok((ListTasks { window, filter }, page))
}

fn holder(fields: &mut Fields, token: u64, caller: &Caller) -> Holder {
    Holder {
        subject: caller.actor(),
        token: self::token(fields, token),
    }
}

fn token(fields: &mut Fields, token: u64) -> u64 {
    if token == 0 {
        fields.refuse("token", "must be the token of a lease");
    }
    token
}
