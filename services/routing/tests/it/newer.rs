//! Services newer than routing. Unknown values that routing only passes on are kept or ignored, and block nothing.

use hotline_proto::events::event::Body;
use hotline_proto::events::{AppealForwarded, Event, ReplyReviewed};
use hotline_proto::orders::order_of;
use prost::Message as _;

use crate::consumers::{Producer, replica, rest};
use crate::world::{World, appeal, contact, request_id};

/// A number that no enum of this program has.
const FUTURE: i32 = 77;
/// Field 9999, an empty message: an unknown field or arm.
const NEWER: [u8; 4] = [0xfa, 0xf0, 0x04, 0x00];

fn forwarded(facts: hotline_proto::intake::AppealFacts) -> Body {
    Body::AppealForwarded(AppealForwarded { appeal: Some(facts) })
}

#[tokio::test]
async fn a_value_that_limits_are_decided_by_waits_and_any_other_is_kept() {
    let world = World::new().await;
    let intake = Producer::new(&world, "intake").await;
    let mut base = world.base.clone();
    base.peers.intake.clone_from(&intake.edge.url);
    let steps = replica(base).await;
    let mut kept = appeal("0102", "430302");
    kept.defects = vec![1, FUTURE];
    kept.deputy_level = FUTURE;
    let kept = intake.tell(forwarded(kept)).await;
    for spoil in [
        |facts: &mut hotline_proto::intake::AppealFacts| facts.urgency = FUTURE,
        |facts: &mut hotline_proto::intake::AppealFacts| facts.r#type = FUTURE,
        |facts: &mut hotline_proto::intake::AppealFacts| facts.seat = FUTURE,
    ] {
        let mut facts = appeal("0102", "430302");
        spoil(&mut facts);
        intake.tell(forwarded(facts)).await;
    }
    let after = intake.tell(forwarded(appeal("0102", "430302"))).await;
    let log: Vec<_> = steps
        .into_iter()
        .filter(|step| step.name().ends_with("intake"))
        .collect();
    rest(&log).await;
    assert_eq!(world.count("select count(*) from parked").await, 3);
    assert_eq!(world.count("select count(*) from orders").await, 2);
    let order = world.get(&order_of(kept).to_string()).await;
    let facts = order.opening().expect("always set");
    assert_eq!(
        (&*facts.defects, facts.deputy_level),
        (&[1, FUTURE][..], FUTURE),
        "as it came"
    );
    world.get(&order_of(after).to_string()).await;
}

#[tokio::test]
async fn a_field_is_ignored_and_an_arm_passed_over() {
    let world = World::new().await;
    let intake = Producer::new(&world, "intake").await;
    let mut base = world.base.clone();
    base.peers.intake.clone_from(&intake.edge.url);
    let steps = replica(base).await;
    let id = intake.tell(forwarded(appeal("0102", "430302"))).await;
    let mut field = Event {
        body: Some(forwarded(appeal("0102", "430302"))),
    }
    .encode_to_vec();
    field.extend(NEWER);
    rewrite(&intake, id, field).await;
    let arm = intake.tell(forwarded(appeal("0102", "430302"))).await;
    rewrite(&intake, arm, NEWER.to_vec()).await;
    let log: Vec<_> = steps
        .into_iter()
        .filter(|step| step.name().ends_with("intake"))
        .collect();
    rest(&log).await;
    assert_eq!(world.count("select count(*) from parked").await, 0);
    assert_eq!(world.count("select count(*) from orders").await, 1);
    world.get(&order_of(id).to_string()).await;
}

#[tokio::test]
async fn a_rejection_on_a_ground_of_the_future_takes_effect_and_is_told_as_it_came() {
    let world = World::new().await;
    let (order, reply) = world.replied().await;
    let rejected = Body::ReplyReviewed(ReplyReviewed {
        review_id: request_id(),
        order_id: order.clone(),
        round: 0,
        reply_id: reply,
        passed: false,
        grounds: vec![1, FUTURE],
    });
    assert_eq!(world.decide(rejected).await, eventlog::Effect::Applied);
    let reason: String = sqlx::query_scalar("select reason from transition where event = 'reply_rejected'")
        .fetch_one(&world.database.pool)
        .await
        .expect("one");
    assert_eq!(reason, "NO_CONTACT,77");
    let payload: Vec<u8> = sqlx::query_scalar("select payload from log where type = 'reply_rejected'")
        .fetch_one(&world.database.pool)
        .await
        .expect("one");
    let event = Event::decode(payload.as_slice()).expect("an event");
    let Some(Body::ReplyRejected(told)) = event.body else {
        panic!("another event: {event:?}");
    };
    assert_eq!(told.grounds, [1, FUTURE]);
    world
        .liaison("water")
        .record_contact(contact(&order))
        .await
        .expect("back in progress");
}

async fn rewrite(producer: &Producer, event: uuid::Uuid, payload: Vec<u8>) {
    let done = sqlx::query("update log set payload = $2 where event_id = $1")
        .bind(event)
        .bind(payload)
        .execute(&producer.database.pool)
        .await
        .expect("rewritten");
    assert_eq!(done.rows_affected(), 1);
}
