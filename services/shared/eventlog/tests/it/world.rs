//! A source and consumers of its log: two databases, a served log, and a handler that stores a row per effect.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use eventlog::{
    ApplyError, Consumer, Effect, Handler, NewEvent, RPC_SERVICE, Recorded, Relay, Source, Store, Tx, drain_waiting,
};
use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::events::event::Body;
use hotline_proto::events::{AppealRegistered, AttemptReported, CallRecorded};
use hotline_proto::intake::AppealFacts;
use platform::clock::DrivenClock;
use platform::lifecycle::Lifecycle;
use platform::steps::{Step as _, StepError};
use platform::store::StoreError;
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use rpc::client::Peer;
use sqlx::PgConnection;
use sqlx::migrate::Migrator;
use testkit::{Database, Edge, at, database, redis_url};
use tonic::service::Routes;
use uuid::Uuid;

/// Tables of these tests.
pub static TABLES: Migrator = sqlx::migrate!("tests/it/migrations");
/// An address without a server.
pub const NOWHERE: &str = "redis://127.0.0.1:1";
/// Entries per stream, for tests where the number does not matter.
pub const PLENTY: u64 = 100_000;

/// A service with a log that it serves.
pub struct Node {
    pub name: &'static str,
    pub database: Database,
    pub store: Store,
    pub clock: Arc<DrivenClock>,
    pub edge: Edge,
    pub ledger: Arc<Ledger>,
}

