//! A passed reply opens one task per round and appeal.

use hotline_proto::callback::TaskState;
use hotline_proto::events::event::Body;
use hotline_proto::events::{OrderClosed, OrderOpened};
use rpc::time::to_proto;
use testkit::at;
use uuid::Uuid;

use crate::world::{World, passed, snapshot};

async fn count(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from callback_task")
        .fetch_one(world.pool())
        .await
        .expect("tasks")
}

#[tokio::test]
async fn a_passed_reply_opens_a_task_and_nothing_else_does() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let order = Some(snapshot(id));
    world
        .tell(id, at(1, 9, 0), Body::OrderOpened(OrderOpened { order: order.clone() }))
        .await;
    world.tell(id, at(1, 9, 30), passed(snapshot(id))).await;
    world
        .tell(id, at(1, 9, 40), Body::OrderClosed(OrderClosed { order }))
        .await;
    world.read().await;
    assert_eq!(count(&world).await, 1);
    let task = world.task_of(id).await;
    assert_eq!(task.state(), TaskState::Open);
    assert_eq!(task.open_time, Some(to_proto(at(1, 9, 30))));
    assert_eq!((task.round, task.unit.as_str()), (0, "water"));
    assert_eq!((task.attempt_count, task.reached, task.rating), (0, false, 0));
}

#[tokio::test]
async fn a_round_has_one_task_and_another_round_another() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let mut order = snapshot(id);
    for round in [0, 0, 1] {
        order.round = round;
        world.tell(id, at(1, 9, 30), passed(order.clone())).await;
        world.read().await;
    }
    assert_eq!(count(&world).await, 2);
    let superseded: i64 = sqlx::query_scalar("select count(*) from superseded")
        .fetch_one(world.pool())
        .await
        .expect("superseded events");
    assert_eq!(superseded, 1);
}

#[tokio::test]
async fn two_replicas_open_each_task_once() {
    let world = World::new().await;
    let other = world.replica().await;
    for _ in 0..20 {
        let id = Uuid::new_v4();
        world.tell(id, at(1, 9, 30), passed(snapshot(id))).await;
    }
    tokio::join!(
        testkit::settled(world.consumer.as_ref()),
        testkit::settled(other.as_ref())
    );
    world.read().await;
    assert_eq!(count(&world).await, 20);
}

#[tokio::test]
async fn what_contradicts_the_contract_is_parked() {
    let world = World::new().await;
    let mut order = snapshot(Uuid::new_v4());
    order.appeals[0].facts = None;
    world.tell(Uuid::new_v4(), at(1, 9, 0), passed(order)).await;
    world.read().await;
    let parked: Vec<String> = sqlx::query_scalar("select reason from parked")
        .fetch_all(world.pool())
        .await
        .expect("parked events");
    assert!(
        matches!(parked.as_slice(), [one] if one.contains("facts is missing")),
        "{parked:?}"
    );
}
