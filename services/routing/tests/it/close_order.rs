//! 办结: the final outcome of callback closes the order, once, and only in the round that it names.

use eventlog::Effect;
use hotline_proto::common::OrderState;
use rpc::time::to_proto;
use testkit::at;

use crate::world::{World, outcome};

#[tokio::test]
async fn a_final_outcome_closes_and_another_changes_nothing() {
    let world = World::new().await;
    let order = world.passed().await;
    let before = world.get(&order).await;
    assert_eq!(world.decide(outcome(&order, 0, false)).await, Effect::Ignored);
    assert_eq!(world.get(&order).await, before);
    world.clock.move_to(at(2, 15, 0));
    assert_eq!(world.decide(outcome(&order, 0, true)).await, Effect::Applied);
    let found = world.get(&order).await;
    assert_eq!((found.state(), found.closed_dissatisfied), (OrderState::Closed, false));
    assert_eq!(found.close_time, Some(to_proto(at(2, 15, 0))));
    assert_eq!(
        world.decide(outcome(&order, 0, true)).await,
        Effect::Superseded("NOT_PENDING_CALLBACK")
    );
}

#[tokio::test]
async fn an_outcome_of_another_round_or_before_its_time_closes_nothing() {
    let world = World::new().await;
    let (order, _) = world.replied().await;
    assert_eq!(
        world.decide(outcome(&order, 0, true)).await,
        Effect::Superseded("NOT_PENDING_CALLBACK")
    );
    let passed = world.passed().await;
    assert_eq!(
        world.decide(outcome(&passed, 1, true)).await,
        Effect::Superseded("OTHER_ROUND")
    );
    for order in [order, passed] {
        assert_ne!(world.get(&order).await.state(), OrderState::Closed);
    }
    assert_eq!(
        world
            .count("select count(*) from log where type = 'order_closed'")
            .await,
        0
    );
}

#[tokio::test]
async fn what_closes_is_told_and_stands_in_the_history() {
    let world = World::new().await;
    let order = world.passed().await;
    world.decide(outcome(&order, 0, true)).await;
    assert_eq!(
        world
            .count("select count(*) from log where type = 'order_closed'")
            .await,
        1
    );
    let violations = routing::doctor::check(&world.database.pool).await.expect("checked");
    assert_eq!(violations, [], "state, history and log agree");
}
