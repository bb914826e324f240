//! `AcknowledgeTransfer`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use super::fields::MAX_NAME;
use crate::actions::Error;
use crate::actions::acknowledge_transfer::{AcknowledgeTransfer, acknowledge_transfer};
use crate::domain::appeal::AppealId;

#[async_trait]
impl Verb<Intake> for AcknowledgeTransfer {
    const NAME: &'static str = "acknowledge_transfer";
    const SEALS: bool = true;
    type Request = pb::AcknowledgeTransferRequest;
    type Answer = pb::AcknowledgeTransferResponse;
    type Error = Error;

    fn read(request: &pb::AcknowledgeTransferRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let reference = fields.line("reference", &request.reference, 1..=MAX_NAME);
        let command = || {
            let command = Self {
                appeal: appeal?,
                reference: reference?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::AcknowledgeTransferResponse, Error> {
        let appeal = acknowledge_transfer(tx, at.key(), self, at.now).await?;
        Ok(pb::AcknowledgeTransferResponse {
            appeal_id: appeal.id.0.to_string(),
            acknowledged_time: Some(to_proto(appeal.changed_at)),
        })
    }
}
