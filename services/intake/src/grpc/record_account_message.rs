//! `RecordAccountMessage`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use super::fields::{MAX_CODE, MAX_CONTENT, MAX_NAME};
use crate::actions::Error;
use crate::actions::record_account_message::{RecordAccountMessage, record_account_message};

#[async_trait]
impl Verb<Intake> for RecordAccountMessage {
    const NAME: &'static str = "record_account_message";
    const SEALS: bool = true;
    type Request = pb::RecordAccountMessageRequest;
    type Answer = pb::RecordAccountMessageResponse;
    type Error = Error;

    fn read(request: &pb::RecordAccountMessageRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let account = fields.code("account", &request.account, MAX_CODE);
        let sender = fields.optional_line("sender", &request.sender, MAX_NAME);
        let text = fields.text("text", &request.text, 1..=MAX_CONTENT);
        let sent_at = fields.optional_time("sent_time", request.sent_time.as_ref());
        let command = || {
            let command = Self {
                account: account?,
                sender,
                text: text?,
                sent_at,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::RecordAccountMessageResponse, Error> {
        let desk = at.service.desk(at.key());
        let message = record_account_message(tx, &desk, self, at.now).await?;
        Ok(pb::RecordAccountMessageResponse {
            message_id: message.id.to_string(),
            received_time: Some(to_proto(message.received_at)),
        })
    }
}
