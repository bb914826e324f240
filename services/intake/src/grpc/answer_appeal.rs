//! `AnswerAppeal`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Batched, Verb};

use super::Intake;
use super::fields::MAX_CONTENT;
use crate::actions::Error;
use crate::actions::answer_appeal::{AnswerAppeal, answer_appeals};
use crate::domain::appeal::{Appeal, AppealId};

#[async_trait]
impl Verb<Intake> for AnswerAppeal {
    const NAME: &'static str = "answer_appeal";
    const SEALS: bool = true;
    type Request = pb::AnswerAppealRequest;
    type Answer = pb::AnswerAppealResponse;
    type Error = Error;

    fn read(request: &pb::AnswerAppealRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
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

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::AnswerAppealResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Intake> for AnswerAppeal {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Intake>,
    ) -> Result<Vec<Result<pb::AnswerAppealResponse, Error>>, Error> {
        let appeals = answer_appeals(tx, at.key(), items, at.now).await?;
        Ok(appeals
            .into_iter()
            .map(|appeal| appeal.map(|appeal| answer(&appeal)))
            .collect())
    }
}

fn answer(appeal: &Appeal) -> pb::AnswerAppealResponse {
    pb::AnswerAppealResponse {
        appeal_id: appeal.id.0.to_string(),
        answered_time: Some(to_proto(appeal.changed_at)),
    }
}
