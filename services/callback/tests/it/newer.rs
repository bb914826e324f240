//! A routing that is newer than callback: its unknown values, arms and fields park no event.

use hotline_proto::callback::TaskState;
use hotline_proto::common::Urgency;
use hotline_proto::events::event::Body;
use hotline_proto::events::{Event, ReplyPassed};
use prost::Message as _;
use testkit::at;
use uuid::Uuid;

use crate::world::{World, opening, passed, snapshot};

/// Field 9999, an empty message: a field or an arm that this program does not have.
const NEWER: [u8; 4] = [0xfa, 0xf0, 0x04, 0x00];

async fn parked(world: &World) -> i64 {
    sqlx::query_scalar("select (select count(*) from parked) + (select count(*) from waiting)")
        .fetch_one(world.pool())
        .await
        .expect("an answer")
}

#[tokio::test]
async fn values_of_the_future_are_kept_and_compared() {
    let world = World::new().await;
    let known = world
        .passed_with(|order| opening(order).urgency = Urgency::LifeSafety.into())
        .await;
    world.clock.move_to(at(1, 9, 1));
    let newer = world
        .passed_with(|order| {
            order.state = 77;
            order.no_contact = 77;
            let facts = opening(order);
            (facts.r#type, facts.urgency) = (77, 77);
            facts.defects = vec![77];
        })
        .await;
    assert_eq!(parked(&world).await, 0);
    assert_eq!(world.task_of(newer).await.state(), TaskState::Open);
    let stored: i16 = sqlx::query_scalar("select urgency from callback_task where order_id = $1")
        .bind(newer)
        .fetch_one(world.pool())
        .await
        .expect("its task");
    assert_eq!(stored, 77, "as it came");
    let mut client = world.agent("agent:1");
    let first = world.lease(&mut client).await;
    assert_eq!(first.order_id, newer.to_string(), "a greater urgency comes first");
    let second = world.lease(&mut client).await;
    assert_eq!(second.order_id, known.to_string());
}

#[tokio::test]
async fn a_field_of_the_future_is_ignored_and_an_arm_is_passed_over() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    world.tell(id, at(1, 9, 0), passed(snapshot(id))).await;
    world
        .rewrite(|payload| {
            // Parts of one message are merged: field 1 of the same arm is the order, with the new field in it.
            let body = Some(Body::ReplyPassed(ReplyPassed::default()));
            let mut part = Event { body }.encode_to_vec();
            assert_eq!(part.pop(), Some(0), "the length of nothing");
            part.extend([6, 0x0a, 4]);
            part.extend(NEWER);
            payload.extend(part);
        })
        .await;
    world.read().await;
    assert_eq!(world.task_of(id).await.order_number, snapshot(id).number);

    let other = Uuid::new_v4();
    world.tell(other, at(1, 9, 1), passed(snapshot(other))).await;
    world.rewrite(|payload| *payload = NEWER.to_vec()).await;
    world.read().await;
    assert_eq!(world.tasks_of(other).await, []);
    assert_eq!(parked(&world).await, 0);
    world.passed().await;
}

#[tokio::test]
async fn an_urgency_that_no_contract_can_have_is_parked() {
    let world = World::new().await;
    for urgency in [0, -1, i32::from(i16::MAX) + 1] {
        world.passed_with(|order| opening(order).urgency = urgency).await;
    }
    assert_eq!(parked(&world).await, 3);
}
