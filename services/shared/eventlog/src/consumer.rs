//! Reads one source and applies its events. Each event takes effect exactly once, in order within a partition, with any
//! number of replicas.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::{GetHeadsRequest, ReadEventsRequest};
use platform::redis::Client;
use platform::steps::{Ran, Step, StepError, chain};
use platform::store::StoreError;
use platform::streak::Streak;
use rpc::client::Peer;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::arrivals;
use crate::batch::{Applied, Batch};
use crate::core::consume::{Plan, Standing, plan};
use crate::event::Logged;
use crate::handler::Handler;
use crate::heads::Heads;
use crate::server::MAX_READ;
use crate::store::cursors::{self, Cursor};
use crate::stream::Streams;
use crate::tx::Store;

/// A source not polled for this long counts as lagging, even with no position behind. Polls come about once a second.
const SILENCE: Duration = Duration::from_secs(30);

/// A source is asked for its heads at least this often, whatever the stream holds.
const POLL: Duration = Duration::from_secs(1);

/// Default number of events per transaction.
const BATCH: u32 = 500;

/// Where to read the log of a source.
pub struct Source {
    /// Name of the service that owns it.
    pub service: &'static str,
    /// Its event log over gRPC.
    pub client: EventLogServiceClient<Peer>,
    /// Redis with its streams; `None` reads by gRPC only.
    pub redis: Option<Client>,
}

/// The consumer of one source.
pub struct Consumer {
    name: String,
    store: Store,
    source: Source,
    streams: Streams,
    handler: Arc<dyn Handler>,
    batch: u32,
    wake: Arc<Notify>,
    log: Mutex<Option<(Uuid, u16)>>,
    /// When the source last answered with its heads.
    asked: Mutex<Option<Instant>>,
    notes_knowledge: bool,
    behind: Mutex<Behindness>,
    /// Failed reads from Redis.
    redis: Mutex<Streak>,
}

/// How far a consumer is behind its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lag {
    /// Events not yet applied at the last poll, over all partitions.
    pub positions: u64,
    /// Seconds since a poll last found nothing behind; 0 when nothing is behind and that poll is recent.
    pub seconds: f64,
}

struct Behindness {
    positions: u64,
    caught_up_at: Instant,
}

impl Consumer {
    /// Applies the events of `source` to `store` through `handler`.
    #[must_use]
    pub fn new(store: &Store, source: Source, handler: Arc<dyn Handler>) -> Self {
        arrivals::begin(store.service(), source.service);
        Self {
            name: arrivals::consumer_name(store.service(), source.service),
            store: store.clone(),
            streams: Streams::new(source.redis.clone()),
            source,
            handler,
            batch: BATCH,
            wake: Arc::default(),
            log: Mutex::default(),
            asked: Mutex::default(),
            notes_knowledge: false,
            behind: Mutex::new(Behindness {
                positions: 0,
                caught_up_at: Instant::now(),
            }),
            redis: Mutex::default(),
        }
    }

    /// Sets the number of events per transaction, at most what a source sends in one answer.
    #[must_use]
    pub fn with_batch(mut self, batch: u32) -> Self {
        self.batch = batch.clamp(1, MAX_READ);
        self
    }

    /// Also records the instant up to which all that the source committed is known here ([`crate::known_until`]). A
    /// time limit needs it: it fires because an event did not happen.
    #[must_use]
    pub fn noting_knowledge(mut self) -> Self {
        self.notes_knowledge = true;
        self
    }

