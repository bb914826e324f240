//! The work of a consumer in one transaction: a batch of one partition.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use uuid::Uuid;

use crate::core::consume::{Plan, Standing, plan};
use crate::event::Logged;
use crate::handler::Handler;
use crate::parking::apply_batch;
use crate::store::cursors;
use crate::tx::Tx;

/// The result of a batch.
pub(crate) struct Applied {
    /// Events that the cursor passed.
    pub count: usize,
    /// Position of the cursor.
    pub position: u64,
}

/// The work of one transaction.
pub(crate) struct Batch {
    pub source: &'static str,
    pub epoch: Uuid,
    pub partition: u16,
    pub events: Vec<Logged>,
    pub handler: Arc<dyn Handler>,
    pub now: DateTime<Utc>,
}

impl Batch {
    /// Applies the events after the cursor, and moves the cursor. `None` when another replica holds or has moved it.
    pub async fn apply(&self, tx: &mut Tx) -> Result<Option<Applied>, StoreError> {
        let Some((known, position)) = cursors::claim(tx.conn(), self.source, self.partition).await? else {
            return Ok(None);
        };
        if known != self.epoch {
            return Ok(None);
        }
        let positions: Vec<u64> = self.events.iter().map(|event| event.position).collect();
        let standing = Standing {
            cursor: position,
            head: position,
        };
        let Plan::Apply(range) = plan(standing, &positions) else {
            return Ok(None);
        };
        let fresh = &self.events[range];
        apply_batch(tx, self.handler.as_ref(), fresh, self.now).await?;
        let last = fresh.last().map_or(position, |event| event.position);
        cursors::advance(tx.conn(), self.source, self.partition, last).await?;
        Ok(Some(Applied {
            count: fresh.len(),
            position: last,
        }))
    }
}
