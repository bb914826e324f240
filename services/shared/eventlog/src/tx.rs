//! Transactions that publish events: a change and its events are one commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use personal::sealing::RequestKey;
use platform::clock::SharedClock;
use platform::store::{AsStoreError, StoreError};
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::arrivals::{self, Arrival};
use crate::call::Call;
use crate::event::NewEvent;
use crate::store::log::{self, Told};
use crate::store::meta::{self, Meta};
use crate::store::requests::{self, Claim};

/// Attempts in all, for an action that loses races. With full jitter, five are enough for thirty writers on one row.
const ATTEMPTS: u32 = 5;

/// An open transaction, lent to an action.
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    told: Vec<Told>,
    arrivals: Vec<Arrival>,
}

/// A point inside a transaction. A rollback to it also drops the events and arrivals since then.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    told: usize,
    arrivals: usize,
}

impl Tx {
    /// The connection for statements.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// Queues an event to publish. It is written just before the commit, with the trace of the current span.
    pub fn tell(&mut self, event: NewEvent) {
        self.told.push(Told {
            event,
            traceparent: platform::telemetry::current_traceparent(),
        });
    }

    /// Rolls back at once. sqlx keeps the row locks of a dropped transaction until its connection is used again.
    /// Meanwhile a worker that skips locked rows would miss them.
    async fn roll_back(self) {
        if let Err(error) = self.inner.rollback().await {
            tracing::debug!(%error, "rollback failed; the connection is closed");
        }
    }

    /// Records that a read event takes effect with this transaction.
    pub(crate) fn arrived(&mut self, source: &str, occurred_at: DateTime<Utc>) {
        self.arrivals.push(Arrival {
            source: source.to_owned(),
            occurred_at,
        });
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            told: self.told.len(),
            arrivals: self.arrivals.len(),
        }
    }

    /// Drops the events and arrivals since the mark, after a rollback to a savepoint.
    pub(crate) fn cut(&mut self, mark: Mark) {
        self.told.truncate(mark.told);
        self.arrivals.truncate(mark.arrivals);
    }
}

/// A connection for reading. The time until it is returned is measured as one unit of work.
pub struct Session {
    connection: PoolConnection<Postgres>,
    service: &'static str,
    name: &'static str,
    began: Instant,
}

impl std::ops::Deref for Session {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl std::ops::DerefMut for Session {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        platform::metrics::unit_of_work(self.service, self.name, self.began);
    }
}

/// A service's database with its log.
#[derive(Clone)]
pub struct Store {
    service: &'static str,
    pool: PgPool,
    meta: Arc<Meta>,
    requests: RequestKey,
    wake: Arc<Notify>,
    clock: SharedClock,
}

impl Store {
    /// Opens the store over a migrated database.
    ///
    /// # Errors
    /// [`StoreError::Unready`] when the log was not migrated.
    pub async fn open(
        service: &'static str,
        pool: PgPool,
        requests: RequestKey,
        clock: SharedClock,
    ) -> Result<Self, StoreError> {
        let meta = meta::read(&mut *pool.acquire().await?).await?;
        Ok(Self {
            service,
            pool,
            meta: Arc::new(meta),
            requests,
            wake: Arc::default(),
            clock,
        })
    }

    /// Name of the service that owns the log.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The pool, for code that makes many readings: the log, observers, the doctor. An action uses [`Store::reading`].
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Number of partitions of the log.
    #[must_use]
    pub fn partitions(&self) -> u16 {
        self.meta.partitions
    }

    /// Epoch of the log when the service started.
    #[must_use]
    pub fn epoch(&self) -> Uuid {
        self.meta.epoch
    }

    /// Business time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Notified after a commit that published an event. The relay waits on it.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// A connection for reading. The time until it is returned counts as a unit of work of this name.
    ///
    /// # Errors
    /// When the database is unreachable, or no connection becomes free in time.
    pub async fn reading(&self, name: &'static str) -> Result<Session, StoreError> {
        let began = Instant::now();
        Ok(Session {
            connection: self.pool.acquire().await?,
            service: self.service,
            name,
            began,
        })
    }

