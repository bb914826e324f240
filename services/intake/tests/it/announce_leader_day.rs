use hotline_proto::access::Role;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::registers::{announcing, cancelling};
use crate::world::{day, reason, violated, world};

#[tokio::test]
async fn a_day_is_announced_and_told_once() {
    let world = world().await;
    let mut supervisor = world.client(Role::Supervisor);
    let request = announcing(2);
    let first = supervisor
        .announce_leader_day(request.clone())
        .await
        .expect("announced")
        .into_inner();
    let told = world.told(&first.leader_day_id).await;
    let [(_, _, 1, Body::LeaderDayAnnounced(event))] = &told[..] else {
        panic!("told otherwise: {told:?}");
    };
    assert_eq!(
        (&event.leader_day_id, event.day),
        (&first.leader_day_id, Some(day("2024-04-02")))
    );
    // The same request gets its answer even when the day is past.
    world.clock.move_to(at(9, 9, 0));
    let again = supervisor
        .announce_leader_day(request.clone())
        .await
        .expect("again")
        .into_inner();
    assert_eq!(again, first);
    let other = pb::AnnounceLeaderDayRequest {
        notice: "另一个公告".to_owned(),
        ..request
    };
    let refused = supervisor.announce_leader_day(other).await.expect_err("other content");
    assert_eq!(reason(&refused), "REQUEST_REUSED");
}

#[tokio::test]
async fn a_date_has_one_announced_day() {
    let world = world().await;
    let first = world.announced(1).await;
    let mut operator = world.client(Role::Operator);
    let refused = operator
        .announce_leader_day(announcing(1))
        .await
        .expect_err("a second one");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "LEADER_DAY_EXISTS")
    );
    operator.cancel_leader_day(cancelling(&first)).await.expect("cancelled");
    assert_ne!(world.announced(1).await, first, "after the cancellation");
    world.announced(2).await;
    let calls = (0..4).map(|_| {
        let mut operator = world.client(Role::Operator);
        async move { operator.announce_leader_day(announcing(3)).await }
    });
    let at_once = futures::future::join_all(calls).await;
    assert_eq!(at_once.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.count("select count(*) from leader_turn").await, 4);
}

#[tokio::test]
async fn every_fault_is_told() {
    let world = world().await;
    let mut wrong = announcing(2);
    wrong.request_id = String::new();
    wrong.notice = String::new();
    wrong.leaders.push(pb::Leader {
        name: String::new(),
        post: "局".repeat(101),
        unit: "市政府".to_owned(),
        from_time: Some(to_proto(at(1, 23, 59))),
        to_time: Some(to_proto(at(3, 0, 1))),
    });
    wrong.leaders.push(pb::Leader {
        from_time: Some(to_proto(at(2, 9, 0))),
        to_time: Some(to_proto(at(2, 9, 0))),
        ..wrong.leaders[0].clone()
    });
    wrong.leaders.push(pb::Leader {
        to_time: None,
        ..wrong.leaders[0].clone()
    });
    let mut operator = world.client(Role::Operator);
    let refused = operator.announce_leader_day(wrong).await.expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        [
            "request_id",
            "notice",
            "leaders[1].name",
            "leaders[1].post",
            "leaders[1].unit",
            "leaders[1].from_time",
            "leaders[1].to_time",
            "leaders[2].to_time",
            "leaders[3].to_time",
        ]
    );
    let nobody = pb::AnnounceLeaderDayRequest {
        leaders: Vec::new(),
        day: None,
        ..announcing(2)
    };
    let refused = operator.announce_leader_day(nobody).await.expect_err("without leaders");
    assert_eq!(violated(&refused), ["day", "leaders"]);
    world.clock.move_to(at(3, 0, 0));
    let refused = operator
        .announce_leader_day(announcing(2))
        .await
        .expect_err("yesterday");
    assert_eq!(violated(&refused), ["day"]);
    world.announced(3).await;
}

#[tokio::test]
async fn an_agent_and_a_county_announce_nothing() {
    let world = world().await;
    let refused = world.agent().announce_leader_day(announcing(2)).await;
    assert_eq!(refused.expect_err("an agent").code(), Code::PermissionDenied);
    let mut county = world.confined(Role::Supervisor, "county");
    let refused = county.announce_leader_day(announcing(2)).await;
    assert_eq!(refused.expect_err("a county's").code(), Code::PermissionDenied);
}
