//! `RecordCall`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use personal::PersonalFields as _;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Batched, Verb};

use super::Intake;
use super::fields::defects;
use crate::actions::Error;
use crate::actions::record_call::{RecordCall, record_calls};
use crate::store::calls::FreshCall;

#[async_trait]
impl Verb<Intake> for RecordCall {
    const NAME: &'static str = "record_call";
    const SEALS: bool = true;
    type Request = pb::RecordCallRequest;
    type Answer = pb::RecordCallResponse;
    type Error = Error;

    fn read(request: &pb::RecordCallRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let outcome = fields.known::<pb::CallOutcome>("outcome", request.outcome);
        let phone = fields.optional_phone("phone", &request.phone);
        let offered_at = fields.optional_time("offered_time", request.offered_time.as_ref());
        let command = || {
            let command = Self {
                answered: outcome? == pb::CallOutcome::Answered,
                phone,
                offered_at,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::RecordCallResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Intake> for RecordCall {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Intake>,
    ) -> Result<Vec<Result<pb::RecordCallResponse, Error>>, Error> {
        let calls = record_calls(tx, &at.service.desk(at.key()), items, at.now).await?;
        let answer = |call: FreshCall| pb::RecordCallResponse {
            call_id: call.id.to_string(),
            offered_time: Some(to_proto(call.offered_at)),
            defects: defects(&call.defects),
        };
        Ok(calls.into_iter().map(|call| call.map(answer)).collect())
    }
}
