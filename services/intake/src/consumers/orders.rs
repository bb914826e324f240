//! Every event of routing carries the whole state of its order: the newest version is all that intake keeps.

use async_trait::async_trait;
use eventlog::read::{self, Unreadable};
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use hotline_proto::events::OrderSnapshot;
use hotline_proto::{Carried, carried};

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
                Carried::Broken => return Err(Unreadable::new("order is missing").into()),
                Carried::Order(order) => {
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

fn read(order: &OrderSnapshot) -> Result<OrderNews, Unreadable> {
    let facts = read::present("appeal", order.appeal.as_ref())?;
    Ok(OrderNews {
        appeal: read::id("appeal_id", &facts.appeal_id)?,
        order: OrderId(read::id("order_id", &order.order_id)?),
        seen: OrderSeen {
            version: read::version(order.version)?,
            number: read::filled("order_number", &order.order_number)?,
            state: read::known("state", order.state)?,
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
