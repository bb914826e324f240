//! Request and answer of `RecordOutcome`, also in batches.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Batched, Verb};

use super::Callback;
use super::fields::{MAX_TEXT, ended, holder, named};
use crate::actions::Error;
use crate::actions::record_outcome::{RecordOutcome, record_outcomes};
use crate::domain::task::Task;

#[async_trait]
impl Verb<Callback> for RecordOutcome {
    const NAME: &'static str = "record_outcome";
    const SEALS: bool = true;
    type Request = pb::RecordOutcomeRequest;
    type Answer = pb::RecordOutcomeResponse;
    type Error = Error;

    fn read(request: &pb::RecordOutcomeRequest, caller: &Caller, _: &At<Callback>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let task = named(&mut fields, &request.task_id, request.if_version, caller);
        let holder = holder(&mut fields, request.token, caller);
        let solved = fields.optional_known("solved", request.solved);
        let rating = fields.known("rating", request.rating);
        let comment = fields.optional_text("comment", &request.comment, MAX_TEXT);
        let command = || {
            let command = Self {
                task: task?,
                holder,
                solved,
                rating: rating?,
                comment,
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Callback>) -> Result<pb::RecordOutcomeResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Callback> for RecordOutcome {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Callback>,
    ) -> Result<Vec<Result<pb::RecordOutcomeResponse, Error>>, Error> {
        let min_attempts = at.service.config.min_attempts_before_unrated;
        let wall = at.service.wall.now();
        let tasks = record_outcomes(tx, at.key(), items, min_attempts, at.now, wall).await?;
        let answer = |task: Task| pb::RecordOutcomeResponse {
            task_id: task.id.to_string(),
            state: ended(&task).into(),
        };
        Ok(tasks.into_iter().map(|task| task.map(answer)).collect())
    }
}
