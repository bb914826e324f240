//! `DispatchOrder`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Routing;
use super::fields::{MAX_CODE, actor, asked, receipt};
use crate::actions::Error;
use crate::actions::dispatch_order::{DispatchOrder, dispatch_order};

#[async_trait]
impl Verb<Routing> for DispatchOrder {
    const NAME: &'static str = "dispatch_order";
    type Request = pb::DispatchOrderRequest;
    type Answer = pb::DispatchOrderResponse;
    type Error = Error;

    fn read(request: &pb::DispatchOrderRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let order = asked(&mut fields, &request.order_id, request.if_version);
        let unit = fields.code("unit", &request.unit, MAX_CODE);
        let command = || {
            let command = Self {
                order: order?,
                unit: unit?,
                by: actor(caller),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::DispatchOrderResponse, Error> {
        let order = dispatch_order(tx, &at.service.rules, self, at.now).await?;
        Ok(pb::DispatchOrderResponse {
            order: Some(receipt(&order)),
        })
    }
}
