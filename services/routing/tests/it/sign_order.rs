//! 签收.

use hotline_proto::common::OrderState;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{World, appeal, reason, request_id, sign, standing};

#[tokio::test]
async fn at_the_limit_is_in_time_and_a_minute_later_is_late() {
    for (minute, late) in [(0, false), (1, true)] {
        let world = World::new().await;
        let order = world.dispatched().await;
        world.clock.move_to(at(2, 18, minute));
        let answer = world
            .liaison("water")
            .sign_order(sign(&order))
            .await
            .expect("signed")
            .into_inner();
        assert_eq!(answer.late, late);
        assert_eq!(answer.order.expect("always set").state(), OrderState::InProgress);
        assert_eq!(world.get(&order).await.sign_time, Some(to_proto(at(2, 18, minute))));
    }
}

#[tokio::test]
async fn the_unit_above_may_sign_and_nobody_beside() {
    let world = World::new().await;
    let order = world.forward(appeal("010201", "430304")).await;
    for stranger in ["gas", "traffic", "nobody"] {
        let refused = world
            .liaison(stranger)
            .sign_order(sign(&order))
            .await
            .expect_err("another's order");
        assert_eq!(refused.code(), Code::NotFound, "{stranger}");
    }
    world
        .liaison("utilities")
        .sign_order(sign(&order))
        .await
        .expect("above the lead");
    let order = world.dispatched().await;
    let refused = world
        .liaison("water.north")
        .sign_order(sign(&order))
        .await
        .expect_err("below the lead");
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn an_order_is_signed_once() {
    let world = World::new().await;
    let order = world.dispatched().await;
    let request = sign(&order);
    let mut liaison = world.liaison("water");
    let first = liaison.sign_order(request.clone()).await.expect("signed").into_inner();
    world.clock.move_to(at(1, 12, 0));
    let same = liaison
        .sign_order(request.clone())
        .await
        .expect("the first answer")
        .into_inner();
    assert_eq!(first, same);
    let refused = liaison.sign_order(sign(&order)).await.expect_err("signed");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "ALREADY_SIGNED".to_owned())
    );
    let mut other = request;
    other.order_id = request_id();
    let refused = liaison.sign_order(other).await.expect_err("another content");
    assert_eq!(refused.code(), Code::AlreadyExists);
    let waiting = world.forward(appeal("0999", "430302")).await;
    let refused = liaison
        .sign_order(sign(&waiting))
        .await
        .expect_err("it has no lead unit");
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn a_refusal_says_where_the_order_stands_and_a_stale_caller_what_is() {
    let world = World::new().await;
    let order = world.dispatched().await;
    let mut liaison = world.liaison("water");
    for (if_version, right) in [(1, false), (3, false), (2, true)] {
        let request = hotline_proto::routing::SignOrderRequest {
            if_version,
            ..sign(&order)
        };
        match liaison.sign_order(request).await {
            Ok(_) => assert!(right, "{if_version}"),
            Err(refused) => {
                assert!(!right, "{if_version}: {refused}");
                assert_eq!(reason(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
                assert_eq!(standing(&refused)[2].as_deref(), Some("2"));
            }
        }
    }
    let refused = liaison.sign_order(sign(&order)).await.expect_err("signed");
    let stands = ["IN_PROGRESS", "0", "3"].map(|text| Some(text.to_owned()));
    assert_eq!(standing(&refused), stands);
    let stale = hotline_proto::routing::SignOrderRequest {
        if_version: 1,
        ..sign(&order)
    };
    let refused = world.liaison("gas").sign_order(stale).await.expect_err("not its own");
    assert_eq!(
        refused.code(),
        Code::NotFound,
        "an order outside the reach has no version"
    );
}

#[tokio::test]
async fn fifty_at_once_sign_once() {
    let world = World::new().await;
    let order = world.dispatched().await;
    let request = sign(&order);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (mut liaison, request) = (world.liaison("water"), request.clone());
        tasks.spawn(async move { liaison.sign_order(request).await.map(tonic::Response::into_inner) });
    }
    let answers = tasks.join_all().await;
    let first = answers[0].clone().expect("signed");
    for answer in answers {
        assert_eq!(answer.expect("the same answer"), first);
    }
    assert_eq!(
        world
            .count("select count(*) from transition where event = 'order_signed'")
            .await,
        1
    );
}
