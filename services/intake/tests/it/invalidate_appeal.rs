use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::outcomes::invalidating;
use crate::world::{reason, standing, violated, world};

#[tokio::test]
async fn an_appeal_without_a_matter_is_invalid() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let request = invalidating(&appeal, pb::InvalidGround::Silent);
    let first = agent.invalidate_appeal(request.clone()).await.expect("invalid");
    let again = agent.invalidate_appeal(request.clone()).await.expect("again");
    assert_eq!(first.into_inner(), again.into_inner());
    let ended = world.get(&appeal).await;
    assert_eq!(ended.state(), pb::AppealState::Invalid);
    assert_eq!(ended.invalid_ground(), pb::InvalidGround::Silent);
    assert_eq!(ended.end_time, Some(to_proto(at(1, 9, 0))));
    let told = world.told(&appeal).await;
    let Body::AppealInvalidated(body) = &told[1].3 else {
        panic!("another event");
    };
    assert_eq!(body.ground(), pb::InvalidGround::Silent);
    let once_more = invalidating(&appeal, pb::InvalidGround::Nuisance);
    let refused = agent.invalidate_appeal(once_more).await.expect_err("ended");
    assert_eq!(reason(&refused), "APPEAL_ENDED");
    assert_eq!(standing(&refused)["state"], "INVALID");
    let refused = agent.invalidate_appeal(pb::InvalidateAppealRequest::default()).await;
    assert_eq!(
        violated(&refused.expect_err("empty")),
        ["request_id", "appeal_id", "ground"]
    );
}

#[tokio::test]
async fn only_a_waiting_appeal_is_invalid_for_want_of_an_answer() {
    let world = world().await;
    let (fresh, waiting) = (world.registered().await.appeal_id, world.waiting().await);
    let mut agent = world.agent();
    for (appeal, ground, state) in [
        (&fresh, pb::InvalidGround::NoAnswer, "RECEIVED"),
        (&waiting, pb::InvalidGround::Silent, "AWAITING_INFORMATION"),
    ] {
        let refused = agent.invalidate_appeal(invalidating(appeal, ground)).await;
        let refused = refused.expect_err("another state");
        assert_eq!(reason(&refused), "AWAITING_INFORMATION");
        assert_eq!(standing(&refused)["state"], state);
    }
    let ended = invalidating(&waiting, pb::InvalidGround::NoAnswer);
    agent.invalidate_appeal(ended).await.expect("nobody answered");
    assert_eq!(world.get(&waiting).await.state(), pb::AppealState::Invalid);
}
