//! A served routing over a database of its own, with a small directory, and hands to move an order on.

use std::sync::Arc;

use async_trait::async_trait;
use calendar::Calendar;
use chrono::{DateTime, Utc};
use eventlog::{ApplyError, Effect, Handler, Recorded, Store};
use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, Cause, ClockKind, ReplyResult, Urgency};
use hotline_proto::events::event::Body;
use hotline_proto::events::{AppealFacts, AppealForwarded, DissatisfactionJudged, OutcomeRecorded, ReplyReviewed};
use hotline_proto::intake::Appellant;
use hotline_proto::routing as pb;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::routing_service_server::RoutingServiceServer;
use personal::sealing::Sealer;
use platform::clock::DrivenClock;
use platform::grpc::client::Peer;
use platform::grpc::time::to_proto;
use platform::ids::new_id;
use platform::service::Base;
use platform::store::{AsStoreError, StoreError};
use routing::actions::Rules;
use routing::consumers::{Decisions, ForwardedAppeals};
use routing::grpc::Routing;
use routing::store::directory::Directories;
use routing::upstream::{AppealText, AppealTexts, Reading, UpstreamError};
use testkit::{Database, Edge, at};
use tokio::sync::Mutex;
use tonic::service::Routes;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

pub type Client = RoutingServiceClient<Peer>;

/// Stands for intake: knows one text, and notes who read it.
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
}

impl World {
    /// Monday 2024-04-01 09:00, nothing published.
    pub async fn bare() -> Self {
        Self::over(testkit::database("routing", &routing::MIGRATOR).await).await
    }

    /// Over a database that is there.
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
            clock: base.clock.clone(),
            sealer,
            texts: texts.clone(),
            rules: rules.clone(),
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
        }
    }

    /// Another replica over the same database, with a memory of its own.
    pub async fn beside(world: &Self) -> Self {
        let database = Database {
            pool: world.database.pool.clone(),
            url: world.database.url.clone(),
        };
        Self::over(database).await
    }

    /// With units, catalogue and limits.
    pub async fn new() -> Self {
        let world = Self::bare().await;
        world.publish().await;
        world
    }

    pub async fn publish(&self) {
        let mut operator = self.as_role(Role::Operator);
        operator.publish_units(units(UNITS)).await.expect("units");
        operator
            .publish_catalogue(catalogue(CATALOGUE))
            .await
            .expect("catalogue");
        operator.publish_limits(limits()).await.expect("limits");
    }

    pub fn as_role(&self, role: Role) -> Client {
        RoutingServiceClient::new(self.edge.role(role))
    }

    pub fn liaison(&self, unit: &str) -> Client {
        RoutingServiceClient::new(self.edge.liaison(unit))
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

    /// Forwards an appeal at the clock's instant; gives the order's id.
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

    /// An order of the water works, dispatched by the catalogue at the clock's instant.
    pub async fn dispatched(&self) -> String {
        self.forward(appeal("010201", "430302")).await
    }

    pub async fn signed(&self) -> String {
        let order = self.dispatched().await;
        self.liaison("water").sign_order(sign(&order)).await.expect("signed");
        order
    }

    /// Gives the order and its reply.
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

/// Why a batch did not apply, in the shape that a transaction wants.
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

pub fn recorded(source: &str, at: DateTime<Utc>, body: Body) -> Recorded {
    Recorded {
        source: source.to_owned(),
        partition: 0,
        position: 1,
        event_id: new_id(at),
        key: Uuid::new_v4(),
        kind: hotline_proto::event_type(&body).to_owned(),
        version: 1,
        actor: "test:somebody".to_owned(),
        occurred_at: at,
        body,
        traceparent: None,
    }
}

/// Id of the order that a forwarded appeal opens, as intake tells it too.
pub fn order_of(event: &Recorded) -> String {
    hotline_proto::orders::order_of(event.event_id).to_string()
}

pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

pub fn appeal(category: &str, region: &str) -> AppealFacts {
    AppealFacts {
        appeal_id: Uuid::new_v4().to_string(),
        appeal_number: "A240401-000001-5".to_owned(),
        r#type: AppealType::Help.into(),
        category: category.to_owned(),
        region: region.to_owned(),
        channel: "phone".to_owned(),
        urgency: Urgency::Ordinary.into(),
        received_time: Some(to_proto(at(1, 8, 55))),
        ..AppealFacts::default()
    }
}

pub const UNITS: &[(&str, &str)] = &[
    ("utilities", ""),
    ("water", "utilities"),
    ("water.north", "water"),
    ("gas", "utilities"),
    ("traffic", ""),
];

pub fn units(units: &[(&str, &str)]) -> pb::PublishUnitsRequest {
    pb::PublishUnitsRequest {
        request_id: request_id(),
        valid_from: "2024-01-01".to_owned(),
        units: units
            .iter()
            .map(|(code, parent)| pb::Unit {
                code: (*code).to_owned(),
                name: format!("单位{code}"),
                parent: (*parent).to_owned(),
            })
            .collect(),
    }
}

pub const CATALOGUE: &[(&str, &str, &str, &str)] = &[
    ("r-water", "0102", "", "water"),
    ("r-north", "0102", "430304", "water.north"),
    ("r-gas", "0103", "4303", "gas"),
];

pub fn catalogue(rows: &[(&str, &str, &str, &str)]) -> pb::PublishCatalogueRequest {
    pb::PublishCatalogueRequest {
        request_id: request_id(),
        valid_from: "2024-01-01".to_owned(),
        rows: rows
            .iter()
            .map(|(row, category, region, unit)| pb::CatalogueRow {
                row: (*row).to_owned(),
                category: (*category).to_owned(),
                region: (*region).to_owned(),
                unit: (*unit).to_owned(),
            })
            .collect(),
    }
}

pub fn limit(row: &str, clock: ClockKind, kind: pb::duration::Kind) -> pb::LimitRow {
    pb::LimitRow {
        row: row.to_owned(),
        clock: clock.into(),
        limit: Some(pb::Duration { kind: Some(kind) }),
        ..pb::LimitRow::default()
    }
}

/// Signing 1 working day, handling 5, urgent ones 24 hours, rework 3.
pub fn limits() -> pb::PublishLimitsRequest {
    use pb::duration::Kind::{Minutes, WorkingDays};
    let urgent = pb::LimitRow {
        urgency: Urgency::Urgent.into(),
        ..limit("handle-urgent", ClockKind::Handle, Minutes(1440))
    };
    pb::PublishLimitsRequest {
        request_id: request_id(),
        valid_from: "2024-01-01".to_owned(),
        rows: vec![
            limit("sign", ClockKind::Sign, WorkingDays(1)),
            limit("handle", ClockKind::Handle, WorkingDays(5)),
            urgent,
            limit("rework", ClockKind::Rework, WorkingDays(3)),
        ],
    }
}

pub fn dispatch(order: &str, unit: &str) -> pb::DispatchOrderRequest {
    pb::DispatchOrderRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
        unit: unit.to_owned(),
    }
}

