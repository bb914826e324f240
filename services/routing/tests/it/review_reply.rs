//! A review of supervision takes effect or is late.

use eventlog::Effect;
use hotline_proto::common::{ClockKind, OrderState, RejectionGround};
use hotline_proto::events::ReplyReviewed;
use hotline_proto::events::event::Body;
use rpc::time::to_proto;
use testkit::at;

use crate::world::{World, limit_of, pass, request_id};

fn reject(order: &str, round: u32, reply: &str) -> Body {
    Body::ReplyReviewed(ReplyReviewed {
        review_id: request_id(),
        order_id: order.to_owned(),
        round,
        reply_id: reply.to_owned(),
        passed: false,
        grounds: vec![RejectionGround::NoFacts.into(), RejectionGround::Wording.into()],
    })
}

#[tokio::test]
async fn a_rejected_reply_goes_back_with_the_original_deadline() {
    let world = World::new().await;
    let (order, first) = world.replied().await;
    world.clock.move_to(at(2, 10, 0));
    assert_eq!(world.decide(reject(&order, 0, &first)).await, Effect::Applied);
    let found = world.get(&order).await;
    assert_eq!(
        (found.state(), found.rejected_count, found.round),
        (OrderState::InProgress, 1, 0)
    );
    assert_eq!(
        limit_of(&found, ClockKind::Handle).due_time,
        Some(to_proto(at(9, 18, 0)))
    );
    world.clock.move_to(at(3, 10, 0));
    let second = world.reply_to(&order).await;
    world.clock.move_to(at(10, 10, 0));
    assert_eq!(world.decide(pass(&order, 0, &second)).await, Effect::Applied);
    let found = world.get(&order).await;
    assert_eq!(found.state(), OrderState::PendingCallback);
    assert_eq!(
        found.accepted_reply_time,
        Some(to_proto(at(3, 10, 0))),
        "time of submission, not of the review"
    );
}

#[tokio::test]
async fn a_late_review_is_superseded_and_changes_nothing() {
    let world = World::new().await;
    let (order, reply) = world.replied().await;
    assert_eq!(
        world.decide(pass(&order, 1, &reply)).await,
        Effect::Superseded("OTHER_ROUND")
    );
    assert_eq!(
        world.decide(pass(&order, 0, &request_id())).await,
        Effect::Superseded("OTHER_REPLY")
    );
    assert_eq!(world.decide(reject(&order, 0, &reply)).await, Effect::Applied);
    let before = world.get(&order).await;
    assert_eq!(
        world.decide(pass(&order, 0, &reply)).await,
        Effect::Superseded("NOT_PENDING_REVIEW")
    );
    assert_eq!(world.get(&order).await, before);
}

#[tokio::test]
async fn a_review_of_an_order_that_is_not_here_waits_for_it() {
    let world = World::new().await;
    let order = uuid::Uuid::new_v4();
    let effect = world.decide(pass(&order.to_string(), 0, &request_id())).await;
    assert_eq!(effect, Effect::Waits(order));
}

#[tokio::test]
async fn time_never_runs_backwards_for_an_order() {
    let world = World::new().await;
    let (order, reply) = world.replied().await;
    let mut early = world.event("supervision", pass(&order, 0, &reply));
    early.occurred_at = at(1, 8, 0);
    assert_eq!(world.apply(&world.decisions, vec![early]).await, [Effect::Applied]);
    assert_eq!(
        world
            .count("select count(*) from transition where at < '2024-04-01T01:00:00Z'")
            .await,
        0
    );
}
