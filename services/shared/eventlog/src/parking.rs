//! Applies a batch: whole when all is well, event by event when one of them cannot be applied.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use platform::steps::StepError;
use platform::store::StoreError;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::event::{ApplyError, Effect, Handler, Recorded};
use crate::store::parked;
use crate::tx::Tx;

/// Applies events in order; those that cannot be applied are parked, with the later ones of their keys behind them.
///
/// # Errors
/// What aborts the batch, to be tried again.
pub(crate) async fn apply_batch(
    tx: &mut Tx,
    handler: &dyn Handler,
    events: &[Recorded],
    now: DateTime<Utc>,
) -> Result<(), StepError> {
    let keys: Vec<Uuid> = events.iter().map(|event| event.key).collect();
    let source = events.first().map_or("", |event| event.source.as_str());
    let blocked = parked::blocked_keys(tx.conn(), source, &keys).await?;
    if blocked.is_empty() {
        let mark = tx.told_mark();
        parked::savepoint(tx.conn()).await?;
        match apply_traced(tx, handler, events).await {
            Ok(()) => return Ok(()),
            Err(ApplyError::Transient(error)) => return Err(error.into()),
            Err(ApplyError::Permanent(_)) => {
                parked::roll_back(tx.conn()).await?;
                tx.cut_told(mark);
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

/// Applies one event under a savepoint; the inner error is why it has to be parked.
pub(crate) async fn apply_single(
    tx: &mut Tx,
    handler: &dyn Handler,
    event: &Recorded,
) -> Result<Result<(), String>, StoreError> {
    let mark = tx.told_mark();
    parked::savepoint(tx.conn()).await?;
    match apply_traced(tx, handler, std::slice::from_ref(event)).await {
        Ok(()) => Ok(Ok(())),
        Err(ApplyError::Transient(error)) => Err(error),
        Err(ApplyError::Permanent(reason)) => {
            parked::roll_back(tx.conn()).await?;
            tx.cut_told(mark);
            Ok(Err(reason))
        }
    }
}

/// A traced event is applied by itself, inside a span that continues its trace; the others go in batches.
async fn apply_traced(tx: &mut Tx, handler: &dyn Handler, events: &[Recorded]) -> Result<(), ApplyError> {
    for batch in events.chunk_by(|one, other| one.traceparent.is_none() && other.traceparent.is_none()) {
        let effects = match batch {
            [event] if event.traceparent.is_some() => handler.apply(tx, batch).instrument(event.span()).await?,
            _ => handler.apply(tx, batch).await?,
        };
        if effects.len() != batch.len() {
            return Err(ApplyError::Permanent(format!(
                "{} effects of {} events",
                effects.len(),
                batch.len()
            )));
        }
        for (event, effect) in batch.iter().zip(effects) {
            match effect {
                Effect::Applied | Effect::Ignored => {}
                Effect::Superseded(reason) => parked::supersede(tx.conn(), event, reason).await?,
                Effect::Waits(id) => parked::wait(tx.conn(), event, id).await?,
            }
        }
    }
    Ok(())
}
