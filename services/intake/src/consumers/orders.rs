//! Every event of an order carries its whole state. Each appeal that the order answers keeps the newest one.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use eventlog::read::{self, Unreadable};
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use hotline_proto::routing::{LinkedAppeal, Order};
use hotline_proto::{Carried, carried};
use uuid::Uuid;

use crate::actions::Error;
use crate::actions::hear_orders::{OrderNews, hear_orders};
use crate::domain::appeal::{Heard, OrderId};

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

/// The facts of an order that intake stores. Intake decides nothing by the state, so unknown states are kept as they
/// came.
fn read(order: &Order) -> Result<OrderNews, Unreadable> {
    if order.appeals.is_empty() {
        return Err(Unreadable::new("appeals are missing"));
    }
    Ok(OrderNews {
        order: OrderId(read::id("order_id", &order.order_id)?),
        version: read::version(order.version)?,
        number: read::filled("number", &order.number)?,
        state: state(order.state)?,
        appeals: order.appeals.iter().map(linked).collect::<Result<_, _>>()?,
    })
}

fn linked(appeal: &LinkedAppeal) -> Result<(Uuid, Option<DateTime<Utc>>), Unreadable> {
    let facts = read::present("facts", appeal.facts.as_ref())?;
    let id = read::id("appeal_id", &facts.appeal_id)?;
    Ok((id, read::optional_time("link_time", appeal.link_time.as_ref())?))
}

/// Any state but "unspecified" that fits the column. An enum of the contracts has fewer than 2^15 values.
fn state(number: i32) -> Result<i16, Unreadable> {
    let kept = i16::try_from(number).ok().filter(|number| *number > 0);
    kept.ok_or_else(|| match number {
        0 => Unreadable::new("state is unspecified"),
        _ => Unreadable::new(format!("state is {number}")),
    })
}

fn apply_error(error: Error) -> ApplyError {
    match error {
        Error::Store(error) => error.into(),
        Error::Foreign(error) => ApplyError::Permanent(error.to_string()),
        error @ (Error::Refused(_) | Error::Invalid(_) | Error::Denied(_)) => ApplyError::Permanent(error.to_string()),
    }
}
