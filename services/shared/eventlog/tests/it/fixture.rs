//! A producer with its log served, and readers of it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use eventlog::{ApplyError, Consumer, Effect, Handler, NewEvent, Recorded, Relay, Source, Store, Tx};
use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::events::{CallRecorded, event::Body};
use platform::clock::{DrivenClock, SharedClock};
use platform::lifecycle::Lifecycle;
use platform::steps::Step as _;
use platform::store::StoreError;
use sqlx::migrate::Migrator;
use testkit::{Database, Edge, at, database, redis_url};
use uuid::Uuid;

static NOTHING: Migrator = Migrator::DEFAULT;

/// A log that is served, and Redis.
pub struct Producer {
    pub database: Database,
    pub store: Store,
    pub edge: Edge,
    pub redis: Option<String>,
}

impl Producer {
    pub async fn start(redis: Option<String>) -> Self {
        let database = database("eventlog", &NOTHING).await;
        let store = Store::open("intake", database.pool.clone()).await.expect("migrated");
        let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
        let service = eventlog::service(store.clone(), Vec::new(), clock.clone());
        let mut routes = tonic::service::RoutesBuilder::default();
        routes.add_service(service);
        let edge = Edge::serve(
            "intake",
            routes.routes(),
            &[eventlog::RPC_SERVICE],
            &clock,
            &Lifecycle::new(),
        )
        .await;
        Self {
            database,
            store,
            edge,
            redis,
        }
    }

    pub async fn with_redis() -> Self {
        Self::start(Some(redis_url())).await
    }

    /// Logs one event of an aggregate.
    pub async fn tell(&self, key: Uuid, version: u64) -> Uuid {
        self.tell_all(&[(key, version)]).await[0]
    }

    /// Logs events in one transaction.
    pub async fn tell_all(&self, events: &[(Uuid, u64)]) -> Vec<Uuid> {
        let events: Vec<NewEvent> = events.iter().map(|(key, version)| event(*key, *version)).collect();
        let ids = events.iter().map(|event| event.event_id).collect();
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
            .expect("logged");
        ids
    }

    pub fn relay(&self) -> Relay {
        Relay::new(&self.store, self.redis.as_deref(), 1000)
    }

    /// Another service that reads this log.
    pub async fn reader(&self) -> Reader {
        let database = database("eventlog", &NOTHING).await;
        sqlx::query("create table effect (n bigint generated always as identity, event_id uuid unique, key uuid, version bigint)")
            .execute(&database.pool)
            .await
            .expect("a table");
        let store = Store::open("routing", database.pool.clone()).await.expect("migrated");
        Reader {
            database,
            store,
            handler: Arc::default(),
        }
    }

    pub fn consumer(&self, reader: &Reader) -> Consumer {
        let source = Source {
            service: "intake",
            client: EventLogServiceClient::new(self.edge.role(Role::Service)),
            redis: self.redis.clone(),
        };
        let clock: SharedClock = self.edge.clock.clone();
        Consumer::new(&reader.store, source, reader.handler.clone(), clock)
            .with_batch(7)
            .noting_knowledge()
    }
}

/// A consumer's database, and its handler.
pub struct Reader {
    pub database: Database,
    pub store: Store,
    pub handler: Arc<Noting>,
}

impl Reader {
    /// Versions that took effect, in order, of one aggregate or of all.
    pub async fn effects(&self, key: Option<Uuid>) -> Vec<i64> {
        sqlx::query_scalar("select version from effect where $1::uuid is null or key = $1 order by n")
            .bind(key)
            .fetch_all(&self.database.pool)
            .await
            .expect("effects")
    }
}

/// Notes every event once; what it should refuse or let wait is set by the test.
#[derive(Default)]
pub struct Noting {
    pub refused: Mutex<Vec<Uuid>>,
    pub waits: Mutex<Option<(Uuid, Uuid)>>,
}

#[async_trait]
impl Handler for Noting {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let mut effects = Vec::new();
        for event in events {
            if self.refused.lock().expect("unpoisoned").contains(&event.event_id) {
                return Err(ApplyError::Permanent("refused by the test".to_owned()));
            }
            let waits = *self.waits.lock().expect("unpoisoned");
            if let Some((_, thing)) = waits.filter(|(key, _)| *key == event.key) {
                effects.push(Effect::Waits(thing));
                continue;
            }
            sqlx::query("insert into effect (event_id, key, version) values ($1, $2, $3)")
                .bind(event.event_id)
                .bind(event.key)
                .bind(i64::try_from(event.version).expect("small"))
                .execute(tx.conn())
                .await
                .map_err(|error| ApplyError::from(StoreError::from(error)))?;
            effects.push(Effect::Applied);
        }
        Ok(effects)
    }
}

/// Runs a consumer until it rests.
pub async fn drain(consumer: &Consumer) {
    while consumer.run_once().await.expect("it runs").did > 0 {}
}

pub fn event(key: Uuid, version: u64) -> NewEvent {
    NewEvent {
        event_id: Uuid::new_v4(),
        key,
        version,
        actor: "test".to_owned(),
        occurred_at: now(),
        body: Body::CallRecorded(CallRecorded {
            call_id: key.to_string(),
            ..CallRecorded::default()
        }),
    }
}

pub fn now() -> DateTime<Utc> {
    at(1, 9, 0)
}
