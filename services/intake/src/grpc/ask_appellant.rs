//! `AskAppellant`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use super::fields::MAX_REMARK;
use crate::actions::Error;
use crate::actions::ask_appellant::{AskAppellant, ask_appellant};
use crate::domain::appeal::AppealId;

#[async_trait]
impl Verb<Intake> for AskAppellant {
    const NAME: &'static str = "ask_appellant";
    const SEALS: bool = true;
    type Request = pb::AskAppellantRequest;
    type Answer = pb::AskAppellantResponse;
    type Error = Error;

    fn read(request: &pb::AskAppellantRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let question = fields.text("question", &request.question, 1..=MAX_REMARK);
        let command = || {
            let command = Self {
                appeal: appeal?,
                question: question?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::AskAppellantResponse, Error> {
        let appeal = ask_appellant(tx, at.key(), self, at.now).await?;
        Ok(pb::AskAppellantResponse {
            appeal_id: appeal.id.0.to_string(),
            asked_time: Some(to_proto(appeal.changed_at)),
        })
    }
}
