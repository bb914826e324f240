//! Forgets requests that took effect: they are kept for callers that try again, and no caller tries for so long.

use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use platform::steps::{Ran, Step, StepError};
use platform::store::StoreError;

use crate::store::requests;
use crate::tx::Store;

/// Rows per transaction: some milliseconds, so that no cursor waits.
const BATCH: i64 = 2_000;

/// Nobody waits for it: when nothing was old enough, it looks again after an hour of business time.
const LOOKS_EVERY: TimeDelta = TimeDelta::hours(1);

/// The step; any number may run.
pub struct Forget {
    name: String,
    store: Store,
    keeps: TimeDelta,
    /// When there may be something again.
    next: Mutex<DateTime<Utc>>,
}

impl Forget {
    /// Forgets what `store` was asked more than so many days ago.
    #[must_use]
    pub fn new(store: &Store, request_days: u32) -> Self {
        Self {
            name: format!("{}.forget", store.service()),
            store: store.clone(),
            keeps: TimeDelta::days(request_days.into()),
            next: Mutex::new(DateTime::UNIX_EPOCH),
        }
    }

    fn next(&self) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
        self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Step for Forget {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run_once(&self) -> Result<Ran, StepError> {
        let now = self.store.now();
        if now < *self.next() {
            return Ok(Ran::default());
        }
        let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
        let forgotten = requests::forget(&mut connection, now - self.keeps, BATCH).await?;
        if forgotten == 0 {
            *self.next() = now + LOOKS_EVERY;
        }
        Ok(Ran {
            did: usize::try_from(forgotten).unwrap_or(usize::MAX),
            // That something will be forgotten is no business of anybody: a replay does not stop for it.
            next_at: None,
        })
    }
}
