//! An intake under test, served with reference data, and requests of callers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hotline_proto::Date;
use hotline_proto::access::Role;
use hotline_proto::common::{Activation, AppealType, PhoneNumber};
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use intake::config::IntakeConfig;
use intake::{App, Settings};
use platform::auth::Principal;
use platform::clock::DrivenClock;
use platform::lifecycle::Lifecycle;
use prost::Message as _;
use rpc::client::Peer;
use rpc::service::Base;
use rpc::time::date_to_proto;
use sqlx::PgPool;
use testkit::{Database, Edge, at};
use tokio_stream::Stream;
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

pub type Client = IntakeServiceClient<Peer>;

/// When it is dropped, the doctor must find nothing in its database, unless the test planted a violation.
pub struct World {
    planted: AtomicBool,
    pub edge: Edge,
    pub database: Database,
    pub clock: Arc<DrivenClock>,
    pub app: App,
}

/// 2024-04-01 09:00, reference data in force since 2024-01-01.
pub async fn world() -> World {
    world_with(settings()).await
}

pub fn settings() -> Settings {
    platform::config::load::<IntakeConfig>(intake::NAME, intake::DEFAULTS, None, Some(HashMap::new()))
        .expect("the compiled-in settings")
}

pub async fn world_with(settings: Settings) -> World {
    let world = bare_world(settings).await;
    world
        .client(Role::Operator)
        .publish_reference(publishing("2024-01-01", reference()))
        .await
        .expect("published");
    world
}

/// Without reference data.
pub async fn bare_world(settings: Settings) -> World {
    over(testkit::database(intake::NAME, &intake::MIGRATOR).await, settings).await
}

/// Over an existing database.
pub async fn over(database: Database, settings: Settings) -> World {
    reading(database, settings, None).await
}

/// The same, with events of orders from `routing`.
pub async fn reading(database: Database, settings: Settings, routing: Option<&str>) -> World {
    let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
    let lifecycle = Lifecycle::draining(Duration::from_secs(settings.server.drain_seconds));
    let mut base = Base {
        lifecycle: lifecycle.clone(),
        ..Edge::base(intake::NAME, &database, &clock)
    };
    if let Some(routing) = routing {
        routing.clone_into(&mut base.peers.routing);
    }
    let app = App::build(&settings, base).await.expect("wired");
    let edge = Edge::serve(intake::NAME, app.routes(), app.rpc_services(), &clock, &lifecycle).await;
    World {
        planted: AtomicBool::new(false),
        edge,
        database,
        clock,
        app,
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() || self.planted.load(Ordering::Relaxed) {
            return;
        }
        // The test's runtime is blocked meanwhile, so the doctor runs on its own.
        let url = self.database.url.clone();
        let doctor = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let pool = PgPool::connect(&url).await.expect("the test's database");
                let found = intake::doctor::check(&pool).await.expect("examined");
                pool.close().await;
                found
            })
        });
        let found = doctor.join().expect("the doctor comes back");
        assert!(found.is_empty(), "the test has left a broken invariant: {found:?}");
    }
}

impl World {
    /// Skips the doctor at the end, because this test breaks invariants on purpose.
    pub fn plants(&self) {
        self.planted.store(true, Ordering::Relaxed);
    }

    /// A caller of a role whose token names a unit.
    pub fn confined(&self, role: Role, unit: &str) -> Client {
        let principal = Principal {
            unit: Some(unit.to_owned()),
            ..testkit::role(role)
        };
        IntakeServiceClient::new(self.edge.caller(principal))
    }

    pub fn client(&self, role: Role) -> Client {
        IntakeServiceClient::new(self.edge.role(role))
    }

    pub fn service(&self, name: &str) -> Client {
        IntakeServiceClient::new(self.edge.service(name))
    }

    pub fn platform(&self, name: &str) -> Client {
        IntakeServiceClient::new(self.edge.platform(name))
    }

