//! 联系当事人.

use chrono::TimeDelta;
use hotline_proto::common::Defect;
use hotline_proto::events::event::Body;
use hotline_proto::routing::get_order_request::Name;
use hotline_proto::routing::{
    ContactMode, ContactResult, GetOrderHistoryRequest, GetOrderRequest, RecordContactRequest, SubmitReplyRequest,
};
use prost::Message as _;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{World, contact, reason, reply, standing, violations};

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
        (Code::FailedPrecondition, "TOO_MANY_RECORDS".to_owned())
    );
    assert!(refused.message().contains("100"), "{refused:?}");
    let asked = GetOrderRequest {
        name: Some(Name::OrderId(order.clone())),
        with_text: true,
    };
    let found = liaison.get_order(asked).await.expect("its order").into_inner();
    assert_eq!(found.order.expect("always set").contact_count, 100);
    assert_eq!(
        found.text.expect("asked for").contacts.len(),
        100,
        "a reader gets all records"
    );
    let submitted = SubmitReplyRequest {
        no_contact: 0,
        ..reply(&order)
    };
    liaison.submit_reply(submitted).await.expect("it has contact records");
}

#[tokio::test]
async fn contact_and_reply_are_refused_at_another_version() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    let mut made = contact(&order);
    made.if_version = 2;
    let refused = liaison.record_contact(made.clone()).await.expect_err("it has 3");
    assert_eq!(reason(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
    made.if_version = 3;
    liaison.record_contact(made).await.expect("as it was read");
    let mut submitted = reply(&order);
    submitted.if_version = 3;
    let refused = liaison.submit_reply(submitted.clone()).await.expect_err("it has 4");
    assert_eq!(standing(&refused), [None, None, Some("4".to_owned())]);
    submitted.if_version = 4;
    liaison.submit_reply(submitted).await.expect("as it was read");
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
async fn a_contact_counts_whatever_number_was_called() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    for (count, (phone, kept, defects)) in (1_u32..).zip([
        ("013812345678", "13812345678", vec![]),
        ("0731—58888888-801", "073158888888转801", vec![]),
        ("+853 6612 3456", "+85366123456", vec![]),
        ("\u{202D}13812345678\u{202C}", "13812345678", vec![]),
        ("13812345678/13912345678", "13812345678/13912345678", vec![]),
        ("138****5678", "138****5678", vec![Defect::PhoneMasked]),
        ("58888888", "58888888", vec![Defect::PhoneUnusable]),
    ]) {
        // The newest contact is the last one in the answer.
        world.clock.move_to(at(1, 11, count));
        let request = RecordContactRequest {
            phone: phone.to_owned(),
            ..contact(&order)
        };
        let answer = liaison.record_contact(request).await.expect("recorded").into_inner();
        assert_eq!(answer.defects().collect::<Vec<_>>(), defects, "{phone:?}");
        let request = GetOrderRequest {
            name: Some(Name::OrderId(order.clone())),
            with_text: true,
        };
        let found = liaison.get_order(request).await.expect("its own").into_inner();
        assert_eq!(found.order.expect("an order").contact_count, count);
        let text = found.text.expect("asked for");
        assert_eq!(text.contacts.last().expect("recorded").phone, kept, "{phone:?}");
    }
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
    (wrong.phone, wrong.result, wrong.note) = ("1".repeat(101), 99, "a\u{0}".to_owned());
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

#[tokio::test]
async fn a_contact_made_at_noon_and_typed_at_five_counts_at_five_and_shows_noon() {
    let world = World::new().await;
    let order = world.signed().await;
    let (noon, five) = (at(1, 12, 0), at(1, 17, 0));
    world.clock.move_to(five);
    let mut visit = contact(&order);
    (visit.mode, visit.made_time) = (ContactMode::Visit.into(), Some(to_proto(noon)));
    visit.phone = String::new();
    let mut liaison = world.liaison("water");
    liaison.record_contact(visit).await.expect("recorded");
    let found = world.get(&order).await;
    assert_eq!((found.contact_count, found.contact_time), (1, Some(to_proto(five))));
    let request = GetOrderHistoryRequest {
        order_id: order.clone(),
        ..Default::default()
    };
    let history = liaison
        .get_order_history(request)
        .await
        .expect("its history")
        .into_inner();
    let step = history.transitions.last().expect("the newest");
    assert_eq!(
        (step.event.as_str(), step.time, step.source_time),
        ("contact_recorded", Some(to_proto(five)), Some(to_proto(noon)))
    );
    let request = GetOrderRequest {
        name: Some(Name::OrderId(order)),
        with_text: true,
    };
    let found = liaison.get_order(request).await.expect("its order").into_inner();
    let said = &found.text.expect("asked for").contacts[0];
    assert_eq!(
        (said.time, said.made_time),
        (Some(to_proto(five)), Some(to_proto(noon)))
    );
    assert_eq!((said.mode(), said.phone.as_str()), (ContactMode::Visit, ""));
    let payloads: Vec<Vec<u8>> = sqlx::query_scalar("select payload from log where type = 'contact_recorded'")
        .fetch_all(&world.database.pool)
        .await
        .expect("events");
    let told: Vec<_> = payloads.iter().map(|payload| body(payload)).collect();
    let [Body::ContactRecorded(told)] = &told[..] else {
        panic!("told otherwise: {told:?}");
    };
    assert_eq!(
        (told.mode(), told.made_time),
        (ContactMode::Visit, Some(to_proto(noon)))
    );
}

fn body(payload: &[u8]) -> Body {
    let event = hotline_proto::events::Event::decode(payload).expect("an event");
    event.body.expect("a body")
}

#[tokio::test]
async fn a_call_has_a_number_and_another_contact_has_one_only_when_there_was_one() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    for (mode, phone, wrong) in [
        (ContactMode::Phone, "", Some("phone")),
        (ContactMode::Phone, "13812345678", None),
        (ContactMode::Visit, "", None),
        (ContactMode::Wechat, "", None),
        (ContactMode::Other, "", None),
        (ContactMode::Visit, "13812345678", None),
        (ContactMode::Unspecified, "", Some("mode")),
    ] {
        let mut sent = contact(&order);
        (sent.mode, sent.phone) = (mode.into(), phone.to_owned());
        match (liaison.record_contact(sent).await, wrong) {
            (Ok(_), None) => {}
            (Err(refused), Some(field)) => assert_eq!(violations(&refused), [field], "{mode:?}"),
            (other, _) => panic!("{mode:?} {phone}: {other:?}"),
        }
    }
    let rows: Vec<(i16, bool)> = sqlx::query_as("select mode, phone is not null from contact order by 1, 2")
        .fetch_all(&world.database.pool)
        .await
        .expect("rows");
    assert_eq!(rows, [(1, true), (2, false), (2, true), (3, false), (4, false)]);
}

#[tokio::test]
async fn a_contact_is_never_made_in_the_future_nor_longer_ago_than_source_days() {
    let world = World::new().await;
    let order = world.signed().await;
    let now = at(20, 9, 0);
    world.clock.move_to(now);
    let (tick, most) = (TimeDelta::microseconds(1), TimeDelta::days(7));
    for (made, right) in [
        (now, true),
        (now + tick, false),
        (now - most, true),
        (now - most - tick, false),
    ] {
        let mut sent = contact(&order);
        sent.made_time = Some(to_proto(made));
        match world.liaison("water").record_contact(sent).await {
            Ok(_) => assert!(right, "{made}"),
            Err(refused) => assert!(!right && violations(&refused) == ["made_time"], "{made}: {refused:?}"),
        }
    }
}