pub fn sign(order: &str) -> pb::SignOrderRequest {
    pb::SignOrderRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
    }
}

pub fn contact(order: &str) -> pb::RecordContactRequest {
    pb::RecordContactRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
        phone: "13812345678".to_owned(),
        result: pb::ContactResult::Reached.into(),
        note: "约了周三".to_owned(),
        recording: "rec/1".to_owned(),
        mode: pb::ContactMode::Phone.into(),
        made_time: None,
    }
}

pub fn reply(order: &str) -> pb::SubmitReplyRequest {
    pb::SubmitReplyRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
        text: "已恢复供水".to_owned(),
        result: ReplyResult::Solved.into(),
        commitment_day: String::new(),
        evidence: vec!["photo/1".to_owned(), "photo/2".to_owned()],
        no_contact: pb::NoContactGround::Declined.into(),
    }
}

pub fn pass(order: &str, round: u32, reply: &str) -> Body {
    Body::ReplyReviewed(ReplyReviewed {
        review_id: request_id(),
        order_id: order.to_owned(),
        round,
        reply_id: reply.to_owned(),
        passed: true,
        grounds: vec![],
    })
}

pub fn outcome(order: &str, round: u32, is_final: bool) -> Body {
    Body::OutcomeRecorded(OutcomeRecorded {
        task_id: request_id(),
        order_id: order.to_owned(),
        round,
        r#final: is_final,
        ..OutcomeRecorded::default()
    })
}

pub fn judged(order: &str, round: u32, cause: Cause) -> Body {
    Body::DissatisfactionJudged(DissatisfactionJudged {
        task_id: request_id(),
        order_id: order.to_owned(),
        round,
        cause: cause.into(),
    })
}

/// The stable reason of a refusal.
pub fn reason(status: &Status) -> (Code, String) {
    let reason = status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default();
    (status.code(), reason)
}

/// The fields that a request was refused for.
pub fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().expect("violations are told");
    details
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}
