//! Supervision under test beside a stand-in for routing: a log that stores the test's facts and serves them as routing
//! would.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use eventlog::{NewEvent, Store};
use hotline_proto::access::Role;
use hotline_proto::events::UnitsPublished;
use hotline_proto::events::event::Body;
use hotline_proto::supervision as pb;
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use platform::auth::Principal;
use platform::clock::DrivenClock;
use platform::ids::new_id;
use platform::steps::{Ran, Step};
use platform::store::StoreError;
use rpc::client::Peer;
use rpc::service::Base;
use sqlx::PgPool;
use supervision::App;
use testkit::{Database, Edge, at};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// A client of supervision.
pub type Client = SupervisionServiceClient<Peer>;

/// A world for one test. When it ends, the doctor must find no violation.
pub struct World {
    /// Business time of both services.
    pub clock: Arc<DrivenClock>,
    /// Supervision's database.
    pub database: Database,
    /// Supervision, served.
    pub edge: Edge,
    /// Reads routing.
    pub consumer: Arc<dyn Step>,
    /// Fires clocks.
    pub worker: Arc<dyn Step>,
    routing: Store,
    _routing_edge: Edge,
    base: Base,
    broken: AtomicBool,
}

/// Settings as compiled in.
fn settings() -> supervision::Settings {
    platform::config::load(supervision::NAME, supervision::DEFAULTS, None, Some([].into())).expect("the defaults parse")
}

fn step(app: &App, name: &str) -> Arc<dyn Step> {
    let steps = app.steps();
    let driven = steps.iter().find(|driven| driven.step.name() == name);
    driven.expect("a step of this name").step.clone()
}

impl World {
    /// Both services at 2024-04-01 09:00.
    pub async fn new() -> Self {
        let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
        let database = testkit::database(supervision::NAME, &supervision::MIGRATOR).await;
        // The stand-in for routing is its log alone, without routing's own tables.
        let log = testkit::database(supervision::NAME, &supervision::MIGRATOR).await;
        let routing = testkit::log("routing", &log.pool, clock.clone()).await;
        let mut base = Edge::base(supervision::NAME, &database, &clock);
        let routing_edge = Edge::serve(
            "routing",
            tonic::service::Routes::new(eventlog::service(routing.clone(), Vec::new())),
            &[eventlog::RPC_SERVICE],
            &clock,
            &base.lifecycle,
        )
        .await;
        base.peers.routing.clone_from(&routing_edge.url);
        let app = App::build(&settings(), base.clone()).await.expect("a service");
        let edge = Edge::serve(
            supervision::NAME,
            app.routes(),
            app.rpc_services(),
            &clock,
            &base.lifecycle,
        )
        .await;
        Self {
            clock,
            database,
            edge,
            consumer: step(&app, "supervision.consume.routing"),
            worker: step(&app, "supervision.fire_clocks"),
            routing,
            _routing_edge: routing_edge,
            base,
            broken: AtomicBool::new(false),
        }
    }

    /// Consumer and worker of a second replica over the same database.
    pub async fn replica(&self) -> (Arc<dyn Step>, Arc<dyn Step>) {
        let app = App::build(&settings(), self.base.clone()).await.expect("a service");
        (
            step(&app, "supervision.consume.routing"),
            step(&app, "supervision.fire_clocks"),
        )
    }

    /// Supervision's database.
    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// Appends a fact about an order to routing's log, stamped `at`.
    pub async fn tell(&self, order: Uuid, version: u64, at: DateTime<Utc>, body: Body) {
        let event = NewEvent {
            event_id: new_id(at),
            key: order,
            version,
            actor: "test".to_owned(),
            occurred_at: at,
            body,
        };
        self.routing
            .run::<(), StoreError, _>("tell", move |tx| {
                let event = event.clone();
                Box::pin(async move {
                    tx.tell(event);
                    Ok(())
                })
            })
            .await
            .expect("the log takes it");
    }

