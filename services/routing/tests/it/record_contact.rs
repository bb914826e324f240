//! 联系当事人.

use hotline_proto::routing::get_order_request::Name;
use hotline_proto::routing::{ContactResult, GetOrderRequest, SubmitReplyRequest};
use platform::grpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{World, contact, reason, reply, violations};

#[tokio::test]
async fn every_record_counts_and_the_first_that_reached_is_told() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    let mut attempt = contact(&order);
    attempt.result = ContactResult::NoAnswer.into();
    liaison.record_contact(attempt).await.expect("recorded");
    let found = world.get(&order).await;
    assert_eq!((found.contact_count, found.contact_time), (1, None));
    world.clock.move_to(at(1, 11, 0));
    liaison.record_contact(contact(&order)).await.expect("recorded");
    world.clock.move_to(at(1, 12, 0));
    liaison.record_contact(contact(&order)).await.expect("recorded");
    let found = world.get(&order).await;
    assert_eq!(
        (found.contact_count, found.contact_time),
        (3, Some(to_proto(at(1, 11, 0))))
    );
}

#[tokio::test]
async fn an_order_takes_a_hundred_records_and_then_its_reply() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    for _ in 0..100 {
        liaison.record_contact(contact(&order)).await.expect("recorded");
    }
    let request = contact(&order);
    let refused = liaison.record_contact(request).await.expect_err("one too many");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "TOO_MANY_CONTACTS".to_owned())
    );
    assert!(refused.message().contains("100"), "{refused:?}");
    let asked = GetOrderRequest {
        name: Some(Name::OrderId(order.clone())),
        with_text: true,
    };
    let found = liaison.get_order(asked).await.expect("its order").into_inner().order;
    let found = found.expect("always set");
    assert_eq!(found.contact_count, 100);
    assert_eq!(
        found.text.expect("asked for").contacts.len(),
        100,
        "a reading shows all"
    );
    let submitted = SubmitReplyRequest {
        no_contact: 0,
        ..reply(&order)
    };
    liaison.submit_reply(submitted).await.expect("it has contact records");
}

#[tokio::test]
async fn what_was_said_is_sealed_and_goes_nowhere_else() {
    let world = World::new().await;
    let order = world.signed().await;
    world
        .liaison("water")
        .record_contact(contact(&order))
        .await
        .expect("recorded");
    let (phone, note, recording): (Vec<u8>, Vec<u8>, Vec<u8>) =
        sqlx::query_as("select phone, note, recording from contact")
            .fetch_one(&world.database.pool)
            .await
            .expect("one");
    for (cell, plain) in [(phone, "13812345678"), (note, "约了周三"), (recording, "rec/1")] {
        assert!(!cell.windows(plain.len()).any(|window| window == plain.as_bytes()));
    }
    let payloads: Vec<Vec<u8>> = sqlx::query_scalar("select payload from log")
        .fetch_all(&world.database.pool)
        .await
        .expect("events");
    assert!(
        !payloads
            .iter()
            .any(|payload| payload.windows(11).any(|window| window == b"13812345678"))
    );
}

#[tokio::test]
async fn it_belongs_to_an_order_in_progress() {
    let world = World::new().await;
    let order = world.dispatched().await;
    let refused = world
        .liaison("water")
        .record_contact(contact(&order))
        .await
        .expect_err("not signed");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "NOT_IN_PROGRESS".to_owned())
    );
    let mut wrong = contact(&order);
    (wrong.phone, wrong.result, wrong.note) = ("12345".to_owned(), 99, "a\u{0}".to_owned());
    wrong.recording = "字".repeat(201);
    let refused = world
        .liaison("water")
        .record_contact(wrong)
        .await
        .expect_err("nothing is right");
    assert_eq!(violations(&refused), ["phone", "result", "note", "recording"]);
    let refused = world
        .liaison("gas")
        .record_contact(contact(&order))
        .await
        .expect_err("another's order");
    assert_eq!(refused.code(), Code::NotFound);
}
