//! `IssueRiskNotice`: counted, sealed, told once, and every refusal.

use hotline_proto::access::Role;
use hotline_proto::events::{Event, RiskLevel, event::Body};
use hotline_proto::supervision::{IssueRiskNoticeRequest, IssueRiskNoticeResponse};
use prost::Message as _;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::orders::Order;
use crate::world::{World, reason, violations};

/// A notice about these orders, due at noon.
pub fn notice(orders: &[Uuid], units: &[&str]) -> IssueRiskNoticeRequest {
    IssueRiskNoticeRequest {
        request_id: Uuid::new_v4().to_string(),
        level: RiskLevel::Major.into(),
        category: "0101".to_owned(),
        region: "430302".to_owned(),
        summary: "多人反映张三的门店停业".to_owned(),
        measures: "请核实预付卡余额".to_owned(),
        first_time: Some(to_proto(at(1, 8, 0))),
        last_time: Some(to_proto(at(1, 9, 0))),
        order_ids: orders.iter().map(ToString::to_string).collect(),
        units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        feedback_due_time: Some(to_proto(at(1, 12, 0))),
    }
}

/// A notice about one order that supervision knows.
pub async fn about_one_order(world: &World, units: &[&str]) -> IssueRiskNoticeRequest {
    let order = Order::open(world, at(1, 9, 0)).await;
    world.read().await;
    notice(&[order.id], units)
}

/// A notice that the hotline's supervisor has issued.
pub async fn issued(world: &World, units: &[&str]) -> IssueRiskNoticeResponse {
    let request = about_one_order(world, units).await;
    let answer = world.client(Role::Supervisor).issue_risk_notice(request).await;
    answer.expect("a known order").into_inner()
}

/// Appeals of all orders, each with the transaction that wrote its row.
async fn watched(world: &World) -> Vec<(Uuid, Uuid, String)> {
    let query = "select order_id, appeal_id, xmin::text from watched_appeal order by order_id, appeal_id";
    sqlx::query_as(query).fetch_all(world.pool()).await.expect("appeals")
}

#[tokio::test]
async fn appeals_and_persons_are_counted_from_the_orders() {
    let world = World::new().await;
    let (shared, unknown) = (Uuid::new_v4(), Uuid::new_v4());
    let mut first = Order::open(&world, at(1, 9, 0)).await;
    first.link(&[(shared, b"li"), (Uuid::new_v4(), b"li"), (unknown, b"")]);
    first.contact(at(1, 9, 1)).await;
    let mut second = Order::open(&world, at(1, 9, 0)).await;
    second.link(&[(shared, b"li"), (Uuid::new_v4(), b"wang")]);
    second.contact(at(1, 9, 2)).await;
    world.read().await;
    // Each order was opened with another appeal of an unknown person.
    let stored = watched(&world).await;
    assert_eq!(stored.len(), 7);
    // The same facts again write nothing.
    second.contact(at(1, 9, 3)).await;
    world.read().await;
    assert_eq!(watched(&world).await, stored);
    let mut client = world.client(Role::Supervisor);
    let request = notice(&[first.id, second.id], &["water", "gas"]);
    let answer = client
        .issue_risk_notice(request)
        .await
        .expect("known orders")
        .into_inner();
    assert_eq!((answer.appeal_count, answer.person_count), (6, 2));
    let request = notice(&[second.id], &["water"]);
    let answer = client
        .issue_risk_notice(request)
        .await
        .expect("known orders")
        .into_inner();
    assert_eq!((answer.appeal_count, answer.person_count), (3, 2));
}

#[tokio::test]
async fn a_notice_is_told_once_without_its_texts_which_are_sealed() {
    let world = World::new().await;
    let mut client = world.client(Role::Supervisor);
    let request = about_one_order(&world, &["water", "gas"]).await;
    let first = client.issue_risk_notice(request.clone()).await.expect("a known order");
    // After the limit the same request still gets the first answer.
    world.clock.move_to(at(2, 9, 0));
    let again = client.issue_risk_notice(request.clone()).await.expect("the same");
    assert_eq!(first.get_ref(), again.get_ref());
    let other = IssueRiskNoticeRequest {
        summary: "另一件事".to_owned(),
        ..request.clone()
    };
    let refused = client.issue_risk_notice(other).await.expect_err("other content");
    assert_eq!(refused.code(), Code::AlreadyExists);
    let answer = first.into_inner();
    assert!(answer.number.starts_with("R240401-"), "{}", answer.number);
    let id = Uuid::try_parse(&answer.notice_id).expect("an id");
    assert_eq!(
        world.told().await,
        [(id, 1, "risk_notice_issued".to_owned(), at(1, 9, 0))]
    );
    let (payload, summary, measures): (Vec<u8>, Vec<u8>, Vec<u8>) =
        sqlx::query_as("select l.payload, n.summary, n.measures from log l join risk_notice n on n.id = l.key")
            .fetch_one(world.pool())
            .await
            .expect("one event");
    let body = Event::decode(payload.as_slice()).expect("an event").body;
    let Some(Body::RiskNoticeIssued(event)) = body else {
        panic!("{body:?}");
    };
    assert_eq!(
        (event.number, event.units),
        (answer.number, vec!["gas".to_owned(), "water".to_owned()])
    );
    assert_eq!((event.order_count, event.appeal_count, event.person_count), (1, 1, 0));
    for bytes in [payload, summary, measures] {
        for text in [&request.summary, &request.measures] {
            assert!(bytes.windows(text.len()).all(|window| window != text.as_bytes()));
        }
    }
}

