//! Copies the log to Redis. The relay may die, repeat or run twice: Redis refuses an id that the stream already has.

use std::collections::HashMap;

use async_trait::async_trait;
use platform::steps::{Ran, Step, StepError};
use platform::store::StoreError;
use platform::streak::Streak;
use tokio::sync::Mutex;

use crate::core::relay::resume_after;
use crate::store::log;
use crate::stream::Streams;
use crate::tx::Store;

/// Events per pipeline.
const BATCH: i64 = 500;

/// The relay of one service. Any number of replicas may run it.
pub struct Relay {
    name: String,
    store: Store,
    streams: Streams,
    keep: u64,
    sent: Mutex<HashMap<u16, u64>>,
    away: std::sync::atomic::AtomicBool,
    streak: Mutex<Streak>,
}

impl Relay {
    /// Copies `store`'s log to `redis`, about `keep` entries per stream. Without Redis it does nothing.
    #[must_use]
    pub fn new(store: &Store, redis: Option<redis::Client>, keep: u64) -> Self {
        Self {
            name: format!("{}.relay", store.service()),
            store: store.clone(),
            streams: Streams::new(redis),
            keep,
            sent: Mutex::default(),
            away: std::sync::atomic::AtomicBool::new(false),
            streak: Mutex::default(),
        }
    }

    /// Whether the last run reached Redis; false when no Redis is configured.
    pub(crate) fn reaches_redis(&self) -> bool {
        self.streams.is_configured() && !self.away.load(std::sync::atomic::Ordering::SeqCst)
    }

    async fn copy(&self, partition: u16, head: u64, sent: &mut HashMap<u16, u64>) -> Result<usize, Failure> {
        let (service, epoch) = (self.store.service(), self.store.epoch());
        let mut after = match sent.get(&partition) {
            Some(after) => *after,
            None if head == 0 => 0,
            None => resume_after(
                self.streams.last_position(service, epoch, partition).await?,
                head,
                self.keep,
            ),
        };
        let mut copied = 0;
        while after < head {
            let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
            let events = log::read(&mut connection, service, partition, after, BATCH).await?;
            drop(connection);
            let Some(last) = events.last().map(|event| event.position) else {
                break;
            };
            self.streams.add(service, epoch, partition, &events, self.keep).await?;
            copied += events.len();
            after = last;
        }
        sent.insert(partition, after);
        Ok(copied)
    }
}

enum Failure {
    Redis(redis::RedisError),
    Store(StoreError),
}

impl From<redis::RedisError> for Failure {
    fn from(error: redis::RedisError) -> Self {
        Self::Redis(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[async_trait]
impl Step for Relay {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run_once(&self) -> Result<Ran, StepError> {
        use std::sync::atomic::Ordering;
        if !self.streams.is_configured() {
            return Ok(Ran::default());
        }
        let mut sent = self.sent.lock().await;
        let heads = log::heads(&mut *self.store.pool().acquire().await.map_err(StoreError::from)?).await?;
        let mut did = 0;
        for (partition, head) in heads {
            match self.copy(partition, head, &mut sent).await {
                Ok(copied) => did += copied,
                Err(Failure::Store(error)) => return Err(error.into()),
                // Meanwhile consumers read the log by gRPC. The next run asks each stream again for its last position.
                Err(Failure::Redis(error)) => {
                    sent.clear();
                    self.away.store(true, Ordering::SeqCst);
                    let error = error.to_string();
                    if self.streak.lock().await.is_to_be_logged(&error) {
                        tracing::warn!(step = self.name, error, "Redis is away; consumers read the log by gRPC");
                    }
                    return Ok(Ran { did, next_at: None });
                }
            }
        }
        self.away.store(false, Ordering::SeqCst);
        if self.streak.lock().await.end() {
            tracing::info!(step = self.name, "Redis is back");
        }
        Ok(Ran { did, next_at: None })
    }
}
