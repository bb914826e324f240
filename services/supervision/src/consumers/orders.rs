//! Consumes routing's events about orders.

use async_trait::async_trait;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};

use crate::actions::observe_orders::observe_orders;
use crate::events;

/// Passes routing's facts to [`observe_orders`].
#[derive(Clone, Copy, Debug)]
pub struct Orders;

#[async_trait]
impl Handler for Orders {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let mut facts = Vec::with_capacity(events.len());
        // One entry per event: whether it is a fact about an order.
        let mut concerned = Vec::with_capacity(events.len());
        for event in events {
            let fact = events::fact(event)?;
            concerned.push(fact.is_some());
            facts.extend(fact);
        }
        let mut effects = observe_orders(tx, &facts).await?.into_iter();
        Ok(concerned
            .into_iter()
            .map(|concerned| concerned.then(|| effects.next()).flatten().unwrap_or(Effect::Ignored))
            .collect())
    }
}
