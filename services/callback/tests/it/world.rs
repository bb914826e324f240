//! Callback under test beside a stand-in for routing: a log that is told facts and serves them as routing would.

use std::sync::Arc;

use callback::App;
use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{NewEvent, Store};
use hotline_proto::access::Role;
use hotline_proto::callback as pb;
use hotline_proto::callback::callback_service_client::CallbackServiceClient;
use hotline_proto::common::{AppealType, AttemptOutcome, CallbackMode, OrderState, Rating, Solved, Urgency};
use hotline_proto::events::event::Body;
use hotline_proto::events::{AppealFacts, Event, OrderSnapshot, ReplyPassed};
use platform::auth::Principal;
use platform::clock::{Clock as _, DrivenClock};
use platform::grpc::client::Peer;
use platform::ids::new_id;
use platform::service::Base;
use platform::steps::Step;
use platform::store::StoreError;
use prost::Message as _;
use sqlx::PgPool;
use testkit::{Database, Edge, at};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// A client of callback.
pub type Client = CallbackServiceClient<Peer>;

/// Everything that a test needs; each has its own.
pub struct World {
    /// Business time of both services.
    pub clock: Arc<DrivenClock>,
    /// Wall time of leases; far from business time, so that nobody takes one for the other.
    pub wall: Arc<DrivenClock>,
    /// Callback's database.
    pub database: Database,
    /// Callback, served.
    pub edge: Edge,
    /// Reads routing.
    pub consumer: Arc<dyn Step>,
    routing: Store,
    _routing_edge: Edge,
    base: Base,
}

/// Settings as compiled in.
fn settings() -> callback::Settings {
    platform::config::load(callback::NAME, callback::DEFAULTS, None, Some([].into())).expect("the defaults parse")
}

/// Settings as compiled in, but for how many tasks an agent may have.
pub fn with_most_leases(most: u32) -> callback::Settings {
    let mut settings = settings();
    settings.service.most_leases = most;
    settings
}

/// Seconds of a lease by the defaults.
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
        // Routing is its log here; the tables beside it are nobody's.
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
            routing,
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

    /// Routing tells a fact about an order, stamped `at`.
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

    /// Callback reads all that routing has told.
    pub async fn read(&self) {
        testkit::settled(self.consumer.as_ref()).await;
    }

    /// Routing passes a reply now, and callback hears of it; gives the order.
    pub async fn passed(&self) -> Uuid {
        self.passed_with(|_| {}).await
    }

    /// [`World::passed`], with the order's snapshot changed before.
    pub async fn passed_with(&self, change: impl FnOnce(&mut OrderSnapshot)) -> Uuid {
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

    /// A client of one callback agent.
    pub fn agent(&self, name: &str) -> Client {
        CallbackServiceClient::new(self.edge.caller(Principal {
            subject: name.to_owned(),
            ..testkit::role(Role::CallbackAgent)
        }))
    }

    /// Leases one task, which there is.
    pub async fn lease(&self, client: &mut Client) -> pb::Lease {
        let answer = client.lease_tasks(lease(1)).await.expect("a right request");
        let mut leases = answer.into_inner().leases;
        leases.pop().expect("a task waits")
    }

    /// Wall time goes on to the end of a lease that began now.
    pub fn run_out(&self) {
        self.wall.move_to(self.wall.now() + TimeDelta::seconds(lease_seconds()));
    }

    /// An order whose reply passed and whose appellant was reached, with the agent and his lease.
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

    /// The task of an order, as a supervisor sees it.
    pub async fn task_of(&self, order: Uuid) -> pb::Task {
        let request = pb::ListTasksRequest {
            order_id: order.to_string(),
            ..Default::default()
        };
        let answer = self.client(Role::Supervisor).list_tasks(request).await;
        let mut tasks = answer.expect("a supervisor lists").into_inner().tasks;
        tasks.pop().expect("the order has a task")
    }

    /// What callback has told about an order, in the order of versions.
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

    /// No invariant of callback's share is broken.
    pub async fn is_sound(&self) {
        let found = callback::doctor::check(self.pool()).await;
        assert_eq!(found.expect("readable"), []);
    }
}

/// An order whose reply was passed in round 0.
pub fn snapshot(id: Uuid) -> OrderSnapshot {
    OrderSnapshot {
        order_id: id.to_string(),
        order_number: format!("W240401-{:06}-0", id.as_u128() % 1_000_000),
        version: 1,
        appeal: Some(AppealFacts {
            appeal_id: Uuid::new_v4().to_string(),
            r#type: AppealType::Help.into(),
            urgency: Urgency::Ordinary.into(),
            ..AppealFacts::default()
        }),
        state: OrderState::PendingCallback.into(),
        lead_unit: "water".to_owned(),
        lead_top_unit: "utilities".to_owned(),
        ..OrderSnapshot::default()
    }
}

/// Routing's event about it.
pub fn passed(order: OrderSnapshot) -> Body {
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
    }
}

/// A request to take these tasks back.
pub fn release(leases: &[pb::Lease]) -> pb::ReleaseTasksRequest {
    let held = |lease: &pb::Lease| pb::HeldTask {
        task_id: lease.task_id.clone(),
        token: lease.token,
    };
    pb::ReleaseTasksRequest {
        request_id: Uuid::new_v4().to_string(),
        tasks: leases.iter().map(held).collect(),
    }
}

/// A report of one attempt by voice; a call that reached somebody was recorded.
pub fn attempt(lease: &pb::Lease, outcome: AttemptOutcome) -> pb::ReportAttemptRequest {
    pb::ReportAttemptRequest {
        request_id: Uuid::new_v4().to_string(),
        task_id: lease.task_id.clone(),
        token: lease.token,
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
        solved: solved.into(),
        rating: rating.into(),
        comment: String::new(),
    }
}

/// The code and reason of a refusal.
pub fn reason(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    (status.code(), reason.unwrap_or_default())
}

/// What a refused rule answers.
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
