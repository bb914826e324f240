//! Request and answer of `JudgeDissatisfaction`.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Callback;
use super::fields::{MAX_TEXT, ended, named};
use crate::actions::Error;
use crate::actions::judge_dissatisfaction::{JudgeDissatisfaction, judge_dissatisfaction};

#[async_trait]
impl Verb<Callback> for JudgeDissatisfaction {
    const NAME: &'static str = "judge_dissatisfaction";
    const SEALS: bool = true;
    type Request = pb::JudgeDissatisfactionRequest;
    type Answer = pb::JudgeDissatisfactionResponse;
    type Error = Error;

    fn read(request: &pb::JudgeDissatisfactionRequest, caller: &Caller, _: &At<Callback>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let task = named(&mut fields, &request.task_id, request.if_version, caller);
        let cause = fields.known("cause", request.cause);
        let reason = fields.text("reason", &request.reason, 1..=MAX_TEXT);
        let command = || {
            let command = Self {
                task: task?,
                cause: cause?,
                reason: reason?,
                judge: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Callback>) -> Result<pb::JudgeDissatisfactionResponse, Error> {
        let task = judge_dissatisfaction(tx, at.key(), self, at.now, at.service.wall.now()).await?;
        Ok(pb::JudgeDissatisfactionResponse {
            task_id: task.id.to_string(),
            state: ended(&task).into(),
        })
    }
}
