//! Forgets what is kept for a while: what was heard of other services, for a source that is restored from a backup, and
//! no backup that may be restored is that old; and requests that took effect, for callers that try again, and nobody
//! tries so long.

use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use platform::steps::{Ran, Step, StepError};
use platform::store::StoreError;

use crate::store::{heard, requests};
use crate::tx::Store;

/// Rows per transaction: some milliseconds, so that no cursor waits.
const BATCH: i64 = 2_000;

/// Nobody waits for it: when nothing was old enough, it looks again after an hour of business time.
const LOOKS_EVERY: TimeDelta = TimeDelta::hours(1);

/// The step; any number may run.
pub struct Forget {
    name: String,
    store: Store,
    keeps_heard: TimeDelta,
    keeps_requests: TimeDelta,
    /// When there may be something again.
    next: Mutex<DateTime<Utc>>,
}

impl Forget {
    /// Forgets what `store` heard more than so many hours ago, and what it was asked more than so many days ago.
    #[must_use]
    pub fn new(store: &Store, heard_hours: u32, request_days: u32) -> Self {
        Self {
            name: format!("{}.forget", store.service()),
            store: store.clone(),
            keeps_heard: TimeDelta::hours(heard_hours.into()),
            keeps_requests: TimeDelta::days(request_days.into()),
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
        let heard = heard::forget(&mut connection, now - self.keeps_heard, BATCH).await?;
        let requests = requests::forget(&mut connection, now - self.keeps_requests, BATCH).await?;
        if heard + requests == 0 {
            *self.next() = now + LOOKS_EVERY;
        }
        Ok(Ran {
            did: usize::try_from(heard + requests).unwrap_or(usize::MAX),
            // That something will be forgotten is no business of anybody: a replay does not stop for it.
            next_at: None,
        })
    }
}
