//! Every event of routing carries the whole state of its order: the newest version is all that intake keeps.

use async_trait::async_trait;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use hotline_proto::common::OrderState;
use hotline_proto::events::OrderSnapshot;
use hotline_proto::events::event::Body;
use uuid::Uuid;

use crate::actions::Error;
use crate::actions::hear_orders::{OrderNews, hear_orders};
use crate::domain::appeal::{Heard, OrderId, OrderSeen};

/// Applies routing's events.
pub struct Orders;

#[async_trait]
impl Handler for Orders {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let mut effects = vec![Effect::Ignored; events.len()];
        let mut places = Vec::new();
        let mut news = Vec::new();
        for (at, event) in events.iter().enumerate() {
            match carried(&event.body) {
                Carried::Nothing => {}
                Carried::Broken => return Err(broken("content")),
                Carried::State(order) => {
                    places.push(at);
                    news.push(read(order)?);
                }
            }
        }
        let heard = hear_orders(tx, news).await.map_err(apply_error)?;
        for (at, heard) in places.into_iter().zip(heard) {
            effects[at] = match heard {
                Heard::Newer => Effect::Applied,
                Heard::Older => Effect::Superseded("a newer state of the order is known"),
            };
        }
        Ok(effects)
    }
}

/// What an event carries for us.
enum Carried<'e> {
    /// Nothing: it is not about an order's state.
    Nothing,
    /// It should carry a state, and does not.
    Broken,
    /// The state of an order.
    State(&'e OrderSnapshot),
}

/// The state that an event of routing carries. The arms are listed, so that a new one is decided on here.
fn carried(body: &Body) -> Carried<'_> {
    let order = match body {
        Body::OrderOpened(e) => &e.order,
        Body::OrderDispatched(e) => &e.order,
        Body::OrderSigned(e) => &e.order,
        Body::ContactRecorded(e) => &e.order,
        Body::ReplySubmitted(e) => &e.order,
        Body::ReplyPassed(e) => &e.order,
        Body::ReplyRejected(e) => &e.order,
        Body::OrderClosed(e) => &e.order,
        Body::OrderReworked(e) => &e.order,
        Body::CallRecorded(_)
        | Body::AppealRegistered(_)
        | Body::AppealAnswered(_)
        | Body::AppealForwarded(_)
        | Body::ReferencePublished(_)
        | Body::UnitsPublished(_)
        | Body::ReplyReviewed(_)
        | Body::CardIssued(_)
        | Body::CardWithdrawn(_)
        | Body::AttemptReported(_)
        | Body::OutcomeRecorded(_)
        | Body::DissatisfactionJudged(_) => return Carried::Nothing,
    };
    order.as_ref().map_or(Carried::Broken, Carried::State)
}

fn broken(what: &str) -> ApplyError {
    ApplyError::Permanent(format!("the order's state has no {what}"))
}

fn read(order: &OrderSnapshot) -> Result<OrderNews, ApplyError> {
    let facts = order.appeal.as_ref().ok_or_else(|| broken("appeal"))?;
    let id = |text: &str, what| Uuid::try_parse(text).map_err(|_| broken(what));
    let state = OrderState::try_from(order.state)
        .ok()
        .filter(|state| *state != OrderState::Unspecified)
        .ok_or_else(|| broken("known state"))?;
    if order.version == 0 || order.order_number.is_empty() {
        return Err(broken("version or number"));
    }
    Ok(OrderNews {
        appeal: id(&facts.appeal_id, "appeal id")?,
        order: OrderId(id(&order.order_id, "order id")?),
        seen: OrderSeen {
            version: order.version,
            number: order.order_number.clone(),
            state,
        },
    })
}

fn apply_error(error: Error) -> ApplyError {
    match error {
        Error::Store(error) => error.into(),
        Error::Foreign(error) => ApplyError::Permanent(error.to_string()),
        error @ (Error::Refused(_) | Error::Invalid(_) | Error::Denied(_)) => ApplyError::Permanent(error.to_string()),
    }
}