    /// Like [`World::tell`], with the given `payload` as a newer program would have written it.
    pub async fn tell_of_the_future(&self, order: Uuid, version: u64, at: DateTime<Utc>, payload: Vec<u8>) {
        self.tell(order, version, at, Body::UnitsPublished(UnitsPublished::default()))
            .await;
        let done = sqlx::query("update log set payload = $1, type = 'of_the_future' where key = $2 and version = $3")
            .bind(payload)
            .bind(order)
            .bind(i64::try_from(version).expect("small"))
            .execute(self.routing.pool())
            .await;
        assert_eq!(done.expect("the log of a test").rows_affected(), 1);
    }

    /// Supervision consumes all events of routing's log.
    pub async fn read(&self) {
        testkit::settled(self.consumer.as_ref()).await;
    }

    /// The worker runs once.
    pub async fn look(&self) -> Ran {
        self.worker.run_once().await.expect("Postgres answers")
    }

    /// Moves the clock to `to`, reads routing and fires due clocks. Returns the number of cards.
    pub async fn pass(&self, to: DateTime<Utc>) -> usize {
        self.clock.move_to(to);
        self.read().await;
        testkit::settled(self.worker.as_ref()).await
    }

    /// A client with one role.
    pub fn client(&self, role: Role) -> Client {
        SupervisionServiceClient::new(self.edge.role(role))
    }

    /// Every card, as a supervisor sees it.
    pub async fn cards(&self) -> Vec<pb::Card> {
        let request = pb::ListCardsRequest::default();
        let answer = self.client(Role::Supervisor).list_cards(request).await;
        answer.expect("a supervisor sees cards").into_inner().cards
    }

    /// Events that supervision has published, by order and version.
    pub async fn told(&self) -> Vec<(Uuid, i64, String, DateTime<Utc>)> {
        let query = "select key, version, type, occurred_at from log order by key, version";
        sqlx::query_as(query).fetch_all(self.pool()).await.expect("a log")
    }

    /// A client with one role, whose token names a unit.
    pub fn of_unit(&self, role: Role, unit: &str) -> Client {
        SupervisionServiceClient::new(self.edge.caller(Principal {
            unit: Some(unit.to_owned()),
            ..testkit::role(role)
        }))
    }

    /// Reasons of the parked events.
    pub async fn parked(&self) -> Vec<String> {
        let query = "select reason from parked order by parked_at, partition, position";
        sqlx::query_scalar(query).fetch_all(self.pool()).await.expect("a table")
    }

    /// The test plants faults, so this world is not checked when it ends.
    pub fn will_be_broken(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// The doctor finds no violation of supervision's invariants.
    pub async fn is_sound(&self) {
        let found = supervision::doctor::check(self.pool()).await;
        assert_eq!(found.expect("readable"), []);
    }
}

/// Checks the database as `hotline doctor` does. It runs on its own thread, because a drop cannot wait for a future of
/// the test.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() || self.broken.load(Ordering::Relaxed) {
            return;
        }
        let url = self.database.url.clone();
        let examined = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let pool = PgPool::connect(&url).await.expect("the test's database");
                supervision::doctor::check(&pool).await.expect("readable")
            })
        });
        assert_eq!(examined.join().expect("the doctor has looked"), []);
    }
}

/// The reason of a refusal.
pub fn reason(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    (status.code(), reason.unwrap_or_default())
}

/// Where the refused object stands, by key.
pub fn standing(status: &Status) -> BTreeMap<String, String> {
    let details = status.get_error_details();
    let info = details.error_info().expect("a reason");
    info.metadata.clone().into_iter().collect()
}

/// In the form that [`standing`] returns.
pub fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// The fields of a request that were refused, in their order.
pub fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let bad = details.bad_request().expect("violations");
    bad.field_violations.iter().map(|v| v.field.clone()).collect()
}
