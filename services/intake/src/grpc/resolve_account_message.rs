//! `ResolveAccountMessage`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use hotline_proto::intake::AccountOutcome;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use super::fields::MAX_CONTENT;
use crate::actions::Error;
use crate::actions::resolve_account_message::{ResolveAccountMessage, resolve_account_message};

#[async_trait]
impl Verb<Intake> for ResolveAccountMessage {
    const NAME: &'static str = "resolve_account_message";
    const SEALS: bool = true;
    type Request = pb::ResolveAccountMessageRequest;
    type Answer = pb::ResolveAccountMessageResponse;
    type Error = Error;

    fn read(request: &pb::ResolveAccountMessageRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let message = fields.uuid("message_id", &request.message_id);
        let outcome = fields.known("outcome", request.outcome);
        // Only an answered message needs an answer.
        let answer = if outcome == Some(AccountOutcome::Answered) {
            fields.text("answer", &request.answer, 1..=MAX_CONTENT)
        } else {
            fields.optional_text("answer", &request.answer, MAX_CONTENT)
        };
        let command = || {
            let command = Self {
                message: message?,
                outcome: outcome?,
                answer,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::ResolveAccountMessageResponse, Error> {
        let (message, resolved) = resolve_account_message(tx, at.key(), self, at.now).await?;
        Ok(pb::ResolveAccountMessageResponse {
            message_id: message.id.to_string(),
            resolved_time: Some(to_proto(resolved.at)),
        })
    }
}
