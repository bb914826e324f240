//! A routing under test, served over its own database, with a small directory and helpers that move an order on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use crate::requests::*;
use async_trait::async_trait;
use calendar::Calendar;
use eventlog::{ApplyError, Effect, Handler, Recorded, Store};
use hotline_proto::access::Role;
use hotline_proto::common::{ClockKind, Deadline};
use hotline_proto::events::AppealForwarded;
use hotline_proto::events::event::Body;
use hotline_proto::intake::{AppealFacts, Appellant};
use hotline_proto::routing as pb;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::routing_service_server::RoutingServiceServer;
use personal::sealing::Sealer;
use platform::auth::Principal;
use platform::clock::DrivenClock;
use platform::store::{AsStoreError, StoreError};
use routing::actions::Rules;
use routing::consumers::{Decisions, ForwardedAppeals};
use routing::grpc::Routing;
use routing::store::directory::Directories;
use routing::upstream::{AppealText, AppealTexts, Reading, UpstreamError};
use rpc::client::Peer;
use rpc::service::Base;
use testkit::{Database, Edge, at};
use tokio::sync::Mutex;
use tonic::service::Routes;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

pub type Client = RoutingServiceClient<Peer>;

/// Stands in for intake: has one text, and records its readers.
#[derive(Default)]
pub struct Texts {
    pub readings: Mutex<Vec<Reading>>,
}

pub const MATTER: &str = "自来水停了三天";

#[async_trait]
impl AppealTexts for Texts {
    async fn read(&self, reading: Reading) -> Result<AppealText, UpstreamError> {
        self.readings.lock().await.push(reading);
        Ok(AppealText {
            title: "停水".to_owned(),
            content: MATTER.to_owned(),
            place: "车站路1号".to_owned(),
            appellant: Some(Appellant {
                name: "张三".to_owned(),
                ..Appellant::default()
            }),
        })
    }
}

pub struct World {
    pub database: Database,
    pub base: Base,
    pub clock: Arc<DrivenClock>,
    pub edge: Edge,
    pub store: Store,
    pub texts: Arc<Texts>,
    pub forwarded: ForwardedAppeals,
    pub decisions: Decisions,
    /// The test has planted a fault: the doctor does not run at the end.
    spoiled: AtomicBool,
}

/// At the end of each test the doctor must find nothing, unless the test planted a fault.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() || self.spoiled.load(Ordering::SeqCst) {
            return;
        }
        // Runs on a thread with its own runtime, because the test's runtime cannot wait any more.
        let url = self.database.url.clone();
        let examined = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let pool = sqlx::PgPool::connect(&url).await.expect("the test's database");
                let found = routing::doctor::check(&pool).await;
                pool.close().await;
                found.expect("checked")
            })
        });
        assert_eq!(
            examined.join().expect("the doctor's thread"),
            [],
            "the doctor of the test's world"
        );
    }
}

impl World {
    /// Monday 2024-04-01 09:00, nothing published.
    pub async fn bare() -> Self {
        Self::over(testkit::database("routing", &routing::MIGRATOR).await).await
    }

    /// Over an existing database.
    pub async fn over(database: Database) -> Self {
        let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
        let base = Edge::base("routing", &database, &clock);
        let store = testkit::log("routing", &database.pool, clock.clone()).await;
        let rules = Rules {
            directories: Arc::new(Directories::new(Calendar::national())),
            max_rework_rounds: 2,
            source_days: 7,
        };
        let texts = Arc::new(Texts::default());
        let sealer = Sealer::open(&base, "routing").await.expect("a key");
        let service = Routing {
            store: store.clone(),
            sealer,
            texts: texts.clone(),
            rules: rules.clone(),
            groups: verbs::Groups::default(),
        };
        let routes = Routes::new(RoutingServiceServer::new(service));
        let services = &["hotline.routing.v1.RoutingService"];
        let edge = Edge::serve("routing", routes, services, &clock, &base.lifecycle).await;
        let decisions = Decisions { rules };
        let forwarded = ForwardedAppeals {
            decisions: decisions.clone(),
        };
        Self {
            database,
            base,
            clock,
            edge,
            store,
            texts,
            forwarded,
            decisions,
            spoiled: AtomicBool::new(false),
        }
    }

    /// Skips the doctor at the end, because the test plants a fault.
    pub fn spoil(&self) {
        self.spoiled.store(true, Ordering::SeqCst);
    }

    /// Another replica over the same database, with its own memory.
    pub async fn beside(world: &Self) -> Self {
        let database = Database {
            pool: world.database.pool.clone(),
            url: world.database.url.clone(),
        };
        Self::over(database).await
    }

    /// With published units, catalogue and limits.
    pub async fn new() -> Self {
        let world = Self::bare().await;
        world.publish().await;
        world
    }

    pub async fn publish(&self) {
        self.publish_units(units(UNITS)).await.expect("units");
        self.publish_catalogue(catalogue(CATALOGUE)).await.expect("catalogue");
        self.as_role(Role::Operator)
            .publish_limits(limits())
            .await
            .expect("limits");
    }

