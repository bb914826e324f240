//! Request and answer of `ReportAttempt`, also in batches.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Batched, Verb};

use super::Callback;
use super::fields::{holder, named};
use crate::actions::Error;
use crate::actions::report_attempt::{ReportAttempt, report_attempts};
use crate::domain::outcome::{can_end, is_call};
use crate::domain::task::Task;

/// Most characters of a recording's reference: a path or an id in the store of recordings.
const MAX_REFERENCE: usize = 200;

#[async_trait]
impl Verb<Callback> for ReportAttempt {
    const NAME: &'static str = "report_attempt";
    const SEALS: bool = true;
    type Request = pb::ReportAttemptRequest;
    type Answer = pb::ReportAttemptResponse;
    type Error = Error;

    fn read(request: &pb::ReportAttemptRequest, caller: &Caller, _: &At<Callback>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let task = named(&mut fields, &request.task_id, request.if_version, caller);
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
            let command = Self {
                task: task?,
                holder,
                mode: mode?,
                outcome: outcome?,
                recording,
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Callback>) -> Result<pb::ReportAttemptResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Callback> for ReportAttempt {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Callback>,
    ) -> Result<Vec<Result<pb::ReportAttemptResponse, Error>>, Error> {
        let tasks = report_attempts(tx, at.key(), items, at.now, at.service.wall.now()).await?;
        let answer = |task: Task| pb::ReportAttemptResponse { attempt: task.attempts };
        Ok(tasks.into_iter().map(|task| task.map(answer)).collect())
    }
}
