//! Forwarded appeals of intake. Each opens an order and then applies the decisions that waited for it.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use calendar::local_date;
use chrono::NaiveDate;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx, drain_waiting, supersede};
use hotline_proto::events::event::Body;
use hotline_proto::orders::order_of;
use uuid::Uuid;

use super::appeal_facts::appeal;
use super::decisions::Decisions;
use super::failed;
use crate::actions::get_directory::get_directory;
use crate::actions::open_order::{OpenOrder, open_order, take_serials};
use crate::domain::directory::Directory;
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
        let forwarded = |event: &&Recorded| matches!(event.body, Body::AppealForwarded(_));
        let wanted = events.iter().filter(forwarded).count();
        if wanted == 0 {
            return Ok(vec![Effect::Ignored; events.len()]);
        }
        let mut serials = take_serials(tx, wanted).await.map_err(failed)?.into_iter();
        let mut directories = HashMap::new();
        let mut effects = Vec::with_capacity(events.len());
        let mut opened = Vec::with_capacity(wanted);
        for event in events {
            let Body::AppealForwarded(body) = &event.body else {
                effects.push(Effect::Ignored);
                continue;
            };
            let directory = self
                .directory(tx, &mut directories, local_date(event.occurred_at))
                .await?;
            let command = OpenOrder {
                id: OrderId(order_of(event.event_id)),
                serial: serials.next().expect("a serial was taken for each forwarded appeal"),
                appeal: appeal(body.appeal.as_ref())?,
                actor: event.actor.clone(),
            };
            let order = open_order(tx, &directory, command, event.occurred_at)
                .await
                .map_err(failed)?;
            effects.push(if order.is_some() {
                Effect::Applied
            } else {
                Effect::Ignored
            });
            opened.extend(order.map(|order| order.id.0));
        }
        self.take_in(tx, &opened).await?;
        Ok(effects)
    }
}

impl ForwardedAppeals {
    /// The directory of a day; a batch reads each day once.
    async fn directory(
        &self,
        tx: &mut Tx,
        known: &mut HashMap<NaiveDate, Arc<Directory>>,
        day: NaiveDate,
    ) -> Result<Arc<Directory>, ApplyError> {
        if let Some(directory) = known.get(&day) {
            return Ok(directory.clone());
        }
        let directory = get_directory(tx.conn(), &self.decisions.rules, day)
            .await
            .map_err(failed)?;
        known.insert(day, directory.clone());
        Ok(directory)
    }

    /// Applies decisions that arrived before their order. The new order has no reply yet, so all of them are late.
    /// Applying them ends their wait.
    async fn take_in(&self, tx: &mut Tx, opened: &[Uuid]) -> Result<(), ApplyError> {
        for order in opened {
            for event in drain_waiting(tx, *order).await? {
                let reason = match self.decisions.decide(tx, &event).await? {
                    Effect::Applied | Effect::Ignored => continue,
                    Effect::Superseded(reason) => reason,
                    // The decision waited for this order alone.
                    Effect::Waits(_) => "WAITED_IN_VAIN",
                };
                supersede(tx, &event.source, event.event_id, reason).await?;
            }
        }
        Ok(())
    }
}
