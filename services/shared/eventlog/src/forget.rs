//! Deletes old requests. A request is kept so that a caller's retry gets the first answer. No caller retries for as
//! long as `events.request_days`.

use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use platform::steps::{Ran, Step, StepError};
use platform::store::StoreError;

use crate::store::requests;
use crate::tx::Store;

/// Rows per transaction: deleting them takes some milliseconds, so no cursor is blocked for long.
const BATCH: i64 = 2_000;

/// Pause after a run that found nothing to delete, in business time. Old requests do no harm, so an hour is soon
/// enough.
const IDLE_PAUSE: TimeDelta = TimeDelta::hours(1);

/// The step. Any number of replicas may run it.
pub struct Forget {
    name: String,
    store: Store,
    keeps: TimeDelta,
    /// Business time of the next query.
    next: Mutex<DateTime<Utc>>,
}

impl Forget {
    /// Deletes requests that are older than `request_days`.
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
            *self.next() = now + IDLE_PAUSE;
        }
        Ok(Ran {
            did: usize::try_from(forgotten).unwrap_or(usize::MAX),
            // A replay stops at every `next_at`. Deleting old requests is no reason to stop.
            next_at: None,
        })
    }
}
