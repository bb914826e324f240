//! `GetOrderHistory`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::page;
use rpc::time::to_proto;
use tonic::Status;
use verbs::{At, Question};

use super::Routing;
use super::fields::actor;
use crate::actions::get_order_history::{GetOrderHistory, get_order_history};
use crate::domain::order::OrderId;
use crate::events;
use crate::store::transitions::Transition;

/// A page of a history: the query to the store, and the size of the page.
pub(super) struct HistoryPage {
    query: GetOrderHistory,
    bound: String,
}

#[async_trait]
impl Question<Routing> for HistoryPage {
    const NAME: &'static str = "get_order_history";
    type Request = pb::GetOrderHistoryRequest;
    type Answer = pb::GetOrderHistoryResponse;

    fn read(request: &pb::GetOrderHistoryRequest, caller: &Caller, _: &At<Routing>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let order = fields.uuid("order_id", &request.order_id).map(OrderId);
        let limit = fields.page_size("page_size", request.page_size) + 1;
        let bound = format!("history|{order:?}");
        let after = after(&mut fields, &bound, &request.page_token);
        let read = || {
            let query = GetOrderHistory {
                order: order?,
                after: after?.into(),
                limit,
                reach: actor(caller).reach,
            };
            Some(Self { query, bound })
        };
        fields.read(read())
    }

    async fn answer(self, at: &At<Routing>) -> Result<pb::GetOrderHistoryResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut steps = get_order_history(&mut conn, &at.service.rules, &self.query, at.now).await?;
        let next_page_token = self.cut(&mut steps);
        Ok(pb::GetOrderHistoryResponse {
            transitions: steps.iter().map(transition).collect(),
            next_page_token,
        })
    }
}

impl HistoryPage {
    /// Removes the extra step, which only shows that another page follows. Returns the token of that page; empty on the
    /// last page.
    fn cut(&self, steps: &mut Vec<Transition>) -> String {
        let shown = usize::try_from(self.query.limit - 1).expect("a page size is 1 to 1000");
        if steps.len() <= shown {
            return String::new();
        }
        steps.truncate(shown);
        steps.last().map_or_else(String::new, |last| {
            page::encode(&self.bound, &[&last.version.to_string()])
        })
    }
}

/// The version before the page; 0 for the first page.
fn after(fields: &mut Fields, bound: &str, token: &str) -> Option<u32> {
    if token.is_empty() {
        return Some(0);
    }
    let parts = page::decode(bound, token, 1);
    // A forged token may hold a version too large for the database. No order has more versions than a u32 counts.
    let after = parts.and_then(|parts| parts[0].parse().ok());
    if after.is_none() {
        fields.refuse(
            "page_token",
            "must be the next_page_token of an answer about the same order",
        );
    }
    after
}

fn transition(step: &Transition) -> pb::Transition {
    pb::Transition {
        version: step.version,
        event: step.event.clone(),
        actor: step.actor.clone(),
        unit: step.unit.clone().unwrap_or_default(),
        time: Some(to_proto(step.at)),
        source_time: step.source_at.map(to_proto),
        before: step.before.map_or(0, |before| events::state(before).into()),
        after: events::state(step.after).into(),
        round: step.round,
        event_id: step.event_id.to_string(),
        reason: step.reason.clone(),
    }
}
