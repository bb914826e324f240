//! Gives the cards whose time has come. A clock fires on knowledge, not on ignorance (ARCHITECTURE.md): only when all that
//! routing had committed at that time is known here, so that a signature on its way is not answered with a card.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::watch::Watch;
use crate::events;
use crate::store::due::{self, Left};
use crate::store::watches;

/// What a run did and left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Cards given.
    pub count: usize,
    /// `ClockKind` of each, and when it should have fired.
    pub clocks: Vec<(i16, DateTime<Utc>)>,
    /// What waits, and what comes next.
    pub left: Left,
}

/// Fires at most `batch` clocks, oldest first.
///
/// # Errors
/// When the store refuses.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "fire_clocks")]
pub async fn fire_clocks(tx: &mut Tx, batch: u32, now: DateTime<Utc>) -> Result<Fired, StoreError> {
    // Read before the clocks are claimed, one after the other: whatever was known has stopped its clock by now, or stands
    // among the parked.
    let known = by_partition(&eventlog::known_until(tx.conn(), crate::ROUTING).await?);
    let blocked = eventlog::blocked(tx.conn(), crate::ROUTING).await?;
    let due = due::claim(tx.conn(), now, &known, &blocked, batch).await?;
    let mut ids: Vec<Uuid> = due.iter().map(|due| due.order_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut watched: BTreeMap<Uuid, Watch> = watches::lock(tx.conn(), &ids)
        .await?
        .into_iter()
        .map(|watch| (watch.order.id, watch))
        .collect();
    let mut clocks = Vec::new();
    for clock in due {
        let Some(watch) = watched.remove(&clock.order_id) else {
            continue;
        };
        let (mut watch, card) = watch.fire(clock.id, now);
        if let Some(card) = card {
            clocks.push((clock.kind, clock.fire_at));
            tx.tell(events::card(&mut watch.order, card));
        }
        watched.insert(clock.order_id, watch);
    }
    if !clocks.is_empty() {
        let changed: Vec<Watch> = watched.into_values().collect();
        watches::save(tx.conn(), &changed).await?;
    }
    let left = due::left(tx.conn(), now).await?;
    Ok(Fired {
        count: clocks.len(),
        clocks,
        left,
    })
}

/// Indexed by partition; a partition that was never read is not known at all.
fn by_partition(known: &[(u32, DateTime<Utc>)]) -> Vec<Option<DateTime<Utc>>> {
    let mut times = Vec::new();
    for (partition, until) in known {
        let at = *partition as usize;
        if times.len() <= at {
            times.resize(at + 1, None);
        }
        times[at] = Some(*until);
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_was_never_read_is_not_known() {
        let at = DateTime::from_timestamp(1_711_929_600, 0).expect("in range");
        assert_eq!(by_partition(&[(2, at), (0, at)]), [Some(at), None, Some(at)]);
        assert!(by_partition(&[]).is_empty());
    }
}
