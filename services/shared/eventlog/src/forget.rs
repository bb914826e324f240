//! Forgets what was heard long ago: it is kept for a source that is restored from a backup, and no backup that may be
//! restored is that old.

use async_trait::async_trait;
use chrono::TimeDelta;
use platform::clock::SharedClock;
use platform::steps::{Ran, Step, StepError};
use platform::store::StoreError;

use crate::store::heard;
use crate::tx::Store;

/// Rows per transaction: some milliseconds, so that no cursor waits.
const BATCH: i64 = 2_000;

/// The step; any number may run.
pub struct Forget {
    name: String,
    store: Store,
    clock: SharedClock,
    keeps: TimeDelta,
}

impl Forget {
    /// Forgets what `store` heard more than so many hours ago.
    #[must_use]
    pub fn new(store: &Store, clock: SharedClock, heard_hours: u32) -> Self {
        Self {
            name: format!("{}.forget", store.service()),
            store: store.clone(),
            clock,
            keeps: TimeDelta::hours(heard_hours.into()),
        }
    }
}

#[async_trait]
impl Step for Forget {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run_once(&self) -> Result<Ran, StepError> {
        let before = self.clock.now() - self.keeps;
        let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
        let forgotten = heard::forget(&mut connection, before, BATCH).await?;
        Ok(Ran {
            did: usize::try_from(forgotten).unwrap_or(usize::MAX),
            // That something will be forgotten is no business of anybody: a replay does not stop for it.
            next_at: None,
        })
    }
}
