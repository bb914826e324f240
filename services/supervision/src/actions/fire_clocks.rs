//! Issues the cards of due clocks. A clock fires only when the routing partition of its order is known past the due
//! time (ARCHITECTURE.md). Otherwise a signature that is still on its way would be answered with a card.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::watch::Watch;
use crate::events;
use crate::store::due::{self, Left};
use crate::store::watches;

/// The result of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Cards issued.
    pub count: usize,
    /// For each card: the `ClockKind`, and the time at which its clock was due.
    pub clocks: Vec<(i16, DateTime<Utc>)>,
    /// Clocks that wait, and the next due time.
    pub left: Left,
}

/// Fires at most `batch` clocks, oldest first.
///
/// # Errors
/// When the store fails.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "fire_clocks")]
pub async fn fire_clocks(tx: &mut Tx, batch: u32, now: DateTime<Utc>) -> Result<Fired, StoreError> {
    // Read one after the other before the clocks are claimed. An event known by then has either stopped its clock or is
    // parked.
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

/// Indexed by partition. A partition that was never read counts as unknown.
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
