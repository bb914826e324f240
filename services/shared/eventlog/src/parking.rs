//! Applies a batch: as a whole if possible, otherwise event by event.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::event::{ApplyError, Effect, Logged, Recorded};
use crate::handler::Handler;
use crate::store::parked;
use crate::tx::Tx;

/// Applies events in order. An event that cannot be applied is parked; later events of its key are parked behind it.
///
/// # Errors
/// The error that aborts the batch. The batch is then retried.
pub(crate) async fn apply_batch(
    tx: &mut Tx,
    handler: &dyn Handler,
    events: &[Logged],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let keys: Vec<Uuid> = events.iter().map(|event| event.key).collect();
    let source = events.first().map_or("", |event| event.source.as_str());
    let blocked = parked::blocked_keys(tx.conn(), source, &keys).await?;
    if blocked.is_empty() {
        let mark = tx.mark();
        parked::savepoint(tx.conn()).await?;
        match apply_traced(tx, handler, events).await {
            Ok(()) => return Ok(()),
            Err(ApplyError::Transient(error)) => return Err(error),
            Err(ApplyError::Permanent(_)) => {
                parked::roll_back(tx.conn()).await?;
                tx.cut(mark);
            }
        }
    }
    let mut blocked: HashSet<Uuid> = blocked.into_iter().collect();
    for event in events {
        if blocked.contains(&event.key) {
            parked::park(tx.conn(), event, "behind", "behind", now).await?;
            continue;
        }
        if let Err(reason) = apply_single(tx, handler, event).await? {
            tracing::error!(source = event.source, event = %event.event_id, kind = event.kind, reason, "parked");
            parked::park(tx.conn(), event, "parked", &reason, now).await?;
            blocked.insert(event.key);
        }
    }
    Ok(())
}

/// Applies one event under a savepoint. The inner error is the reason to park it.
pub(crate) async fn apply_single(
    tx: &mut Tx,
    handler: &dyn Handler,
    event: &Logged,
) -> Result<Result<(), String>, StoreError> {
    let mark = tx.mark();
    parked::savepoint(tx.conn()).await?;
    match apply_traced(tx, handler, std::slice::from_ref(event)).await {
        Ok(()) => {
            parked::release(tx.conn()).await?;
            Ok(Ok(()))
        }
        Err(ApplyError::Transient(error)) => Err(error),
        Err(ApplyError::Permanent(reason)) => {
            parked::roll_back(tx.conn()).await?;
            tx.cut(mark);
            Ok(Err(reason))
        }
    }
}

/// Applies a traced event alone, in a span that continues its trace. Other events are applied in batches.
async fn apply_traced(tx: &mut Tx, handler: &dyn Handler, events: &[Logged]) -> Result<(), ApplyError> {
    let (mut kept, mut read) = (Vec::new(), Vec::new());
    for event in events {
        match event.read().map_err(ApplyError::Permanent)? {
            Some(known) => {
                kept.push(event);
                read.push(known);
            }
            None => tx.arrived(&event.source, event.occurred_at),
        }
    }
    let mut kept = kept.as_slice();
    for batch in read.chunk_by(|one, other| one.traceparent.is_none() && other.traceparent.is_none()) {
        let (these, others) = kept.split_at(batch.len());
        kept = others;
        let effects = effects_of(tx, handler, batch).await?;
        let mut waiting = Vec::new();
        for ((event, read), effect) in these.iter().zip(batch).zip(effects) {
            match effect {
                Effect::Applied | Effect::Ignored => {}
                Effect::Superseded(reason) => parked::supersede(tx, &event.source, event.event_id, reason).await?,
                Effect::Waits(thing) => {
                    waiting.push((*event, read, thing));
                    continue;
                }
            }
            tx.arrived(&event.source, event.occurred_at);
        }
        for (event, read, thing) in waiting {
            wait(tx, handler, event, read, thing).await?;
        }
    }
    Ok(())
}

async fn effects_of(tx: &mut Tx, handler: &dyn Handler, batch: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
    let effects = match batch {
        [event] if event.traceparent.is_some() => handler.apply(tx, batch).instrument(event.span()).await?,
        _ => handler.apply(tx, batch).await?,
    };
    if effects.len() == batch.len() {
        return Ok(effects);
    }
    Err(ApplyError::Permanent(format!(
        "{} effects of {} events",
        effects.len(),
        batch.len()
    )))
}

/// Stores an event until its thing exists. The thing may have come since the first attempt, in this batch or in another
/// transaction, so the event is applied once more. The lock on the thing keeps other transactions from creating it
/// before the commit.
async fn wait(
    tx: &mut Tx,
    handler: &dyn Handler,
    event: &Logged,
    read: &Recorded,
    mut thing: Uuid,
) -> Result<(), ApplyError> {
    // One attempt is enough when the missing thing stays the same. More are needed only when it changes.
    for _ in 0..4 {
        parked::lock_waiting(tx.conn(), &[thing]).await?;
        match effects_of(tx, handler, std::slice::from_ref(read)).await?[0] {
            Effect::Applied | Effect::Ignored => {}
            Effect::Superseded(reason) => parked::supersede(tx, &event.source, event.event_id, reason).await?,
            Effect::Waits(still) if still == thing => return Ok(parked::wait(tx.conn(), event, thing).await?),
            Effect::Waits(other) => {
                thing = other;
                continue;
            }
        }
        tx.arrived(&event.source, event.occurred_at);
        return Ok(());
    }
    Err(ApplyError::Permanent(
        "it waits for something else each time".to_owned(),
    ))
}
