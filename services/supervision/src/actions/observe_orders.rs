//! Applies routing's events about orders: clocks start, stop and start again, submitted replies open
//! reviews, and the appeals of each order are stored.

use std::collections::BTreeMap;

use eventlog::{Effect, Tx};
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::review::Review;
use crate::domain::watch::{Fact, Observed, Watch};
use crate::events;
use crate::store::{appeals, reviews, watches};

/// Applies facts in their order, within the consumer's transaction. All orders of a batch are read once and written
/// once. Returns one effect per fact.
///
/// # Errors
/// When the store fails.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "observe_orders")]
pub async fn observe_orders(tx: &mut Tx, facts: &[Fact]) -> Result<Vec<Effect>, StoreError> {
    let mut ids: Vec<Uuid> = facts.iter().map(|fact| fact.order.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known: BTreeMap<Uuid, Watch> = watches::lock(tx.conn(), &ids)
        .await?
        .into_iter()
        .map(|watch| (watch.order.id, watch))
        .collect();
    let mut effects = Vec::with_capacity(facts.len());
    let mut opened = Vec::new();
    let mut told = Vec::new();
    let mut linked = BTreeMap::new();
    for fact in facts {
        let watch = known.remove(&fact.order.id).unwrap_or_else(|| Watch::begin(fact));
        let (mut watch, observed) = watch.observe(fact);
        match observed {
            Observed::Behind => {
                effects.push(Effect::Superseded("a newer version of the order is known"));
            }
            Observed::Moved(given) => {
                told.extend(given.into_iter().map(|card| events::card(&mut watch.order, card)));
                opened.extend(Review::open(fact));
                let appeals = fact.order.appeals.iter();
                linked.extend(appeals.map(|appeal| ((fact.order.id, appeal.id), appeal.person_key.clone())));
                effects.push(Effect::Applied);
            }
        }
        known.insert(fact.order.id, watch);
    }
    let changed: Vec<Watch> = known.into_values().collect();
    watches::save(tx.conn(), &changed).await?;
    reviews::open(tx.conn(), &opened).await?;
    appeals::save(tx.conn(), &linked).await?;
    for event in told {
        tx.tell(event);
    }
    Ok(effects)
}