    /// Wakes the loop that drives this consumer.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Name of the step: `routing.consume.intake`.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.name
    }

    /// How far it is behind. The lag grows while the source cannot be polled.
    #[must_use]
    pub fn lag(&self) -> Lag {
        let behind = self.behind();
        let silent = behind.caught_up_at.elapsed();
        // Between two polls nothing is known to be behind.
        let quiet = behind.positions == 0 && silent < SILENCE;
        Lag {
            positions: behind.positions,
            seconds: if quiet { 0.0 } else { silent.as_secs_f64() },
        }
    }

    fn behind(&self) -> std::sync::MutexGuard<'_, Behindness> {
        self.behind.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Records how many positions are left.
    fn note_behind(&self, heads: &Heads, cursors: &BTreeMap<u16, Cursor>) {
        let left = heads.positions.iter().map(|(partition, head)| {
            let cursor = cursors.get(partition).map_or(0, |cursor| cursor.position);
            head.saturating_sub(cursor)
        });
        let mut behind = self.behind();
        behind.positions = left.sum();
        if behind.positions == 0 {
            behind.caught_up_at = Instant::now();
        }
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    pub(crate) fn source(&self) -> &'static str {
        self.source.service
    }

    /// Epoch and number of partitions of the source's log; `None` before its first answer.
    pub(crate) fn log(&self) -> Option<(Uuid, u16)> {
        *self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn heads(&self) -> Result<Heads, StepError> {
        let answer = self.source.client.clone().get_heads(GetHeadsRequest {}).await;
        let answer = answer.map_err(|status| self.unreachable(&status))?.into_inner();
        let heads = Heads::read(&answer).ok_or_else(|| {
            StepError::Stopped(format!(
                "{} sent malformed heads: epoch or partition cannot be read",
                self.source.service
            ))
        })?;
        let partitions = u16::try_from(heads.positions.len()).unwrap_or(u16::MAX);
        *self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((heads.epoch, partitions));
        *self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Instant::now());
        Ok(heads)
    }

    /// The cursors of the source.
    async fn cursors(&self) -> Result<BTreeMap<u16, Cursor>, StepError> {
        let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
        Ok(cursors::of_source(&mut connection, self.source.service).await?)
    }

    /// Makes the cursors ready for these heads; a missing one is created. A cursor ahead of a restored source stops the
    /// consumer.
    async fn ready(&self, heads: &Heads, found: BTreeMap<u16, Cursor>) -> Result<BTreeMap<u16, Cursor>, StepError> {
        let unready = heads
            .unready(&found)
            .map_err(|ahead| StepError::Stopped(ahead.told(self.store.service(), self.source.service)))?;
        if unready.is_empty() {
            return Ok(found);
        }
        let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
        cursors::prepare(&mut connection, self.source.service, heads.epoch, &unready).await?;
        Ok(cursors::of_source(&mut connection, self.source.service).await?)
    }

    /// Applies the next events from the stream alone, without a call to the source. Returns 0 when the stream has none,
    /// and when it is time to ask the source for its heads.
    async fn apply_streamed(&self, cursors: &BTreeMap<u16, Cursor>) -> usize {
        let Some((epoch, partitions)) = self.log().filter(|_| self.asked_lately()) else {
            return 0;
        };
        let known = cursors.values().all(|cursor| cursor.epoch == epoch) && cursors.len() == usize::from(partitions);
        if !known {
            return 0;
        }
        let after: Vec<(u16, u64)> = cursors
            .iter()
            .map(|(partition, at)| (*partition, at.position))
            .collect();
        let mut read = self.read_redis(epoch, &after).await;
        let mut did = 0;
        for (partition, cursor) in after {
            let mut events = read.remove(&partition).unwrap_or_default();
            let positions: Vec<u64> = events.iter().map(|event| event.position).collect();
            let standing = Standing { cursor, head: cursor };
            if let Plan::Apply(range) = plan(standing, &positions) {
                let events = events.drain(range).collect();
                match self.apply(epoch, partition, events).await {
                    Ok(applied) => did += applied.map_or(0, |applied| applied.count),
                    // The next run that asks for heads meets it again, and tells it.
                    Err(error) => tracing::debug!(step = self.name, error = %chain(&error), "a partition failed"),
                }
            }
        }
        did
    }

    /// Whether the source was asked for its heads less than a poll ago. What is known of the source is noted at heads.
    fn asked_lately(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        asked.is_some_and(|asked| asked.elapsed() < POLL)
    }

    /// Refuses a cursor past its head. There are two causes:
    ///
    /// - Another replica moved the cursor after the heads were read.
    /// - The source lost events without a new epoch, and will use their positions again.
    async fn check_not_ahead(&self, heads: &Heads, cursors: &BTreeMap<u16, Cursor>) -> Result<(), StepError> {
        let is_ahead = |heads: &Heads| {
            let mut each = heads.positions.iter();
            each.any(|(partition, head)| cursors.get(partition).is_some_and(|cursor| cursor.position > *head))
        };
        // No cursor can be past heads that are read after it, unless the source has lost events.
        if !is_ahead(heads) || !is_ahead(&self.heads().await?) {
            return Ok(());
        }
        Err(StepError::Stopped(format!(
            "{source} has fewer events than {reader} has read of it: its database was restored and it was started without `hotline events restored {source}`. Stop {source}, restore its database once more, run the command, then start it",
            source = self.source.service,
            reader = self.store.service()
        )))
    }

    /// Events in Redis after the cursors; none when Redis is unreachable.
    async fn read_redis(&self, epoch: Uuid, behind: &[(u16, u64)]) -> HashMap<u16, Vec<Logged>> {
        if !self.streams.is_configured() {
            return HashMap::new();
        }
        let read = self
            .streams
            .read(self.source.service, epoch, behind, self.batch as usize)
            .await;
        let mut streak = self.redis.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match read {
            Ok(read) => {
                if streak.end() {
                    tracing::info!(step = self.name, "reads from Redis again");
                }
                read
            }
            Err(error) => {
                platform::metrics::consumer_redis_failed(&self.name);
                let error = error.to_string();
                if streak.is_to_be_logged(&error) {
                    tracing::warn!(step = self.name, error, "cannot read from Redis; reads the log by gRPC");
                }
                HashMap::new()
            }
        }
    }

    async fn read_producer(&self, epoch: Uuid, partition: u16, after: u64) -> Result<Vec<Logged>, StepError> {
        let request = ReadEventsRequest {
            epoch: epoch.to_string(),
            partition: u32::from(partition),
            after_position: after,
            limit: self.batch,
        };
        let answer = self.source.client.clone().read_events(request).await;
        let events = answer.map_err(|status| self.unreachable(&status))?.into_inner().events;
        events
            .into_iter()
            .map(|event| Logged::from_proto(self.source.service, event))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| StepError::Stopped(format!(
                "{} sent an event of partition {partition} after {after} that cannot be read: is this program older than it?",
                self.source.service
            )))
    }

    /// The next events of a partition, without a gap. All are fetched before the cursor is locked.
    async fn gather(
        &self,
        epoch: Uuid,
        partition: u16,
        standing: Standing,
        mut read: Vec<Logged>,
    ) -> Result<Vec<Logged>, StepError> {
        let positions: Vec<u64> = read.iter().map(|event| event.position).collect();
        match plan(standing, &positions) {
            Plan::Rest => Ok(Vec::new()),
            Plan::Apply(range) => Ok(read.drain(range).collect()),
            Plan::FillGap => self.read_producer(epoch, partition, standing.cursor).await,
        }
    }

    /// Applies events and moves the cursor in one transaction; a lost race is retried. `None` when another replica
    /// holds or has moved the cursor.
    async fn apply(&self, epoch: Uuid, partition: u16, events: Vec<Logged>) -> Result<Option<Applied>, StepError> {
        let batch = Arc::new(Batch {
            source: self.source.service,
            epoch,
            partition,
            events,
            handler: self.handler.clone(),
            now: self.store.now(),
        });
        let done = self.store.run("consume", move |tx| {
            let batch = batch.clone();
            Box::pin(async move { batch.apply(tx).await })
        });
        Ok(done.await?)
    }

    /// Advances one partition by one batch.
    async fn advance(&self, epoch: Uuid, behind: Behind, read: Vec<Logged>) -> Result<Option<Applied>, StepError> {
        let (partition, standing) = behind;
        let events = self.gather(epoch, partition, standing, read).await?;
        if events.is_empty() {
            return Ok(Some(Applied {
                count: 0,
                position: standing.cursor,
            }));
        }
        self.apply(epoch, partition, events).await
    }

    /// Applies what is behind, partition by partition. A partition that fails, or that another replica holds, does not
    /// delay the others.
    async fn catch_up(&self, heads: &Heads, cursors: &mut BTreeMap<u16, Cursor>) -> CaughtUp {
        let behind: Vec<Behind> = heads
            .positions
            .iter()
            .filter_map(|(partition, head)| {
                let cursor = cursors.get(partition)?.position;
                (cursor < *head).then_some((*partition, Standing { cursor, head: *head }))
            })
            .collect();
        let mut caught_up = CaughtUp::default();
        if behind.is_empty() {
            return caught_up;
        }
        let after: Vec<(u16, u64)> = behind.iter().map(|(partition, at)| (*partition, at.cursor)).collect();
        let mut read = self.read_redis(heads.epoch, &after).await;
        for behind in behind {
            let read = read.remove(&behind.0).unwrap_or_default();
            match self.advance(heads.epoch, behind, read).await {
                Ok(Some(applied)) => {
                    caught_up.did += applied.count;
                    if let Some(cursor) = cursors.get_mut(&behind.0) {
                        cursor.position = applied.position;
                    }
                }
                Ok(None) => caught_up.others_moved = true,
                Err(error) => caught_up.failed = caught_up.failed.or(Some(error)),
            }
        }
        caught_up
    }

    async fn note_known(
        &self,
        heads: &Heads,
        cursors: &BTreeMap<u16, Cursor>,
        at: DateTime<Utc>,
    ) -> Result<(), StepError> {
        if !self.notes_knowledge || cursors.values().all(|cursor| cursor.known_until >= at) {
            return Ok(());
        }
        let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
        Ok(cursors::note_known(&mut connection, self.source.service, &heads.positions, at).await?)
    }

    fn unreachable(&self, status: &tonic::Status) -> StepError {
        StepError::Unreachable {
            service: self.source.service.to_owned(),
            reason: platform::status::told(status),
        }
    }
}

