//! `ListOrders`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::common::OrderState;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use tonic::Status;
use verbs::{At, Question};

use super::Routing;
use super::fields::{MAX_CODE, actor, shown};
use crate::actions::list_orders::{ListOrders, list_orders};
use crate::domain::state::StateName;

/// A page of orders: the query to the action, and the size of the page.
pub(super) struct OrdersPage {
    query: ListOrders,
    page: Page,
}

#[async_trait]
impl Question<Routing> for OrdersPage {
    const NAME: &'static str = "list_orders";
    type Request = pb::ListOrdersRequest;
    type Answer = pb::ListOrdersResponse;

    fn read(request: &pb::ListOrdersRequest, caller: &Caller, _: &At<Routing>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let unit = fields.optional_code("unit", &request.unit, MAX_CODE);
        let state = fields
            .optional_known::<OrderState>("state", request.state)
            .and_then(state_name);
        let due_before = fields.optional_time("due_before_time", request.due_before_time.as_ref());
        let asked = Asked {
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
            size: request.page_size,
            token: &request.page_token,
        };
        let page = asked.page(&mut fields, &format!("orders|{unit:?}|{state:?}|{due_before:?}"));
        let query = ListOrders {
            window: page.window.clone(),
            unit,
            state,
            due_before,
            reach: actor(caller).reach,
        };
        fields.read(Some(Self { query, page }))
    }

    async fn answer(self, at: &At<Routing>) -> Result<pb::ListOrdersResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut orders = list_orders(&mut conn, &at.service.rules, self.query, at.now).await?;
        let next_page_token = self.page.cut(&mut orders, |order| (order.opened_at, order.id.0));
        Ok(pb::ListOrdersResponse {
            orders: orders.iter().map(shown).collect(),
            next_page_token,
        })
    }
}

fn state_name(state: OrderState) -> Option<StateName> {
    match state {
        OrderState::Unspecified => None,
        OrderState::PendingDispatch => Some(StateName::PendingDispatch),
        OrderState::PendingSign => Some(StateName::PendingSign),
        OrderState::InProgress => Some(StateName::InProgress),
        OrderState::PendingReview => Some(StateName::PendingReview),
        OrderState::PendingCallback => Some(StateName::PendingCallback),
        OrderState::Closed => Some(StateName::Closed),
    }
}
