//! `RecordLedgerEntry`: an entry, told once, and every refusal.

use hotline_proto::Date;
use hotline_proto::access::Role;
use hotline_proto::events::{Event, LedgerKind, event::Body};
use hotline_proto::supervision::RecordLedgerEntryRequest;
use prost::Message as _;
use testkit::{april, at};
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, violations};

pub fn entry(kind: LedgerKind, day: Date) -> RecordLedgerEntryRequest {
    RecordLedgerEntryRequest {
        request_id: Uuid::new_v4().to_string(),
        kind: kind.into(),
        day: Some(day),
        unit: "water".to_owned(),
        title: "拨测".to_owned(),
        result: "一次接通".to_owned(),
    }
}

#[tokio::test]
async fn an_entry_is_told_once_however_often_it_is_asked() {
    let world = World::new().await;
    let mut client = world.client(Role::Supervisor);
    let request = entry(LedgerKind::TestCall, april(1));
    let first = client.record_ledger_entry(request.clone()).await.expect("an entry");
    // A day later the same request still gets the first answer.
    world.clock.move_to(at(2, 9, 0));
    let again = client.record_ledger_entry(request.clone()).await.expect("the same");
    assert_eq!(first.get_ref(), again.get_ref());
    let other = RecordLedgerEntryRequest {
        title: "培训".to_owned(),
        ..request
    };
    let refused = client.record_ledger_entry(other).await.expect_err("other content");
    assert_eq!(refused.code(), Code::AlreadyExists);
    let id = Uuid::try_parse(&first.get_ref().entry_id).expect("an id");
    assert_eq!(
        world.told().await,
        [(id, 1, "ledger_entry_recorded".to_owned(), at(1, 9, 0))]
    );
    let payload: Vec<u8> = sqlx::query_scalar("select payload from log")
        .fetch_one(world.pool())
        .await
        .expect("one event");
    let body = Event::decode(payload.as_slice()).expect("an event").body;
    let Some(Body::LedgerEntryRecorded(event)) = body else {
        panic!("{body:?}");
    };
    assert_eq!((event.kind(), event.day), (LedgerKind::TestCall, Some(april(1))));
    assert_eq!(event.unit, "water");
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let world = World::new().await;
    let mut client = world.client(Role::Operator);
    let wrong = RecordLedgerEntryRequest {
        request_id: "x".to_owned(),
        unit: "不是".to_owned(),
        title: "长".repeat(201),
        result: "长".repeat(2_001),
        ..RecordLedgerEntryRequest::default()
    };
    let refused = client.record_ledger_entry(wrong).await.expect_err("all wrong");
    assert_eq!(
        violations(&refused),
        ["request_id", "kind", "day", "unit", "title", "result"]
    );
    let tomorrow = entry(LedgerKind::Meeting, april(2));
    let refused = client.record_ledger_entry(tomorrow).await.expect_err("not yet");
    assert_eq!(violations(&refused), ["day"]);
    let bare = RecordLedgerEntryRequest {
        unit: String::new(),
        result: String::new(),
        ..entry(LedgerKind::Meeting, april(1))
    };
    client.record_ledger_entry(bare).await.expect("of the hotline itself");
}

#[tokio::test]
async fn a_supervisor_of_a_unit_keeps_no_ledger() {
    let world = World::new().await;
    let request = entry(LedgerKind::Exam, april(1));
    let mut county = world.of_unit(Role::Supervisor, "water");
    let refused = county.record_ledger_entry(request).await.expect_err("not its own");
    assert_eq!(refused.code(), Code::PermissionDenied);
}
