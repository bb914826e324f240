//! Hears from routing where the orders of our appeals stand. Routing owns the state; here is kept the newest heard.

use eventlog::Tx;
use platform::store::StoreError;
use uuid::Uuid;

use super::Error;
use crate::domain::appeal::{Appeal, Heard, OrderId, OrderSeen};
use crate::store::appeals;

/// One piece of news about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderNews {
    /// The appeal behind it.
    pub appeal: Uuid,
    /// The order.
    pub order: OrderId,
    /// What is said of it.
    pub seen: OrderSeen,
}

/// Takes a batch in two statements; gives what each piece did.
///
/// # Errors
/// Absent for an appeal that is not ours, [`Error::Foreign`] for an order that is another appeal's.
#[tracing::instrument(name = "hear_orders", skip_all, fields(service = crate::NAME, news = news.len()))]
pub async fn hear_orders(tx: &mut Tx, news: Vec<OrderNews>) -> Result<Vec<Heard>, Error> {
    let mut ids: Vec<Uuid> = news.iter().map(|one| one.appeal).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known = appeals::lock(tx.conn(), &ids).await?;
    let mut effects = Vec::with_capacity(news.len());
    let mut changed = Vec::new();
    for one in news {
        let appeal = known.get_mut(&one.appeal).ok_or(StoreError::Absent("appeal"))?;
        let heard = appeal.hear(one.order, one.seen)?;
        if heard == Heard::Newer {
            changed.push(one.appeal);
        }
        effects.push(heard);
    }
    changed.sort_unstable();
    changed.dedup();
    let newest: Vec<&Appeal> = changed.iter().filter_map(|id| known.get(id)).collect();
    if !newest.is_empty() {
        appeals::save_heard(tx.conn(), &newest).await?;
    }
    Ok(effects)
}
