//! 阶段性回复.

use hotline_proto::common::OrderState;
use hotline_proto::events::Event;
use hotline_proto::events::event::Body;
use hotline_proto::routing::get_order_request::Name;
use hotline_proto::routing::{GetOrderHistoryRequest, GetOrderRequest, NoteProgressRequest};
use prost::Message as _;
use testkit::{april, at};
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, reason, standing, violations};

fn note(order: &str, text: &str) -> NoteProgressRequest {
    NoteProgressRequest {
        request_id: Uuid::new_v4().to_string(),
        order_id: order.to_owned(),
        text: text.to_owned(),
        ..NoteProgressRequest::default()
    }
}

fn with_text(order: &str) -> GetOrderRequest {
    GetOrderRequest {
        name: Some(Name::OrderId(order.to_owned())),
        with_text: true,
    }
}

#[tokio::test]
async fn notes_are_read_with_the_order_and_change_nothing_of_it() {
    let world = World::new().await;
    let order = world.signed().await;
    let before = world.get(&order).await;
    let mut liaison = world.liaison("water");
    world.clock.move_to(at(1, 11, 0));
    let first = NoteProgressRequest {
        next_day: Some(april(3)),
        ..note(&order, "已现场查看，等待配件")
    };
    let answer = liaison.note_progress(first.clone()).await.expect("noted").into_inner();
    let again = liaison
        .note_progress(first)
        .await
        .expect("the first answer")
        .into_inner();
    assert_eq!(again, answer, "the same request is noted once");
    world.clock.move_to(at(1, 12, 0));
    liaison.note_progress(note(&order, "配件已到")).await.expect("noted");

    let found = liaison
        .get_order(with_text(&order))
        .await
        .expect("its own")
        .into_inner();
    let after = found.order.expect("an order");
    assert_eq!(
        (after.state(), after.version),
        (OrderState::InProgress, before.version + 2)
    );
    assert_eq!((&after.deadlines, after.contact_count), (&before.deadlines, 0));
    let read = found.text.expect("asked for").progress;
    let read: Vec<_> = read.iter().map(|note| (note.text.as_str(), note.next_day)).collect();
    assert_eq!(read, [("已现场查看，等待配件", Some(april(3))), ("配件已到", None)]);
    let shown = "select count(*) from sealed_read where table_of = 'progress_note' and columns = '{text}'";
    assert_eq!(world.count(shown).await, 2, "each reading is on record");

    let asked = GetOrderHistoryRequest {
        order_id: order.clone(),
        ..GetOrderHistoryRequest::default()
    };
    let steps = liaison
        .get_order_history(asked)
        .await
        .expect("its own")
        .into_inner()
        .transitions;
    let last = steps.last().expect("steps");
    assert_eq!(
        (last.event.as_str(), last.before(), last.after()),
        ("progress_noted", OrderState::InProgress, OrderState::InProgress)
    );
    let payloads: Vec<Vec<u8>> =
        sqlx::query_scalar("select payload from log where type = 'progress_noted' order by occurred_at")
            .fetch_all(&world.database.pool)
            .await
            .expect("events");
    let told: Vec<_> = payloads
        .iter()
        .filter_map(|payload| Event::decode(payload.as_slice()).ok()?.body)
        .collect();
    let [Body::ProgressNoted(first), Body::ProgressNoted(_)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!((&first.note_id, first.next_day), (&answer.note_id, Some(april(3))));
}

#[tokio::test]
async fn the_text_is_sealed() {
    let world = World::new().await;
    let order = world.signed().await;
    world
        .liaison("water")
        .note_progress(note(&order, "等待配件"))
        .await
        .expect("noted");
    let cells = "select count(*) from progress_note where position(convert_to('等待配件', 'UTF8') in text) = 0";
    assert_eq!(world.count(cells).await, 1);
    let events = "select count(*) from log where position(convert_to('等待配件', 'UTF8') in payload) > 0";
    assert_eq!(world.count(events).await, 0);
}

#[tokio::test]
async fn it_belongs_to_an_order_in_progress_of_the_own_unit() {
    let world = World::new().await;
    let order = world.dispatched().await;
    let refused = world
        .liaison("water")
        .note_progress(note(&order, "查看"))
        .await
        .expect_err("not signed");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "NOT_IN_PROGRESS".to_owned())
    );
    assert_eq!(standing(&refused)[0].as_deref(), Some("PENDING_SIGN"));
    let refused = world
        .liaison("gas")
        .note_progress(note(&order, "查看"))
        .await
        .expect_err("another unit's");
    assert_eq!(refused.code(), Code::NotFound);
    let stale = NoteProgressRequest {
        if_version: 1,
        ..note(&order, "查看")
    };
    let refused = world.liaison("water").note_progress(stale).await.expect_err("it has 2");
    assert_eq!(reason(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
    let wrong = NoteProgressRequest {
        next_day: Some(hotline_proto::Date {
            year: 2024,
            month: 3,
            day: 31,
        }),
        ..note(&order, "查看")
    };
    let refused = world
        .liaison("water")
        .note_progress(wrong)
        .await
        .expect_err("yesterday");
    assert_eq!(violations(&refused), ["next_day"]);
    let refused = world
        .liaison("water")
        .note_progress(note("no id", " "))
        .await
        .expect_err("nothing is right");
    assert_eq!(violations(&refused), ["order_id", "text"]);
}

#[tokio::test]
async fn an_order_takes_a_hundred_notes() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    for _ in 0..100 {
        liaison.note_progress(note(&order, "办理中")).await.expect("noted");
    }
    let refused = liaison
        .note_progress(note(&order, "办理中"))
        .await
        .expect_err("one too many");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "TOO_MANY_RECORDS".to_owned())
    );
}