/// A partition that is behind its head.
type Behind = (u16, Standing);

/// The result of a run over all partitions.
#[derive(Default)]
struct CaughtUp {
    did: usize,
    others_moved: bool,
    failed: Option<StepError>,
}

#[async_trait]
impl Step for Consumer {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run_once(&self) -> Result<Ran, StepError> {
        // Read before the heads, so these heads include all that was committed by this instant. The cursors are read
        // before them too, so none can be past them.
        let asked_at = self.store.now();
        let found = self.cursors().await?;
        let did = self.apply_streamed(&found).await;
        if did > 0 {
            return Ok(Ran { did, next_at: None });
        }
        let heads = self.heads().await?;
        let mut cursors = self.ready(&heads, found).await?;
        self.check_not_ahead(&heads, &cursors).await?;
        let caught_up = self.catch_up(&heads, &mut cursors).await;
        if caught_up.others_moved {
            tracing::debug!(step = self.name, "another replica moved the cursor first");
            let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
            cursors = cursors::of_source(&mut connection, self.source.service).await?;
        }
        self.note_known(&heads, &cursors, asked_at).await?;
        self.note_behind(&heads, &cursors);
        if let Some(error) = caught_up.failed {
            return Err(error);
        }
        Ok(Ran {
            did: caught_up.did,
            next_at: None,
        })
    }
}
