//! `SignOrder`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Batched, Verb};

use super::Routing;
use super::fields::{actor, asked, receipt};
use crate::actions::Error;
use crate::actions::sign_order::{SignOrder, sign_orders};
use crate::domain::order::Order;

#[async_trait]
impl Verb<Routing> for SignOrder {
    const NAME: &'static str = "sign_order";
    type Request = pb::SignOrderRequest;
    type Answer = pb::SignOrderResponse;
    type Error = Error;

    fn read(request: &pb::SignOrderRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let order = asked(&mut fields, &request.order_id, request.if_version);
        let command = || {
            let command = Self {
                order: order?,
                by: actor(caller),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::SignOrderResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Routing> for SignOrder {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Routing>,
    ) -> Result<Vec<Result<pb::SignOrderResponse, Error>>, Error> {
        let signed = sign_orders(tx, &at.service.rules, items, at.now).await?;
        let answer = |(order, late): (Order, bool)| pb::SignOrderResponse {
            order: Some(receipt(&order)),
            late,
        };
        Ok(signed.into_iter().map(|signed| signed.map(answer)).collect())
    }
}