    /// Sent in parts: all rows but the last, the last row, the end.
    pub async fn publish_units(&self, whole: pb::PublishUnitsRequest) -> Result<pb::PublishUnitsResponse, Status> {
        let mut units = whole.units;
        let last = units.pop().into_iter().collect();
        let rows = [units, last].map(|units| pb::PublishUnitsRequest { units, activate: None });
        let end = pb::PublishUnitsRequest {
            units: Vec::new(),
            activate: whole.activate,
        };
        let parts = futures::stream::iter(rows.into_iter().chain([end]));
        let answer = self.as_role(Role::Operator).publish_units(parts).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Sent in parts, like [`World::publish_units`].
    pub async fn publish_catalogue(
        &self,
        whole: pb::PublishCatalogueRequest,
    ) -> Result<pb::PublishCatalogueResponse, Status> {
        let mut rows = whole.rows;
        let last = rows.pop().into_iter().collect();
        let parts = [rows, last].map(|rows| pb::PublishCatalogueRequest { rows, activate: None });
        let end = pb::PublishCatalogueRequest {
            rows: Vec::new(),
            activate: whole.activate,
        };
        let parts = futures::stream::iter(parts.into_iter().chain([end]));
        let answer = self.as_role(Role::Operator).publish_catalogue(parts).await;
        answer.map(tonic::Response::into_inner)
    }

    pub fn as_role(&self, role: Role) -> Client {
        RoutingServiceClient::new(self.edge.role(role))
    }

    pub fn liaison(&self, unit: &str) -> Client {
        self.confined(Role::Liaison, unit)
    }

    /// A caller whose token names a unit.
    pub fn confined(&self, role: Role, unit: &str) -> Client {
        let principal = Principal {
            unit: Some(unit.to_owned()),
            ..testkit::role(role)
        };
        RoutingServiceClient::new(self.edge.caller(principal))
    }

    pub async fn apply(&self, handler: &(impl Handler + Clone), events: Vec<Recorded>) -> Vec<Effect> {
        self.try_to_apply(handler, events).await.expect("the batch applies")
    }

    pub async fn try_to_apply(
        &self,
        handler: &(impl Handler + Clone),
        events: Vec<Recorded>,
    ) -> Result<Vec<Effect>, Failed> {
        let (handler, events) = (handler.clone(), Arc::new(events));
        let applied = self.store.run("test", move |tx| {
            let (handler, events) = (handler.clone(), events.clone());
            Box::pin(async move { handler.apply(tx, &events).await.map_err(Failed) })
        });
        applied.await
    }

    /// Forwards an appeal at the clock's time; returns the order's id.
    pub async fn forward(&self, facts: AppealFacts) -> String {
        let event = self.event("intake", Body::AppealForwarded(AppealForwarded { appeal: Some(facts) }));
        let order = order_of(&event);
        assert_eq!(self.apply(&self.forwarded, vec![event]).await, [Effect::Applied]);
        order
    }

    pub async fn decide(&self, body: Body) -> Effect {
        let event = self.event("supervision", body);
        self.apply(&self.decisions, vec![event]).await.remove(0)
    }

    pub fn event(&self, source: &str, body: Body) -> Recorded {
        use platform::clock::Clock as _;
        recorded(source, self.clock.now(), body)
    }

    pub async fn get(&self, order: &str) -> pb::Order {
        let request = pb::GetOrderRequest {
            name: Some(pb::get_order_request::Name::OrderId(order.to_owned())),
            with_text: false,
        };
        let answer = self
            .as_role(Role::Supervisor)
            .get_order(request)
            .await
            .expect("there is one");
        answer.into_inner().order.expect("always set")
    }

    /// An order of the water works, dispatched by the catalogue at the clock's time.
    pub async fn dispatched(&self) -> String {
        self.forward(appeal("010201", "430302")).await
    }

    pub async fn signed(&self) -> String {
        let order = self.dispatched().await;
        self.liaison("water").sign_order(sign(&order)).await.expect("signed");
        order
    }

    /// Returns the order and its reply.
    pub async fn replied(&self) -> (String, String) {
        let order = self.signed().await;
        let reply = self.reply_to(&order).await;
        (order, reply)
    }

    pub async fn reply_to(&self, order: &str) -> String {
        let answer = self
            .liaison("water")
            .submit_reply(reply(order))
            .await
            .expect("submitted");
        answer.into_inner().reply_id
    }

    pub async fn passed(&self) -> String {
        let (order, reply) = self.replied().await;
        assert_eq!(self.decide(pass(&order, 0, &reply)).await, Effect::Applied);
        order
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&self.database.pool)
            .await
            .expect("a count")
    }
}

/// The error of a batch, in the form that a transaction needs.
#[derive(Debug)]
pub struct Failed(pub ApplyError);

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl AsStoreError for Failed {
    fn as_store_error(&self) -> Option<&StoreError> {
        match &self.0 {
            ApplyError::Permanent(_) => None,
            ApplyError::Transient(error) => Some(error),
        }
    }
}

/// Stable reason code of a refusal.
pub fn reason(status: &Status) -> (Code, String) {
    let reason = status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default();
    (status.code(), reason)
}

/// State, round and version of a refusal.
pub fn standing(status: &Status) -> [Option<String>; 3] {
    let metadata = status
        .get_details_error_info()
        .map(|info| info.metadata)
        .unwrap_or_default();
    ["state", "round", "version"].map(|key| metadata.get(key).cloned())
}

/// The limit of a clock; every such order has one.
pub fn limit_of(order: &pb::Order, clock: ClockKind) -> &Deadline {
    order.deadline(clock).expect("it has one")
}

/// Fields of the violations of a refused request.
pub fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().expect("violations are told");
    details
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}
