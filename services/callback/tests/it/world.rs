//! Callback under test beside a stand-in for routing: a log that stores the test's facts and serves them as routing
//! would. The doctor checks each world when it ends.

use std::sync::Arc;

use callback::App;
use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{NewEvent, Store};
use hotline_proto::access::Role;
use hotline_proto::callback as pb;
use hotline_proto::callback::callback_service_client::CallbackServiceClient;
use hotline_proto::common::{AppealType, AttemptOutcome, CallbackMode, OrderState, Rating, Solved, Urgency};
use hotline_proto::events::event::Body;
use hotline_proto::events::{Event, ReplyPassed};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::{LinkedAppeal, Order};
use platform::auth::Principal;
use platform::clock::{Clock as _, DrivenClock};
use platform::ids::new_id;
use platform::steps::Step;
use platform::store::StoreError;
use prost::Message as _;
use rpc::client::Peer;
use rpc::service::Base;
use sqlx::PgPool;
use testkit::{Database, Edge, at};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// A client of callback.
pub type Client = CallbackServiceClient<Peer>;

/// A world for one test.
pub struct World {
    /// Business time of both services.
    pub clock: Arc<DrivenClock>,
    /// Wall time of leases. It is far from business time, so that a mix-up shows.
    pub wall: Arc<DrivenClock>,
    /// Callback's database.
    pub database: Database,
    /// Callback, served.
    pub edge: Edge,
    /// Reads routing.
    pub consumer: Arc<dyn Step>,
    /// Skips the check at the end: the test has planted a violation.
    pub planted: bool,
    routing: Store,
    routing_log: PgPool,
    _routing_edge: Edge,
    base: Base,
}

/// Settings as compiled in.
fn settings() -> callback::Settings {
    platform::config::load(callback::NAME, callback::DEFAULTS, None, Some([].into())).expect("the defaults parse")
}

/// Settings as compiled in, except for the most tasks of an agent.
pub fn with_most_leases(most: u32) -> callback::Settings {
    let mut settings = settings();
    settings.service.most_leases = most;
    settings
}

/// Seconds of a lease by default.
pub fn lease_seconds() -> i64 {
    i64::from(settings().service.lease_seconds)
}

fn consumer(app: &App) -> Arc<dyn Step> {
    let steps = app.steps();
    let driven = steps
        .iter()
        .find(|driven| driven.step.name() == "callback.consume.routing");
    driven.expect("the consumer").step.clone()
}

impl World {
    /// Both services at 2024-04-01 09:00, the wall clock at 2024-04-20 09:00.
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    /// [`World::new`] with other settings.
    pub async fn with(settings: callback::Settings) -> Self {
        let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
        let wall = Arc::new(DrivenClock::new(at(20, 9, 0)));
        let database = testkit::database(callback::NAME, &callback::MIGRATOR).await;
        // The stand-in for routing is its log alone, without routing's own tables.
        let log = testkit::database(callback::NAME, &callback::MIGRATOR).await;
        let routing = testkit::log("routing", &log.pool, clock.clone()).await;
        let mut base = Edge::base(callback::NAME, &database, &clock);
        let routing_edge = Edge::serve(
            "routing",
            tonic::service::Routes::new(eventlog::service(routing.clone(), Vec::new())),
            &[eventlog::RPC_SERVICE],
            &clock,
            &base.lifecycle,
        )
        .await;
        base.peers.routing.clone_from(&routing_edge.url);
        let app = App::build_with_wall(&settings, base.clone(), wall.clone()).await;
        let app = app.expect("a service");
        let edge = Edge::serve(
            callback::NAME,
            app.routes(),
            app.rpc_services(),
            &clock,
            &base.lifecycle,
        )
        .await;
        Self {
            clock,
            wall,
            database,
            edge,
            consumer: consumer(&app),
            planted: false,
            routing,
            routing_log: log.pool,
            _routing_edge: routing_edge,
            base,
        }
    }

    /// The consumer of a second replica over the same database.
    pub async fn replica(&self) -> Arc<dyn Step> {
        let app = App::build(&settings(), self.base.clone()).await.expect("a service");
        consumer(&app)
    }