    pub fn agent(&self) -> Client {
        self.client(Role::Agent)
    }

    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// Registers a valid appeal.
    pub async fn registered(&self) -> pb::RegisterAppealResponse {
        self.register(draft()).await
    }

    pub async fn register(&self, draft: pb::AppealDraft) -> pb::RegisterAppealResponse {
        self.agent()
            .register_appeal(registering(draft))
            .await
            .expect("registered")
            .into_inner()
    }

    pub async fn forward(&self, appeal_id: &str) -> pb::ForwardAppealResponse {
        let request = pb::ForwardAppealRequest {
            request_id: fresh(),
            appeal_id: appeal_id.to_owned(),
        };
        self.agent()
            .forward_appeal(request)
            .await
            .expect("forwarded")
            .into_inner()
    }

    pub async fn get(&self, appeal_id: &str) -> pb::Appeal {
        let name = pb::get_appeal_request::Name::AppealId(appeal_id.to_owned());
        self.agent()
            .get_appeal(getting(name, ""))
            .await
            .expect("there")
            .into_inner()
            .appeal
            .expect("an appeal")
    }

    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.pool()).await.expect("a count")
    }

    /// The events of one thing in order, as (id, type, version, body).
    pub async fn told(&self, key: &str) -> Vec<(Uuid, String, i64, Body)> {
        let rows: Vec<(Uuid, String, i64, Vec<u8>)> =
            sqlx::query_as("select event_id, type, version, payload from log where key = $1 order by position")
                .bind(id(key))
                .fetch_all(self.pool())
                .await
                .expect("the log");
        rows.into_iter()
            .map(|(id, kind, version, payload)| {
                let event = hotline_proto::events::Event::decode(payload.as_slice()).expect("an event");
                (id, kind, version, event.body.expect("a body"))
            })
            .collect()
    }
}

pub fn fresh() -> String {
    Uuid::new_v4().to_string()
}

pub fn id(text: &str) -> Uuid {
    text.parse().expect("a UUID")
}

pub fn appellant() -> pb::Appellant {
    pb::Appellant {
        name: "张三丰".to_owned(),
        phone: "+86 138-1234-5678".to_owned(),
        id_number: "11010519491231002X".to_owned(),
        address: "湘潭市雨湖区车站路1号".to_owned(),
        ..pb::Appellant::default()
    }
}

pub fn draft() -> pb::AppealDraft {
    pb::AppealDraft {
        channel: "phone".to_owned(),
        r#type: AppealType::Complaint.into(),
        category: "0101".to_owned(),
        region: "430302".to_owned(),
        urgency: 0,
        appellant: Some(appellant()),
        anonymous: false,
        confidential: false,
        accused_unit: String::new(),
        title: "水管破裂".to_owned(),
        content: "楼下水管破裂，水流满街。".to_owned(),
        place: "车站路口".to_owned(),
        tags: vec!["water".to_owned(), "civility_drive".to_owned()],
        source_time: None,
        ..pb::AppealDraft::default()
    }
}

pub fn registering(draft: pb::AppealDraft) -> pb::RegisterAppealRequest {
    pb::RegisterAppealRequest {
        request_id: fresh(),
        appeal: Some(draft),
        call_id: String::new(),
    }
}

pub fn getting(name: pb::get_appeal_request::Name, purpose: &str) -> pb::GetAppealRequest {
    pb::GetAppealRequest {
        name: Some(name),
        unmask_purpose: purpose.to_owned(),
    }
}

/// A day of the calendar, from `2024-04-01`.
pub fn day(text: &str) -> Date {
    date_to_proto(text.parse().expect("a day"))
}

/// A whole publication.
pub fn publication(valid_from: &str, reference: pb::Reference) -> pb::PublishReferenceRequest {
    let rows = reference.channels.len() + reference.categories.len() + reference.regions.len();
    pb::PublishReferenceRequest {
        reference: Some(reference),
        activate: Some(Activation {
            request_id: fresh(),
            valid_from: Some(day(valid_from)),
            row_count: u32::try_from(rows).expect("few"),
            dry_run: false,
        }),
    }
}

