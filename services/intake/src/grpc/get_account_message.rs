//! `GetAccountMessage`: its request and its answer. The texts are shown only to a reader who states a purpose.

use async_trait::async_trait;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use super::fields::{MAX_PURPOSE, account_message};
use crate::actions::get_account_message::{GetAccountMessage, get_account_message};
use crate::store::account_messages::open;

#[async_trait]
impl Question<Intake> for GetAccountMessage {
    const NAME: &'static str = "get_account_message";
    type Request = pb::GetAccountMessageRequest;
    type Answer = pb::GetAccountMessageResponse;

    fn read(request: &pb::GetAccountMessageRequest, caller: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let message = fields.uuid("message_id", &request.message_id);
        let purpose = fields.optional_line("unmask_purpose", &request.unmask_purpose, MAX_PURPOSE);
        let command = message.map(|message| Self {
            message,
            purpose,
            reader: caller.actor(),
        });
        fields.read(command)
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::GetAccountMessageResponse, Status> {
        let now = at.now;
        let (message, texts) = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let command = self.clone();
                Box::pin(async move { get_account_message(tx, &command, now).await })
            })
            .await?;
        let mut sent = account_message(&message);
        if let Some(texts) = texts {
            // The record of the reading is committed, so the texts may be shown.
            let clear = open(&at.service.sealer, message.id, &texts).await?;
            (sent.sender, sent.text, sent.answer) = (clear.sender, clear.text, clear.answer);
        }
        Ok(pb::GetAccountMessageResponse { message: Some(sent) })
    }
}