impl Node {
    /// A node with its own database and with operator commands for `sources`.
    pub async fn new(name: &'static str, sources: &[&'static str]) -> Self {
        Self::over(name, database("eventlog", &TABLES).await, sources).await
    }

    /// A node over an existing database.
    pub async fn over(name: &'static str, database: Database, sources: &[&'static str]) -> Self {
        let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
        let store = testkit::log(name, &database.pool, clock.clone()).await;
        let ledger = Arc::new(Ledger::default());
        let handlers = sources
            .iter()
            .map(|source| (*source, ledger.clone() as Arc<dyn Handler>))
            .collect();
        let routes = Routes::new(eventlog::service(store.clone(), handlers));
        let edge = Edge::serve(name, routes, &[RPC_SERVICE], &clock, &Lifecycle::new()).await;
        Self {
            name,
            database,
            store,
            clock,
            edge,
            ledger,
        }
    }

    /// A client of this node's log, with the role of a caller.
    pub fn client(&self, role: Role) -> EventLogServiceClient<Peer> {
        EventLogServiceClient::new(self.edge.role(role))
    }

    /// A relay of this node's log.
    pub fn relay(&self) -> Relay {
        Relay::new(&self.store, Some(redis_at(&redis_url())), PLENTY)
    }

    /// A replica of this node's consumer of `source`. All replicas share the node's ledger.
    pub fn consumer(&self, source: &Self, redis: Option<&str>) -> Consumer {
        self.consumer_with(source.source(redis), self.ledger.clone())
    }

    /// The same consumer with another handler.
    pub fn consumer_with(&self, source: Source, handler: Arc<dyn Handler>) -> Consumer {
        Consumer::new(&self.store, source, handler).noting_knowledge()
    }

    /// How to read this node's log.
    pub fn source(&self, redis: Option<&str>) -> Source {
        Source {
            service: self.name,
            client: self.client(Role::Service),
            redis: redis.map(redis_at),
        }
    }

    /// Publishes events, one transaction each.
    pub async fn tell(&self, events: impl IntoIterator<Item = NewEvent>) {
        for event in events {
            self.tell_together(vec![event]).await;
        }
    }

    /// Publishes events in one transaction.
    pub async fn tell_together(&self, events: Vec<NewEvent>) {
        self.store
            .run("tell", move |tx| {
                let events = events.clone();
                Box::pin(async move {
                    for event in events {
                        tx.tell(event);
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .expect("Postgres is there");
    }

    /// Epoch of this node's log, as its readers see it.
    pub async fn epoch(&self) -> String {
        let answer = self
            .client(Role::Service)
            .get_heads(hotline_proto::common::GetHeadsRequest {})
            .await;
        answer.expect("served").into_inner().epoch
    }

    /// Ids of the events that took effect here, in the order of their effects.
    pub async fn effects(&self) -> Vec<Uuid> {
        sqlx::query_scalar("select event_id from effect order by nth")
            .fetch_all(&self.database.pool)
            .await
            .expect("the test's table")
    }

    /// Asserts that each partition took effect in the order of its positions, without a gap.
    pub async fn assert_in_order(&self) {
        let torn: i64 = sqlx::query_scalar(
            "select count(*) from (
                select position, row_number() over (partition by source, partition order by nth) as expected
                  from effect) as e where position <> expected",
        )
        .fetch_one(&self.database.pool)
        .await
        .expect("the test's table");
        assert_eq!(torn, 0, "effects out of order or with gaps");
    }

    /// Number of parked events, and number of waiting events.
    pub async fn aside(&self) -> (i64, i64) {
        sqlx::query_as("select (select count(*) from parked where state <> 'skipped'), (select count(*) from waiting)")
            .fetch_one(&self.database.pool)
            .await
            .expect("the log's tables")
    }
}

/// The streams of one log as its relays made them, and a connection to read them.
pub async fn streams(epoch: &str) -> (MultiplexedConnection, Vec<String>) {
    let client = redis_at(&redis_url());
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis runs");
    let keys = connection.keys(format!("hotline:*{epoch}*")).await.expect("keys");
    (connection, keys)
}

/// Runs a consumer until it idles; returns the number of events that it passed.
pub async fn settle(consumer: &Consumer) -> Result<usize, StepError> {
    let reading = async {
        let mut did = 0;
        loop {
            match consumer.run_once().await?.did {
                0 => return Ok(did),
                more => did += more,
            }
        }
    };
    testkit::within("the consumer idles", reading).await
}

/// A plain event of an aggregate.
pub fn event(key: Uuid, version: u64) -> NewEvent {
    let call = CallRecorded {
        call_id: key.to_string(),
        offered_time: None,
        answered: true,
    };
    new_event(key, version, Body::CallRecorded(call))
}

/// An event that creates a thing at its consumer.
pub fn opens(thing: Uuid) -> NewEvent {
    let facts = AppealFacts {
        appeal_id: thing.to_string(),
        ..AppealFacts::default()
    };
    new_event(
        thing,
        1,
        Body::AppealRegistered(AppealRegistered { appeal: Some(facts) }),
    )
}

/// An event that needs a thing.
pub fn needs(thing: Uuid) -> NewEvent {
    let attempt = AttemptReported {
        order_id: thing.to_string(),
        ..AttemptReported::default()
    };
    new_event(Uuid::new_v4(), 1, Body::AttemptReported(attempt))
}

/// An event about an aggregate.
pub fn new_event(key: Uuid, version: u64, body: Body) -> NewEvent {
    NewEvent {
        event_id: Uuid::new_v4(),
        key,
        version,
        actor: "test:agent".to_owned(),
        occurred_at: at(1, 8, 0),
        body,
    }
}

/// Stores a row per effect. The events in `broken` cannot be applied.
#[derive(Default)]
pub struct Ledger {
    broken: Mutex<HashSet<Uuid>>,
}

impl Ledger {
    /// From now on this event cannot be applied.
    pub fn break_event(&self, event: Uuid) {
        self.broken.lock().expect("no test panics with it").insert(event);
    }

    /// From now on this event can be applied again.
    pub fn mend(&self, event: Uuid) {
        self.broken.lock().expect("no test panics with it").remove(&event);
    }

    fn is_broken(&self, event: Uuid) -> bool {
        self.broken.lock().expect("no test panics with it").contains(&event)
    }

    /// Applies one event.
    pub async fn apply_one(&self, tx: &mut Tx, event: &Recorded) -> Result<Effect, ApplyError> {
        if self.is_broken(event.event_id) {
            // The row is written before the failure, which must roll it back.
            write(tx.conn(), event).await?;
            tx.tell(self::event(event.key, 99));
            return Err(ApplyError::Permanent("broken by the test".to_owned()));
        }
        match &event.body {
            Body::AppealRegistered(_) => self.open(tx, event).await,
            Body::AttemptReported(attempt) => {
                let thing = Uuid::try_parse(&attempt.order_id).expect("the test's own");
                if !exists(tx.conn(), thing).await? {
                    return Ok(Effect::Waits(thing));
                }
                write(tx.conn(), event).await?;
                Ok(Effect::Applied)
            }
            _ => {
                write(tx.conn(), event).await?;
                Ok(Effect::Applied)
            }
        }
    }

    async fn open(&self, tx: &mut Tx, event: &Recorded) -> Result<Effect, ApplyError> {
        sqlx::query("insert into thing (id) values ($1)")
            .bind(event.key)
            .execute(tx.conn())
            .await
            .map_err(StoreError::from)?;
        write(tx.conn(), event).await?;
        for waiting in drain_waiting(tx, &[event.key]).await? {
            write(tx.conn(), &waiting).await?;
        }
        Ok(Effect::Applied)
    }
}

#[async_trait]
impl Handler for Ledger {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let mut effects = Vec::with_capacity(events.len());
        for event in events {
            effects.push(self.apply_one(tx, event).await?);
        }
        Ok(effects)
    }
}

/// Whether the thing exists.
pub async fn exists(conn: &mut PgConnection, thing: Uuid) -> Result<bool, StoreError> {
    let exists = sqlx::query_scalar("select exists (select from thing where id = $1)")
        .bind(thing)
        .fetch_one(conn)
        .await?;
    Ok(exists)
}

async fn write(conn: &mut PgConnection, event: &Recorded) -> Result<(), StoreError> {
    sqlx::query("insert into effect (event_id, key, source, partition, position) values ($1, $2, $3, $4::integer, $5)")
        .bind(event.event_id)
        .bind(event.key)
        .bind(&event.source)
        .bind(i64::from(event.partition))
        .bind(i64::try_from(event.position).expect("small"))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ids, in order.
pub fn ids(events: &[NewEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.event_id).collect()
}

/// Sorted, to compare sets of ids.
pub fn sorted(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    ids.sort_unstable();
    ids
}

/// A client of a Redis that may be unreachable.
pub fn redis_at(url: &str) -> redis::Client {
    redis::Client::open(url).expect("a redis:// URL")
}