#[tokio::test]
async fn an_order_that_supervision_does_not_know_is_refused_by_its_place() {
    let world = World::new().await;
    let order = Order::open(&world, at(1, 9, 0)).await;
    world.read().await;
    let request = notice(&[order.id, Uuid::new_v4(), Uuid::new_v4()], &["water"]);
    let refused = world.client(Role::Supervisor).issue_risk_notice(request).await;
    let refused = refused.expect_err("two are unknown");
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "UNKNOWN_ORDER".to_owned()));
    assert!(refused.message().starts_with("order_ids[1] "), "{}", refused.message());
    assert_eq!(world.told().await, []);
}

#[tokio::test]
async fn an_order_without_a_known_appeal_is_unknown_until_its_next_event() {
    let world = World::new().await;
    let mut order = Order::open(&world, at(1, 9, 0)).await;
    world.read().await;
    // As an order from before its appeals were stored.
    sqlx::query("delete from watched_appeal")
        .execute(world.pool())
        .await
        .expect("a table");
    let mut client = world.client(Role::Supervisor);
    let request = notice(&[order.id], &["water"]);
    let refused = client.issue_risk_notice(request.clone()).await.expect_err("no appeal");
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "UNKNOWN_ORDER".to_owned()));
    assert!(refused.message().starts_with("order_ids[0] "), "{}", refused.message());
    order.contact(at(1, 9, 1)).await;
    world.read().await;
    let answer = client.issue_risk_notice(request).await.expect("a known appeal");
    assert_eq!(answer.into_inner().appeal_count, 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let world = World::new().await;
    let mut client = world.client(Role::Supervisor);
    let refused = client.issue_risk_notice(IssueRiskNoticeRequest::default()).await;
    let empty = [
        "request_id",
        "level",
        "category",
        "region",
        "summary",
        "measures",
        "first_time",
        "last_time",
        "order_ids",
        "units",
        "feedback_due_time",
    ];
    assert_eq!(violations(&refused.expect_err("all missing")), empty);
    let twice = Uuid::new_v4();
    let wrong = IssueRiskNoticeRequest {
        last_time: Some(to_proto(at(1, 7, 0))),
        ..notice(&[twice, twice], &["water", "water", "不是"])
    };
    let refused = client.issue_risk_notice(wrong).await.expect_err("named twice");
    assert_eq!(
        violations(&refused),
        ["last_time", "order_ids[1]", "units[1]", "units[2]"]
    );
    let many: Vec<Uuid> = (0..1_001).map(|_| Uuid::new_v4()).collect();
    let units: Vec<String> = (0..51).map(|unit| format!("u{unit}")).collect();
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    let refused = client.issue_risk_notice(notice(&many, &units)).await;
    assert_eq!(violations(&refused.expect_err("too many")), ["order_ids", "units"]);
    let turned = IssueRiskNoticeRequest {
        last_time: Some(to_proto(at(1, 9, 1))),
        feedback_due_time: Some(to_proto(at(1, 9, 0))),
        ..about_one_order(&world, &["water"]).await
    };
    let refused = client.issue_risk_notice(turned).await.expect_err("at 9:00");
    assert_eq!(violations(&refused), ["last_time", "feedback_due_time"]);
}

#[tokio::test]
async fn only_the_hotlines_supervisor_issues() {
    let world = World::new().await;
    let request = about_one_order(&world, &["water"]).await;
    for mut client in [
        world.of_unit(Role::Supervisor, "water"),
        world.of_unit(Role::Liaison, "water"),
        world.client(Role::Analyst),
    ] {
        let refused = client.issue_risk_notice(request.clone()).await.expect_err("no right");
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}
