//! Transactions that publish events: a change and its events are one commit.

use std::collections::HashMap;
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
use crate::store::requests::{self, Done};

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
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<R, E>> + Send + Sync + 'static,
        R: prost::Message + Default + 'static,
        E: From<StoreError> + AsStoreError + Send + 'static,
    {
        let action = Arc::new(action);
        let decided = self.once_all(std::slice::from_ref(call), name, move |tx, _| {
            let action = action.clone();
            Box::pin(async move {
                match action(tx).await {
                    Err(error) if error.as_store_error().is_some_and(StoreError::is_lost_race) => Err(error),
                    result => Ok(vec![result]),
                }
            })
        });
        decided.await?.pop().expect("one call has one result")
    }

    /// [`Store::once`] for several different calls of one RPC, in one transaction. The action gets the places of the calls that
    /// did not take effect before, and returns one result for each, in their order. It must not write anything for a
    /// call that it refuses.
    ///
    /// # Errors
    /// The action's own error, which is that of all calls. The inner error is that of one call.
    pub async fn once_all<R, E, F>(&self, calls: &[Call], name: &'static str, action: F) -> Result<Vec<Result<R, E>>, E>
    where
        F: for<'t> Fn(&'t mut Tx, Vec<usize>) -> BoxFuture<'t, Result<Vec<Result<R, E>>, E>> + Send + Sync,
        R: prost::Message + Default,
        E: From<StoreError> + AsStoreError + Send,
    {
        let began = Instant::now();
        let mut attempt = 1;
        loop {
            let result = self.attempt_once(calls, &action).await;
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

    async fn attempt_once<R, E, F>(&self, calls: &[Call], action: &F) -> Result<Vec<Result<R, E>>, E>
    where
        F: for<'t> Fn(&'t mut Tx, Vec<usize>) -> BoxFuture<'t, Result<Vec<Result<R, E>>, E>> + Send + Sync,
        R: prost::Message + Default,
        E: From<StoreError>,
    {
        let mut tx = self.begin().await?;
        match self.decide(&mut tx, calls, action).await {
            Ok(results) if results.iter().any(Result::is_ok) => {
                self.commit(tx).await?;
                Ok(results)
            }
            refused => {
                tx.roll_back().await;
                refused
            }
        }
    }

    /// Looks for first answers, acts for the other calls, and stores their answers.
    async fn decide<R, E, F>(&self, tx: &mut Tx, calls: &[Call], action: &F) -> Result<Vec<Result<R, E>>, E>
    where
        F: for<'t> Fn(&'t mut Tx, Vec<usize>) -> BoxFuture<'t, Result<Vec<Result<R, E>>, E>> + Send + Sync,
        R: prost::Message + Default,
        E: From<StoreError>,
    {
        let all: Vec<&Call> = calls.iter().collect();
        let mut first = self.first_answers(tx, &all).await?;
        let fresh: Vec<usize> = (0..calls.len()).filter(|at| first[*at].is_none()).collect();
        if fresh.is_empty() {
            return Ok(first.into_iter().flatten().collect());
        }
        let decided = action(tx, fresh.clone()).await?;
        debug_assert_eq!(decided.len(), fresh.len(), "one result per call");
        let refused = fresh.iter().zip(&decided).filter(|(_, result)| result.is_err());
        let refused: Vec<usize> = refused.map(|(at, _)| *at).collect();
        // The same request may have taken effect while this one waited for a lock. It is then refused by what the other
        // one did, and gets the other's answer.
        let again: Vec<&Call> = refused.iter().map(|at| &calls[*at]).collect();
        let mut answered: HashMap<usize, Result<R, E>> = HashMap::new();
        for (at, answer) in refused.iter().zip(self.first_answers(tx, &again).await?) {
            answered.extend(answer.map(|answer| (*at, answer)));
        }
        let mut done = Vec::with_capacity(fresh.len());
        for (at, result) in fresh.into_iter().zip(decided) {
            if let Ok(answer) = &result {
                let call = &calls[at];
                done.push(Done {
                    call,
                    hash: self.requests.hash(&call.content),
                    answer: answer.encode_to_vec(),
                });
            }
            first[at] = answered.remove(&at).or(Some(result));
        }
        requests::store(tx.conn(), done).await?;
        Ok(first.into_iter().flatten().collect())
    }

    /// The first answer of each call that took effect before.
    async fn first_answers<R, E>(&self, tx: &mut Tx, calls: &[&Call]) -> Result<Vec<Option<Result<R, E>>>, StoreError>
    where
        R: prost::Message + Default,
        E: From<StoreError>,
    {
        let known = requests::known(tx.conn(), calls).await?;
        let first = |call: &&Call| {
            let known = known.get(&(call.caller.clone(), call.request_id))?;
            if known.hash != self.requests.hash(&call.content) {
                return Some(Err(StoreError::RequestReused.into()));
            }
            let unreadable = || StoreError::Impossible {
                table: "request",
                detail: format!("{} of {} has an unreadable answer", call.request_id, call.rpc),
            };
            Some(R::decode(known.answer.as_slice()).map_err(|_| unreadable().into()))
        };
        Ok(calls.iter().map(first).collect())
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
