//! `SupplementAppeal`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use super::fields::MAX_CONTENT;
use crate::actions::Error;
use crate::actions::supplement_appeal::{SupplementAppeal, supplement_appeal};
use crate::domain::appeal::AppealId;

#[async_trait]
impl Verb<Intake> for SupplementAppeal {
    const NAME: &'static str = "supplement_appeal";
    const SEALS: bool = true;
    type Request = pb::SupplementAppealRequest;
    type Answer = pb::SupplementAppealResponse;
    type Error = Error;

    fn read(request: &pb::SupplementAppealRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let answer = fields.text("answer", &request.answer, 1..=MAX_CONTENT);
        let command = || {
            let command = Self {
                appeal: appeal?,
                answer: answer?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::SupplementAppealResponse, Error> {
        let appeal = supplement_appeal(tx, at.key(), self, at.now).await?;
        Ok(pb::SupplementAppealResponse {
            appeal_id: appeal.id.0.to_string(),
            supplemented_time: Some(to_proto(appeal.changed_at)),
        })
    }
}