    /// Callback's database.
    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// Appends a fact about an order to routing's log, stamped `at`.
    pub async fn tell(&self, order: Uuid, at: DateTime<Utc>, body: Body) {
        let event = NewEvent {
            event_id: new_id(at),
            key: order,
            version: 1,
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

    /// Callback consumes all events of routing's log.
    pub async fn read(&self) {
        testkit::settled(self.consumer.as_ref()).await;
    }

    /// Routing passes a reply now, and callback consumes the event; returns the order.
    pub async fn passed(&self) -> Uuid {
        self.passed_with(|_| {}).await
    }

    /// Like [`World::passed`], after `change` on the order.
    pub async fn passed_with(&self, change: impl FnOnce(&mut Order)) -> Uuid {
        let mut order = snapshot(Uuid::new_v4());
        change(&mut order);
        let id = Uuid::try_parse(&order.order_id).expect("an id");
        let now = self.clock.now();
        self.tell(id, now, passed(order)).await;
        self.read().await;
        id
    }

    /// A client with one role.
    pub fn client(&self, role: Role) -> Client {
        CallbackServiceClient::new(self.edge.role(role))
    }

    /// A client with one role, confined to a unit.
    pub fn confined(&self, role: Role, unit: &str) -> Client {
        CallbackServiceClient::new(self.edge.caller(Principal {
            unit: Some(unit.to_owned()),
            ..testkit::role(role)
        }))
    }

    /// A client of one callback agent.
    pub fn agent(&self, name: &str) -> Client {
        CallbackServiceClient::new(self.edge.caller(Principal {
            subject: name.to_owned(),
            ..testkit::role(Role::CallbackAgent)
        }))
    }

    /// Leases one task, which must exist.
    pub async fn lease(&self, client: &mut Client) -> pb::Lease {
        let answer = client.lease_tasks(lease(1)).await.expect("a right request");
        let mut leases = answer.into_inner().leases;
        leases.pop().expect("a task waits")
    }

    /// Moves wall time to the end of a lease that begins now.
    pub fn run_out(&self) {
        self.wall.move_to(self.wall.now() + TimeDelta::seconds(lease_seconds()));
    }

    /// An order whose reply passed and whose appellant was reached, with the agent and its lease.
    pub async fn reached(&self) -> (Uuid, Client, pb::Lease) {
        let order = self.passed().await;
        let mut client = self.agent("agent:1");
        let lease = self.lease(&mut client).await;
        client
            .report_attempt(attempt(&lease, AttemptOutcome::Reached))
            .await
            .expect("leased");
        (order, client, lease)
    }

    /// The only task of an order, as a supervisor sees it.
    pub async fn task_of(&self, order: Uuid) -> pb::Task {
        let mut tasks = self.tasks_of(order).await;
        tasks.pop().expect("the order has a task")
    }

    /// The tasks of an order, as a supervisor sees them.
    pub async fn tasks_of(&self, order: Uuid) -> Vec<pb::Task> {
        let request = pb::ListTasksRequest {
            order_id: order.to_string(),
            ..Default::default()
        };
        let answer = self.client(Role::Supervisor).list_tasks(request).await;
        answer.expect("a supervisor lists").into_inner().tasks
    }

    /// Events that callback has published about an order, by version.
    pub async fn told(&self, order: Uuid) -> Vec<(i64, Body)> {
        let query = "select version, payload from log where key = $1 order by version";
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(query)
            .bind(order)
            .fetch_all(self.pool())
            .await
            .expect("a log");
        let body = |bytes: &[u8]| Event::decode(bytes).expect("an event").body.expect("an arm");
        rows.into_iter()
            .map(|(version, bytes)| (version, body(&bytes)))
            .collect()
    }

    /// Replaces the payload of the newest event in routing's log, before callback reads it. A newer routing would have
    /// written it so.
    pub async fn rewrite(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let newest = "select payload from log order by occurred_at desc, event_id desc limit 1";
        let mut payload: Vec<u8> = sqlx::query_scalar(newest)
            .fetch_one(&self.routing_log)
            .await
            .expect("an event");
        let before = payload.clone();
        change(&mut payload);
        let done = sqlx::query("update log set payload = $1 where payload = $2")
            .bind(payload)
            .bind(before)
            .execute(&self.routing_log)
            .await;
        assert_eq!(done.expect("written").rows_affected(), 1);
    }
}

/// A test that ends must leave no violation.
impl Drop for World {
    fn drop(&mut self) {
        if self.planted || std::thread::panicking() {
            return;
        }
        let url = self.database.url.clone();
        let found = std::thread::spawn(move || violations_in(&url)).join();
        assert_eq!(found.expect("the doctor reads"), []);
    }
}

/// Returns the doctor's findings. It has its own runtime, because the test's runtime waits meanwhile.
fn violations_in(url: &str) -> Vec<rpc::service::Violation> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let pool = PgPool::connect(url).await.expect("the test's database");
        callback::doctor::check(&pool).await.expect("readable")
    })
}

/// An order whose reply was passed in round 0.
pub fn snapshot(id: Uuid) -> Order {
    Order {
        order_id: id.to_string(),
        number: format!("W240401-{:06}-0", id.as_u128() % 1_000_000),
        version: 1,
        appeals: vec![appeal()],
        state: OrderState::PendingCallback.into(),
        lead_unit: "water".to_owned(),
        lead_top_unit: "utilities".to_owned(),
        ..Order::default()
    }
}

/// An appeal that an order answers.
pub fn appeal() -> LinkedAppeal {
    LinkedAppeal {
        facts: Some(AppealFacts {
            appeal_id: Uuid::new_v4().to_string(),
            r#type: AppealType::Help.into(),
            urgency: Urgency::Ordinary.into(),
            ..AppealFacts::default()
        }),
        link_time: None,
    }
}

