//! `DeclineAppeal`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use crate::actions::Error;
use crate::actions::decline_appeal::{DeclineAppeal, decline_appeal};
use crate::domain::appeal::AppealId;

/// Maximum characters of the other path: an address and an office.
const MAX_PATH: usize = 500;

#[async_trait]
impl Verb<Intake> for DeclineAppeal {
    const NAME: &'static str = "decline_appeal";
    const SEALS: bool = true;
    type Request = pb::DeclineAppealRequest;
    type Answer = pb::DeclineAppealResponse;
    type Error = Error;

    fn read(request: &pb::DeclineAppealRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let ground = fields.known::<pb::DeclineGround>("ground", request.ground);
        let other_path = fields.text("other_path", &request.other_path, 1..=MAX_PATH);
        let command = || {
            let command = Self {
                appeal: appeal?,
                ground: ground?,
                other_path: other_path?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::DeclineAppealResponse, Error> {
        let appeal = decline_appeal(tx, at.key(), self, at.now).await?;
        Ok(pb::DeclineAppealResponse {
            appeal_id: appeal.id.0.to_string(),
            declined_time: Some(to_proto(appeal.changed_at)),
        })
    }
}
