//! Requests as commands and queries: shape is checked here, all violations at once.

use chrono::{DateTime, Utc};
use hotline_proto::callback as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest};
use platform::grpc::page;
use uuid::Uuid;

use crate::actions::{JudgeDissatisfaction, LeaseTasks, ListTasks, RecordOutcome, ReportAttempt};
use crate::domain::task::Holder;
use crate::store::listing::{Filter, Standing, Window};

/// Tasks leased at once: an agent's morning.
const MOST_LEASES: u32 = 50;
/// Characters of a comment, and of a judgement's reason.
const TEXT: usize = 2000;

/// How a list's page goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows shown; the query asks for one more, to know whether another page follows.
    pub size: usize,
    /// What page tokens are bound to.
    pub bound: String,
}

/// Reads `LeaseTasks`.
///
/// # Errors
/// Every violation.
pub fn lease_tasks(request: &pb::LeaseTasksRequest, caller: &Caller) -> Result<(Uuid, LeaseTasks), InvalidRequest> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    if !(1..=MOST_LEASES).contains(&request.count) {
        fields.refuse("count", format!("must be 1 to {MOST_LEASES}"));
    }
    let command = LeaseTasks {
        count: request.count,
        agent: caller.actor(),
    };
    whole(fields, request_id.map(|id| (id, command)))
}

/// Reads `ReportAttempt`; leases are looked at in wall time.
///
/// # Errors
/// Every violation.
pub fn report_attempt(
    request: &pb::ReportAttemptRequest,
    caller: &Caller,
    wall: DateTime<Utc>,
) -> Result<(Uuid, ReportAttempt), InvalidRequest> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let task_id = fields.uuid("task_id", &request.task_id);
    let holder = holder(&mut fields, request.token, caller, wall);
    let mode = fields.known("mode", request.mode);
    let outcome = fields.known("outcome", request.outcome);
    let command = || {
        let command = ReportAttempt {
            task_id: task_id?,
            holder,
            mode: mode?,
            outcome: outcome?,
        };
        Some((request_id?, command))
    };
    whole(fields, command())
}

/// Reads `RecordOutcome`; leases are looked at in wall time.
///
/// # Errors
/// Every violation.
pub fn record_outcome(
    request: &pb::RecordOutcomeRequest,
    caller: &Caller,
    wall: DateTime<Utc>,
) -> Result<(Uuid, RecordOutcome), InvalidRequest> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let task_id = fields.uuid("task_id", &request.task_id);
    let holder = holder(&mut fields, request.token, caller, wall);
    let solved = fields.optional_known("solved", request.solved);
    let rating = fields.known("rating", request.rating);
    let comment = fields.optional_text("comment", &request.comment, TEXT);
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
    whole(fields, command())
}

/// Reads `JudgeDissatisfaction`.
///
/// # Errors
/// Every violation.
pub fn judge_dissatisfaction(
    request: &pb::JudgeDissatisfactionRequest,
    caller: &Caller,
) -> Result<(Uuid, JudgeDissatisfaction), InvalidRequest> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let task_id = fields.uuid("task_id", &request.task_id);
    let cause = fields.known("cause", request.cause);
    let reason = fields.text("reason", &request.reason, 1..=TEXT);
    let command = || {
        let command = JudgeDissatisfaction {
            task_id: task_id?,
            cause: cause?,
            reason: reason?,
            judge: caller.actor(),
        };
        Some((request_id?, command))
    };
    whole(fields, command())
}

/// Reads `GetTask`.
///
/// # Errors
/// Every violation.
pub fn get_task(request: &pb::GetTaskRequest) -> Result<Uuid, InvalidRequest> {
    let mut fields = Fields::new();
    let id = fields.uuid("task_id", &request.task_id);
    whole(fields, id)
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
    let from = fields.optional_time("from_time", request.from_time.as_ref());
    let to = fields.optional_time("to_time", request.to_time.as_ref());
    let size = fields.page_size("page_size", request.page_size);
    let bound = format!("tasks/{order_id:?}/{state:?}/{from:?}/{to:?}");
    let mut after = (from.unwrap_or(DateTime::UNIX_EPOCH), Uuid::nil());
    if !request.page_token.is_empty() {
        match position(&bound, &request.page_token) {
            Some(position) => after = position,
            None => fields.refuse(
                "page_token",
                "must be the next_page_token of an answer with the same filter",
            ),
        }
    }
    fields.finish()?;
    let window = Window {
        after,
        before: to.unwrap_or_else(end_of_time),
        limit: size + 1,
    };
    let filter = Filter { state, order_id };
    let size = usize::try_from(size).unwrap_or_default();
    Ok((ListTasks { window, filter }, Page { size, bound }))
}

fn holder(fields: &mut Fields, token: u64, caller: &Caller, wall: DateTime<Utc>) -> Holder {
    if token == 0 {
        fields.refuse("token", "must be the token of a lease");
    }
    Holder {
        subject: caller.actor(),
        token,
        wall,
    }
}

fn position(bound: &str, token: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let parts = page::decode(bound, token, 2)?;
    let at = DateTime::from_timestamp_micros(parts[0].parse().ok()?)?;
    Some((at, Uuid::try_parse(&parts[1]).ok()?))
}

/// No time that the edge lets in reaches it.
fn end_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp(7_258_118_400, 0).expect("2200-01-01 is in range")
}

/// Readers give nothing only for what they have refused, so a clean request is whole.
fn whole<T>(fields: Fields, read: Option<T>) -> Result<T, InvalidRequest> {
    fields.finish()?;
    read.ok_or_else(InvalidRequest::default)
}
