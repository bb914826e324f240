use hotline_proto::access::Role;
use hotline_proto::common::Seat;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::registers::cancelling;
use crate::world::{day, draft, fresh, reason, standing, violated, world};

#[tokio::test]
async fn a_day_is_cancelled_and_told_once() {
    let world = world().await;
    let announced = world.announced(2).await;
    let mut operator = world.client(Role::Operator);
    let request = cancelling(&announced);
    let first = operator
        .cancel_leader_day(request.clone())
        .await
        .expect("cancelled")
        .into_inner();
    assert_eq!(first.cancelled_time, Some(to_proto(at(1, 9, 0))));
    let again = operator.cancel_leader_day(request).await.expect("again").into_inner();
    assert_eq!(again, first);
    let told = world.told(&announced).await;
    let [_, (_, _, 2, Body::LeaderDayCancelled(event))] = &told[..] else {
        panic!("told otherwise: {told:?}");
    };
    assert_eq!(event.day, Some(day("2024-04-02")));
    let refused = operator
        .cancel_leader_day(cancelling(&announced))
        .await
        .expect_err("twice");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "LEADER_DAY_FIXED")
    );
    assert_eq!(standing(&refused)["state"], "CANCELLED");
}

#[tokio::test]
async fn a_day_that_an_appeal_names_is_fixed() {
    let world = world().await;
    let announced = world.announced(1).await;
    let called = pb::AppealDraft {
        seat: Seat::LeaderDay.into(),
        ..draft()
    };
    world.register(called).await;
    let mut operator = world.client(Role::Operator);
    let refused = operator
        .cancel_leader_day(cancelling(&announced))
        .await
        .expect_err("named");
    assert_eq!(reason(&refused), "LEADER_DAY_FIXED");
    assert_eq!(standing(&refused)["state"], "NAMED");
    assert_eq!(world.told(&announced).await.len(), 1);
}

/// Whoever comes first wins: the appeal is at the day, or the day is cancelled and the appeal has a defect. The doctor
/// finds an appeal at a cancelled day when the world ends.
#[tokio::test]
async fn an_appeal_never_names_a_day_that_is_cancelled_at_the_same_time() {
    let world = world().await;
    for of_april in 1..6 {
        let announced = world.announced(of_april).await;
        let called = pb::AppealDraft {
            seat: Seat::LeaderDay.into(),
            leader_day_id: announced.clone(),
            ..draft()
        };
        let mut operator = world.client(Role::Operator);
        let (registered, cancelled) = tokio::join!(
            world.register(called),
            operator.cancel_leader_day(cancelling(&announced))
        );
        assert_eq!(registered.defects.is_empty(), cancelled.is_err(), "{cancelled:?}");
    }
}

#[tokio::test]
async fn an_unknown_day_and_every_fault_are_told() {
    let world = world().await;
    let mut operator = world.client(Role::Operator);
    let unknown = operator.cancel_leader_day(cancelling(&fresh())).await;
    assert_eq!(unknown.expect_err("unknown").code(), Code::NotFound);
    let wrong = pb::CancelLeaderDayRequest {
        request_id: "1".to_owned(),
        leader_day_id: String::new(),
        reason: "由".repeat(501),
    };
    let refused = operator.cancel_leader_day(wrong).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["request_id", "leader_day_id", "reason"]);
    let announced = world.announced(2).await;
    let refused = world.agent().cancel_leader_day(cancelling(&announced)).await;
    assert_eq!(refused.expect_err("an agent").code(), Code::PermissionDenied);
}
