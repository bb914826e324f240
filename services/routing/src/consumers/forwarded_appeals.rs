//! Forwarded appeals of intake. Each opens an order and then applies the decisions that waited for it.

use async_trait::async_trait;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx, drain_waiting, supersede};
use hotline_proto::events::event::Body;
use hotline_proto::orders::order_of;
use uuid::Uuid;

use super::appeal_facts::appeal;
use super::decisions::Decisions;
use super::failed;
use crate::actions::open_order::{OpenOrder, open_orders};
use crate::domain::order::OrderId;

/// Applies intake's events.
#[derive(Clone, Debug)]
pub struct ForwardedAppeals {
    /// Applies decisions that waited for an order.
    pub decisions: Decisions,
}

#[async_trait]
impl Handler for ForwardedAppeals {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let commands: Vec<Option<OpenOrder>> = events.iter().map(command).collect::<Result<_, _>>()?;
        let mut effects = vec![Effect::Ignored; events.len()];
        let (places, commands): (Vec<usize>, Vec<OpenOrder>) = (0..)
            .zip(commands)
            .filter_map(|(place, command)| Some((place, command?)))
            .unzip();
        if commands.is_empty() {
            return Ok(effects);
        }
        let orders = open_orders(tx, &self.decisions.rules, commands).await.map_err(failed)?;
        let mut opened = Vec::with_capacity(orders.len());
        for (place, order) in places.into_iter().zip(orders) {
            let Some(order) = order else { continue };
            effects[place] = Effect::Applied;
            opened.push(order.id.0);
        }
        self.take_in(tx, &opened).await?;
        Ok(effects)
    }
}

/// The order that an event opens; `None` for any other event.
fn command(event: &Recorded) -> Result<Option<OpenOrder>, ApplyError> {
    let Body::AppealForwarded(body) = &event.body else {
        return Ok(None);
    };
    Ok(Some(OpenOrder {
        id: OrderId(order_of(event.event_id)),
        appeal: appeal(body.appeal.as_ref())?,
        actor: event.actor.clone(),
        at: event.occurred_at,
    }))
}

impl ForwardedAppeals {
    /// Applies decisions that arrived before their order. The new order has no reply yet, so all of them are late.
    /// Applying them ends their wait.
    async fn take_in(&self, tx: &mut Tx, opened: &[Uuid]) -> Result<(), ApplyError> {
        let waited = drain_waiting(tx, opened).await?;
        let effects = self.decisions.apply(tx, &waited).await?;
        for (event, effect) in waited.iter().zip(effects) {
            let reason = match effect {
                Effect::Applied | Effect::Ignored => continue,
                Effect::Superseded(reason) => reason,
                // The decision waited for this order alone.
                Effect::Waits(_) => "WAITED_IN_VAIN",
            };
            supersede(tx, &event.source, event.event_id, reason).await?;
        }
        Ok(())
    }
}