/// Facts of the appeal that opened an order.
pub fn opening(order: &mut Order) -> &mut AppealFacts {
    let opening = order.appeals.first_mut();
    opening.and_then(|linked| linked.facts.as_mut()).expect("an appeal")
}

/// Routing's event about it.
pub fn passed(order: Order) -> Body {
    Body::ReplyPassed(ReplyPassed {
        order: Some(order),
        reply_id: Uuid::new_v4().to_string(),
    })
}

/// A request for `count` tasks.
pub fn lease(count: u32) -> pb::LeaseTasksRequest {
    pb::LeaseTasksRequest {
        request_id: Uuid::new_v4().to_string(),
        count,
    }
}

/// A request to keep a leased task.
pub fn renewal(lease: &pb::Lease) -> pb::RenewLeaseRequest {
    pb::RenewLeaseRequest {
        request_id: Uuid::new_v4().to_string(),
        task_id: lease.task_id.clone(),
        token: lease.token,
        if_version: 0,
    }
}

/// A request to release these tasks.
pub fn release(leases: &[pb::Lease]) -> pb::ReleaseTasksRequest {
    let held = |lease: &pb::Lease| pb::HeldTask {
        task_id: lease.task_id.clone(),
        token: lease.token,
        if_version: 0,
    };
    pb::ReleaseTasksRequest {
        request_id: Uuid::new_v4().to_string(),
        tasks: leases.iter().map(held).collect(),
    }
}

/// A report of one voice attempt; a call that reached the person was recorded.
pub fn attempt(lease: &pb::Lease, outcome: AttemptOutcome) -> pb::ReportAttemptRequest {
    pb::ReportAttemptRequest {
        request_id: Uuid::new_v4().to_string(),
        task_id: lease.task_id.clone(),
        token: lease.token,
        if_version: 0,
        mode: CallbackMode::HumanVoice.into(),
        outcome: outcome.into(),
        recording: if outcome == AttemptOutcome::Reached {
            "rec/1".to_owned()
        } else {
            String::new()
        },
    }
}

/// An outcome without a comment.
pub fn outcome(lease: &pb::Lease, solved: Solved, rating: Rating) -> pb::RecordOutcomeRequest {
    pb::RecordOutcomeRequest {
        request_id: Uuid::new_v4().to_string(),
        task_id: lease.task_id.clone(),
        token: lease.token,
        if_version: 0,
        solved: solved.into(),
        rating: rating.into(),
        comment: String::new(),
    }
}

/// Opened tasks, several for each order, all leased to `agent:1`. An agent would reach its limit.
pub async fn leased(world: &World, count: usize) -> Vec<pb::Lease> {
    for first in (0..count).step_by(100) {
        let appeals = (count - first).min(100);
        world
            .passed_with(|order| order.appeals.resize_with(appeals, appeal))
            .await;
    }
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "update callback_task set version = 2, token = 1, lease_owner = 'agent:1', lease_expires_at = $1 returning id",
    )
    .bind(world.wall.now() + TimeDelta::seconds(lease_seconds()))
    .fetch_all(world.pool())
    .await
    .expect("tasks of a test");
    assert_eq!(ids.len(), count);
    let lease = |id: Uuid| pb::Lease {
        task_id: id.to_string(),
        token: 1,
        ..pb::Lease::default()
    };
    ids.into_iter().map(lease).collect()
}

/// The error of a refused item, as the verb alone would give it.
pub fn as_status(refused: &tonic_types::pb::Status) -> Status {
    let details = refused.encode_to_vec();
    Status::with_details(Code::from_i32(refused.code), refused.message.clone(), details.into())
}

/// The reasons of refused items; none for an accepted one.
pub fn reasons<T>(results: &[Result<T, Status>]) -> Vec<String> {
    let reason = |result: &Result<T, Status>| result.as_ref().err().map(|status| reason(status).1);
    results
        .iter()
        .map(|result| reason(result).unwrap_or_default())
        .collect()
}

/// The code and reason of a refusal.
pub fn reason(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    (status.code(), reason.unwrap_or_default())
}

/// State, round and version of the task that a call was refused about.
pub fn stood(status: &Status) -> (String, String, String) {
    let details = status.get_error_details();
    let info = details.error_info().expect("a reason");
    let told = |key: &str| info.metadata.get(key).cloned().unwrap_or_default();
    (told("state"), told("round"), told("version"))
}

/// The answer to a caller that decided by another version than `version`.
pub fn is_stale(status: &Status, version: u64) {
    assert_eq!(
        reason(status),
        (Code::Aborted, "STALE_VERSION".to_owned()),
        "{status:?}"
    );
    assert_eq!(stood(status).2, version.to_string());
}

/// The answer for a refused rule.
pub fn refused(reason: &str) -> (Code, String) {
    (Code::FailedPrecondition, reason.to_owned())
}

/// The fields of a request that were refused, in their order.
pub fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let bad = details.bad_request().expect("violations");
    bad.field_violations.iter().map(|v| v.field.clone()).collect()
}
