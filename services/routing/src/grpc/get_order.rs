//! `GetOrder`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::access::{Role, Scope};
use hotline_proto::routing as pb;
use hotline_proto::routing::get_order_request::Name;
use platform::auth::Caller;
use platform::numbers::parse_number;
use platform::status as edge;
use rpc::fields::{Fields, InvalidRequest};
use tonic::Status;
use verbs::{At, Question};

use super::Routing;
use super::fields::{actor, shown};
use crate::actions::Actor;
use crate::actions::get_order::{OrderName, Reads, Texts, get_order, read_order_text};
use crate::domain::order::OrderId;

/// One order, with or without its text.
pub(super) struct ReadOrder {
    name: OrderName,
    by: Actor,
    with_text: bool,
    /// The parts of the text that the caller's roles may read; `None` without text.
    reads: Option<Reads>,
}

#[async_trait]
impl Question<Routing> for ReadOrder {
    const NAME: &'static str = "get_order";
    type Request = pb::GetOrderRequest;
    type Answer = pb::GetOrderResponse;

    fn read(request: &pb::GetOrderRequest, caller: &Caller, _: &At<Routing>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let name = name(&mut fields, request);
        fields.read(name.map(|name| Self {
            name,
            by: actor(caller),
            with_text: request.with_text,
            reads: reads(caller),
        }))
    }

    async fn answer(self, at: &At<Routing>) -> Result<pb::GetOrderResponse, Status> {
        let reads = self.reads.filter(|_| self.with_text);
        if self.with_text && reads.is_none() {
            return Err(edge::denied(
                "your role may not read the text of orders; ask without with_text",
            ));
        }
        let Routing {
            store,
            sealer,
            texts,
            rules,
            ..
        } = &at.service;
        let mut conn = store.reading(Self::NAME).await?;
        let found = get_order(&mut conn, rules, &self.name, &self.by.reach, at.now).await?;
        // No connection is held while intake is asked.
        drop(conn);
        let mut answer = pb::GetOrderResponse {
            order: Some(shown(&found)),
            text: None,
        };
        if let Some(reads) = reads {
            let from = Texts {
                store,
                sealer,
                appeals: texts.as_ref(),
                rules,
            };
            let text = read_order_text(&from, &found, &self.by, reads, at.now).await?;
            answer.text = Some(text);
        }
        Ok(answer)
    }
}

fn name(fields: &mut Fields, request: &pb::GetOrderRequest) -> Option<OrderName> {
    match &request.name {
        Some(Name::OrderId(id)) => fields.uuid("order_id", id).map(|id| OrderName::Id(OrderId(id))),
        Some(Name::Number(number)) => match parse_number('W', number) {
            Ok(number) => Some(OrderName::Number(number)),
            Err(what) => {
                fields.refuse("number", what);
                None
            }
        },
        None => {
            fields.refuse("order_id", "must be set, unless number is set");
            None
        }
    }
}

/// The parts of the text that a caller's roles may read. A dispatcher needs only the matter. An analyst counts orders
/// and reads no text. For a caller of a unit the action also hides what it hides from that unit's liaison.
fn reads(caller: &Caller) -> Option<Reads> {
    let of_role = |(role, scope): &(Role, Scope)| match role {
        Role::Liaison => (*scope == Scope::OwnUnit && !caller.sees_all()).then_some(Reads::Persons),
        Role::Reviewer | Role::CallbackAgent | Role::Supervisor => Some(Reads::Persons),
        Role::Dispatcher => Some(Reads::Matter),
        _ => None,
    };
    caller.scopes.iter().filter_map(of_role).max()
}
