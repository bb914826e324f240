//! An appellant without a usable telephone number is due for callback, and ends unrated for that ground without a call.

use hotline_proto::callback::TaskState;
use hotline_proto::common::{Rating, UnratedGround};
use hotline_proto::events::OutcomeRecorded;
use hotline_proto::events::event::Body;
use hotline_proto::routing::Order;

use crate::world::{World, lease, opening};

fn without_channel(order: &mut Order) {
    opening(order).no_channel = true;
}

#[tokio::test]
async fn it_ends_as_it_is_opened_and_is_told_once() {
    let world = World::new().await;
    let order = world.passed_with(without_channel).await;
    world.passed().await;
    let task = world.task_of(order).await;
    assert_eq!(
        (task.state(), task.rating(), task.ground()),
        (TaskState::Done, Rating::Unrated, UnratedGround::NoChannel)
    );
    assert_eq!(
        (task.attempt_count, task.reached, task.done_time),
        (0, false, task.open_time)
    );
    let told = world.told(order).await;
    let [(1, Body::OutcomeRecorded(outcome))] = told.as_slice() else {
        panic!("{told:?}");
    };
    let expected = OutcomeRecorded {
        task_id: task.task_id.clone(),
        order_id: order.to_string(),
        appeal_id: task.appeal_id.clone(),
        rating: Rating::Unrated.into(),
        r#final: true,
        ground: UnratedGround::NoChannel.into(),
        ..OutcomeRecorded::default()
    };
    assert_eq!(*outcome, expected);
    let mut agent = world.agent("agent:1");
    let leases = agent
        .lease_tasks(lease(5))
        .await
        .expect("a right request")
        .into_inner()
        .leases;
    assert_eq!(leases.len(), 1, "only the other one waits");
    assert_ne!(leases[0].task_id, task.task_id);
}

#[tokio::test]
async fn each_round_ends_so_and_an_anonymous_one_waits_as_ever() {
    let world = World::new().await;
    let order = world.passed_with(without_channel).await;
    let next = |snapshot: &mut Order| {
        without_channel(snapshot);
        (snapshot.order_id, snapshot.round) = (order.to_string(), 1);
    };
    assert_eq!(world.passed_with(next).await, order);
    let versions: Vec<i64> = world
        .told(order)
        .await
        .into_iter()
        .map(|(version, _)| version)
        .collect();
    assert_eq!(versions, [1, 2]);
    let anonymous = |snapshot: &mut Order| opening(snapshot).anonymous = true;
    let anonymous = world.passed_with(anonymous).await;
    let task = world.task_of(anonymous).await;
    assert_eq!(
        (task.state(), task.ground()),
        (TaskState::Open, UnratedGround::Unspecified)
    );
}
