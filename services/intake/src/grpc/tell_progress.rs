//! `TellProgress`: its request and its answer.

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
use crate::actions::tell_progress::{TellProgress, tell_progress};
use crate::domain::appeal::{AppealId, OrderId};

#[async_trait]
impl Verb<Intake> for TellProgress {
    const NAME: &'static str = "tell_progress";
    const SEALS: bool = true;
    type Request = pb::TellProgressRequest;
    type Answer = pb::TellProgressResponse;
    type Error = Error;

    fn read(request: &pb::TellProgressRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let order = fields.uuid("order_id", &request.order_id).map(OrderId);
        let told = fields.text("told", &request.told, 1..=MAX_REMARK);
        let command = || {
            let command = Self {
                appeal: appeal?,
                order: order?,
                told: told?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::TellProgressResponse, Error> {
        let appeal = tell_progress(tx, at.key(), self, at.now).await?;
        Ok(pb::TellProgressResponse {
            appeal_id: appeal.id.0.to_string(),
            told_time: Some(to_proto(appeal.changed_at)),
        })
    }
}
