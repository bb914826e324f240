//! Stores the newest state of orders for our appeals. Routing owns the state; intake keeps a copy.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::store::StoreError;
use uuid::Uuid;

use super::Error;
use crate::domain::appeal::{Appeal, Heard, Link, OrderId, OrderSeen};
use crate::store::appeals;

/// The state of an order, from one event of routing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderNews {
    /// The order.
    pub order: OrderId,
    /// Its version.
    pub version: u64,
    /// Its number.
    pub number: String,
    /// Its state as it came; may be unknown here.
    pub state: i16,
    /// The appeals that it answers, each with the time of its link. The first one opened it.
    pub appeals: Vec<(Uuid, Option<DateTime<Utc>>)>,
}

/// Applies a batch in three statements. Returns the effect of each state; it is newer if it is newer for one appeal.
///
/// # Errors
/// Absent for an unknown appeal, [`Error::Foreign`] for an order that another appeal opened.
#[tracing::instrument(name = "hear_orders", skip_all, fields(service = crate::NAME, news = news.len()))]
pub async fn hear_orders(tx: &mut Tx, news: Vec<OrderNews>) -> Result<Vec<Heard>, Error> {
    let ids: BTreeSet<Uuid> = news
        .iter()
        .flat_map(|one| one.appeals.iter().map(|(id, _)| *id))
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut known = appeals::lock(tx.conn(), &ids).await?;
    let mut changed = BTreeSet::new();
    let mut effects = Vec::with_capacity(news.len());
    for one in news {
        effects.push(hear(&mut known, one, &mut changed)?);
    }
    let newest: Vec<&Appeal> = changed.iter().filter_map(|id| known.get(id)).collect();
    if !newest.is_empty() {
        appeals::save_heard(tx.conn(), &newest).await?;
    }
    Ok(effects)
}

/// Applies the state to each appeal of the order. Adds changed appeals to `changed`.
fn hear(known: &mut HashMap<Uuid, Appeal>, news: OrderNews, changed: &mut BTreeSet<Uuid>) -> Result<Heard, Error> {
    let mut effect = Heard::Older;
    for (at, (id, linked_at)) in news.appeals.into_iter().enumerate() {
        let appeal = known.get_mut(&id).ok_or(StoreError::Absent("appeal"))?;
        let link = if at == 0 { Link::Opening } else { Link::Later };
        let seen = OrderSeen {
            order: news.order,
            linked_at,
            version: news.version,
            number: news.number.clone(),
            state: news.state,
        };
        if appeal.hear(link, seen)? == Heard::Newer {
            changed.insert(id);
            effect = Heard::Newer;
        }
    }
    Ok(effect)
}
