//! `CancelLeaderDay`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Verb};

use super::Intake;
use super::fields::MAX_REASON;
use crate::actions::Error;
use crate::actions::cancel_leader_day::{CancelLeaderDay, cancel_leader_day};

#[async_trait]
impl Verb<Intake> for CancelLeaderDay {
    const NAME: &'static str = "cancel_leader_day";
    type Request = pb::CancelLeaderDayRequest;
    type Answer = pb::CancelLeaderDayResponse;
    type Error = Error;

    fn read(request: &pb::CancelLeaderDayRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let day = fields.uuid("leader_day_id", &request.leader_day_id);
        let reason = fields.text("reason", &request.reason, 1..=MAX_REASON);
        let command = || {
            let command = Self {
                day: day?,
                reason: reason?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::CancelLeaderDayResponse, Error> {
        let (day, cancelled_at) = cancel_leader_day(tx, self, at.now).await?;
        Ok(pb::CancelLeaderDayResponse {
            leader_day_id: day.id.to_string(),
            cancelled_time: Some(to_proto(cancelled_at)),
        })
    }
}
