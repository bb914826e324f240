//! `ForwardAppeal`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Batched, Verb};

use super::Intake;
use crate::actions::Error;
use crate::actions::forward_appeal::{ForwardAppeal, forward_appeals};
use crate::domain::appeal::{Appeal, AppealId, State};

#[async_trait]
impl Verb<Intake> for ForwardAppeal {
    const NAME: &'static str = "forward_appeal";
    type Request = pb::ForwardAppealRequest;
    type Answer = pb::ForwardAppealResponse;
    type Error = Error;

    fn read(request: &pb::ForwardAppealRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let command = || {
            let command = Self {
                appeal: appeal?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::ForwardAppealResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Intake> for ForwardAppeal {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Intake>,
    ) -> Result<Vec<Result<pb::ForwardAppealResponse, Error>>, Error> {
        let appeals = forward_appeals(tx, items, at.now).await?;
        Ok(appeals
            .into_iter()
            .map(|appeal| appeal.map(|appeal| answer(&appeal)))
            .collect())
    }
}

fn answer(appeal: &Appeal) -> pb::ForwardAppealResponse {
    let order_id = match &appeal.state {
        State::Ordered { order, .. } => order.0.to_string(),
        _ => String::new(),
    };
    pb::ForwardAppealResponse {
        appeal_id: appeal.id.0.to_string(),
        order_id,
        forwarded_time: Some(to_proto(appeal.changed_at)),
    }
}
