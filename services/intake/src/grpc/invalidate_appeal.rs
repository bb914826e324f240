//! `InvalidateAppeal`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use crate::actions::Error;
use crate::actions::invalidate_appeal::{InvalidateAppeal, invalidate_appeal};
use crate::domain::appeal::AppealId;

#[async_trait]
impl Verb<Intake> for InvalidateAppeal {
    const NAME: &'static str = "invalidate_appeal";
    type Request = pb::InvalidateAppealRequest;
    type Answer = pb::InvalidateAppealResponse;
    type Error = Error;

    fn read(request: &pb::InvalidateAppealRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let ground = fields.known::<pb::InvalidGround>("ground", request.ground);
        let command = || {
            let command = Self {
                appeal: appeal?,
                ground: ground?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::InvalidateAppealResponse, Error> {
        let appeal = invalidate_appeal(tx, self, at.now).await?;
        Ok(pb::InvalidateAppealResponse {
            appeal_id: appeal.id.0.to_string(),
            invalidated_time: Some(to_proto(appeal.changed_at)),
        })
    }
}