    /// Runs an action in its own transaction and commits it with its events. A lost race runs the whole action again,
    /// so it must change nothing else. `name` appears in logs and metrics.
    ///
    /// # Errors
    /// Errors of the action or of the store.
    pub async fn run<T, E, F>(&self, name: &'static str, action: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        T: Send,
        E: From<StoreError> + AsStoreError + Send,
    {
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let result = self.attempt(&action).await;
            match result {
                Err(error) if lost_race(&error) && attempt < ATTEMPTS => {
                    self.pause(name, &mut attempt).await;
                }
                result => {
                    platform::metrics::unit_of_work(self.service, name, began);
                    return result;
                }
            }
        }
    }

    /// [`Store::run`], once per caller, RPC and request id. The same request again gets the first answer.
    ///
    /// # Errors
    /// Errors of the action; [`StoreError::RequestReused`] for the same id with other content. Refusals are not stored.
    pub async fn once<R, E, F>(&self, call: &Call, name: &'static str, action: F) -> Result<R, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<R, E>> + Send + Sync,
        R: prost::Message + Default,
        E: From<StoreError> + AsStoreError + Send,
    {
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let result = self.attempt_once(call, &action).await;
            match result {
                Err(error) if lost_race(&error) && attempt < ATTEMPTS => {
                    self.pause(name, &mut attempt).await;
                }
                result => {
                    platform::metrics::unit_of_work(self.service, name, began);
                    return result;
                }
            }
        }
    }

    async fn attempt<T, E, F>(&self, action: &F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        E: From<StoreError>,
    {
        let mut tx = self.begin().await?;
        match action(&mut tx).await {
            Ok(result) => {
                self.commit(tx).await?;
                Ok(result)
            }
            Err(error) => {
                tx.roll_back().await;
                Err(error)
            }
        }
    }

    async fn attempt_once<R, E, F>(&self, call: &Call, action: &F) -> Result<R, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<R, E>> + Send + Sync,
        R: prost::Message + Default,
        E: From<StoreError>,
    {
        let mut tx = self.begin().await?;
        match self.claim_and_act(&mut tx, call, action).await {
            Ok(answer) => {
                self.commit(tx).await?;
                Ok(answer)
            }
            Err(error) => {
                tx.roll_back().await;
                Err(error)
            }
        }
    }

    async fn claim_and_act<R, E, F>(&self, tx: &mut Tx, call: &Call, action: &F) -> Result<R, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<R, E>> + Send + Sync,
        R: prost::Message + Default,
        E: From<StoreError>,
    {
        if let Claim::Answered(bytes) = requests::claim(tx.conn(), &self.requests, call).await? {
            return R::decode(bytes.as_slice()).map_err(|_| {
                E::from(StoreError::Impossible {
                    table: "request",
                    detail: format!("{} of {} has an unreadable answer", call.request_id, call.rpc),
                })
            });
        }
        let answer = action(tx).await?;
        requests::answer(tx.conn(), call, &answer.encode_to_vec()).await?;
        Ok(answer)
    }

    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(Tx {
            inner: self.pool.begin().await?,
            told: Vec::new(),
            arrivals: Vec::new(),
        })
    }

    /// Writes the published events, moves the heads last, and commits. Then records the delays of the events that took
    /// effect.
    pub(crate) async fn commit(&self, mut tx: Tx) -> Result<(), StoreError> {
        log::append(&mut tx.inner, self.meta.partitions, &tx.told).await?;
        tx.inner.commit().await?;
        if !tx.told.is_empty() {
            self.wake.notify_one();
        }
        // The clock is read anew: the action's time was before its transaction.
        if !tx.arrivals.is_empty() {
            arrivals::note(self.service, &tx.arrivals, self.now());
        }
        Ok(())
    }

    async fn pause(&self, name: &'static str, attempt: &mut u32) {
        tracing::debug!(
            service = self.service,
            action = name,
            attempt,
            "lost a race; runs again"
        );
        let most = 2_u64.pow(*attempt) * 5;
        tokio::time::sleep(Duration::from_millis(rand::random::<u64>() % most)).await;
        *attempt += 1;
    }
}

fn lost_race<E: AsStoreError>(error: &E) -> bool {
    error.as_store_error().is_some_and(StoreError::is_lost_race)
}
