//! A served intake with reference data, and what callers say to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, PhoneNumber};
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use intake::config::IntakeConfig;
use intake::{App, Settings};
use platform::clock::DrivenClock;
use platform::grpc::client::Peer;
use platform::lifecycle::Lifecycle;
use platform::service::Base;
use prost::Message as _;
use sqlx::PgPool;
use testkit::{Database, Edge, at};
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

pub type Client = IntakeServiceClient<Peer>;

pub struct World {
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

/// Over a database that is there.
pub async fn over(database: Database, settings: Settings) -> World {
    let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
    let lifecycle = Lifecycle::draining(Duration::from_secs(settings.server.drain_seconds));
    let base = Base {
        lifecycle: lifecycle.clone(),
        ..Edge::base(intake::NAME, &database, &clock)
    };
    let app = App::build(&settings, base).await.expect("wired");
    let edge = Edge::serve(intake::NAME, app.routes(), app.rpc_services(), &clock, &lifecycle).await;
    World {
        edge,
        database,
        clock,
        app,
    }
}

impl World {
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

    /// Registers a right appeal.
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

    /// The events about one thing, as (id, type, version, body), in order.
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

pub fn publishing(valid_from: &str, reference: pb::Reference) -> pb::PublishReferenceRequest {
    pb::PublishReferenceRequest {
        request_id: fresh(),
        valid_from: valid_from.to_owned(),
        reference: Some(reference),
    }
}

pub fn reference() -> pb::Reference {
    let channel = |code: &str, name: &str, online| pb::Channel {
        code: code.to_owned(),
        name: name.to_owned(),
        online,
        platform: String::new(),
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

/// What an appellant's telephone field is read as: each number, with its extension behind a slash.
pub fn numbers(appellant: &pb::Appellant) -> Vec<String> {
    let number = |sent: &PhoneNumber| match sent.extension.as_str() {
        "" => sent.number.clone(),
        extension => format!("{}/{extension}", sent.number),
    };
    appellant.phone_numbers.iter().map(number).collect()
}

/// The stable reason of a refusal.
pub fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// The fields that an INVALID_ARGUMENT names, with what it says of them.
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
