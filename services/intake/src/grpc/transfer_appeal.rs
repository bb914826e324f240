//! `TransferAppeal`: its request and its answer.

use async_trait::async_trait;
use chrono::TimeDelta;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use super::fields::MAX_NAME;
use crate::actions::Error;
use crate::actions::transfer_appeal::{TransferAppeal, transfer_appeal};
use crate::domain::appeal::AppealId;
use crate::domain::outcome::Receiver;

#[async_trait]
impl Verb<Intake> for TransferAppeal {
    const NAME: &'static str = "transfer_appeal";
    type Request = pb::TransferAppealRequest;
    type Answer = pb::TransferAppealResponse;
    type Error = Error;

    fn read(request: &pb::TransferAppealRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let kind = fields.known::<pb::TransferReceiver>("receiver", request.receiver);
        let receiver = receiver(&mut fields, kind, &request.hotline);
        let command = || {
            let command = Self {
                appeal: appeal?,
                receiver: receiver?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::TransferAppealResponse, Error> {
        let limit = TimeDelta::minutes(at.service.config.transfer_ack_minutes.into());
        let transfer = transfer_appeal(tx, self, limit, at.now).await?;
        Ok(pb::TransferAppealResponse {
            appeal_id: self.appeal.0.to_string(),
            transferred_time: Some(to_proto(transfer.at)),
            acknowledge_due_time: Some(to_proto(transfer.due_at)),
        })
    }
}

/// The name is of another hotline only; the emergency services have none.
fn receiver(fields: &mut Fields, kind: Option<pb::TransferReceiver>, hotline: &str) -> Option<Receiver> {
    if kind == Some(pb::TransferReceiver::OtherHotline) {
        let name = fields.line("hotline", hotline, 1..=MAX_NAME)?;
        return Some(Receiver::OtherHotline { name });
    }
    let named = fields.optional_line("hotline", hotline, MAX_NAME).is_some();
    if named && kind.is_some() {
        fields.refuse("hotline", "must be empty unless the receiver is another hotline");
    }
    Receiver::of(kind?, None)
}