/// A whole publication in parts: a part with each kind of rows, then the end.
pub fn in_parts(whole: pb::PublishReferenceRequest) -> impl Stream<Item = pb::PublishReferenceRequest> {
    let sent = whole.reference.unwrap_or_default();
    let part = |reference| pb::PublishReferenceRequest {
        reference: Some(reference),
        activate: None,
    };
    tokio_stream::iter([
        part(pb::Reference {
            channels: sent.channels,
            ..pb::Reference::default()
        }),
        part(pb::Reference {
            categories: sent.categories,
            ..pb::Reference::default()
        }),
        part(pb::Reference {
            regions: sent.regions,
            ..pb::Reference::default()
        }),
        pb::PublishReferenceRequest {
            reference: None,
            activate: whole.activate,
        },
    ])
}

pub fn publishing(valid_from: &str, reference: pb::Reference) -> impl Stream<Item = pb::PublishReferenceRequest> {
    in_parts(publication(valid_from, reference))
}

pub fn reference() -> pb::Reference {
    let channel = |code: &str, name: &str, online| pb::Channel {
        code: code.to_owned(),
        name: name.to_owned(),
        online,
        platform: String::new(),
        account: false,
    };
    let category = |code: &str, name: &str| pb::Category {
        code: code.to_owned(),
        name: name.to_owned(),
    };
    let region = |code: &str, name: &str| pb::Region {
        code: code.to_owned(),
        name: name.to_owned(),
    };
    pb::Reference {
        channels: vec![
            channel("phone", "电话", false),
            channel("wechat_12345", "线上12345", true),
            channel("upstream", "省级12345平台转派", true),
        ],
        categories: vec![category("01", "城建"), category("0101", "供水"), category("02", "劳动")],
        regions: vec![
            region("430302", "雨湖区"),
            region("430304", "岳塘区"),
            region("430302001", "雨湖路街道"),
        ],
    }
}

/// Numbers read from an appellant's telephone field, each with its extension after a slash.
pub fn numbers(appellant: &pb::Appellant) -> Vec<String> {
    let number = |sent: &PhoneNumber| match sent.extension.as_str() {
        "" => sent.number.clone(),
        extension => format!("{}/{extension}", sent.number),
    };
    appellant.phone_numbers.iter().map(number).collect()
}

/// Stable reason code of a refusal.
pub fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// Standing of the refused thing, from ErrorInfo.
pub fn standing(status: &Status) -> HashMap<String, String> {
    status
        .get_details_error_info()
        .map(|info| info.metadata)
        .unwrap_or_default()
}

/// Fields of the violations of an INVALID_ARGUMENT, with their descriptions.
pub fn violations(status: &Status) -> Vec<(String, String)> {
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status:?}");
    status
        .get_details_bad_request()
        .map(|bad| {
            bad.field_violations
                .into_iter()
                .map(|v| (v.field, v.description))
                .collect()
        })
        .unwrap_or_default()
}

pub fn violated(status: &Status) -> Vec<String> {
    violations(status).into_iter().map(|(field, _)| field).collect()
}

/// A refused item of a batch, as the error of a single call.
pub fn as_status(refused: &tonic_types::pb::Status) -> Status {
    let details = refused.encode_to_vec();
    let code = tonic::Code::from_i32(refused.code);
    Status::with_details(code, refused.message.clone(), details.into())
}

/// The reasons of refused items; none for an accepted one.
pub fn reasons<T>(results: &[Result<T, Status>]) -> Vec<String> {
    let reason = |result: &Result<T, Status>| result.as_ref().err().map(reason);
    results
        .iter()
        .map(|result| reason(result).unwrap_or_default())
        .collect()
}
