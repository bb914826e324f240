use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::outcomes::declining;
use crate::world::{fresh, reason, standing, violated, world};

#[tokio::test]
async fn a_declined_appeal_ends_with_its_ground_and_the_path_is_sealed() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let request = declining(&appeal);
    let first = agent
        .decline_appeal(request.clone())
        .await
        .expect("declined")
        .into_inner();
    let again = agent.decline_appeal(request.clone()).await.expect("again").into_inner();
    assert_eq!(first, again);
    assert_eq!(world.get(&appeal).await.state(), pb::AppealState::NotAccepted);
    assert_eq!(world.get(&appeal).await.answer, "", "sealed until unmasked");
    assert_eq!(world.unmasked(&appeal).await.answer, request.other_path);
    let told = world.told(&appeal).await;
    let (_, _, version, Body::AppealDeclined(body)) = &told[1] else {
        panic!("another event");
    };
    assert_eq!((*version, body.ground()), (2, pb::DeclineGround::LegalProcedure));
    let listed = pb::ListAppealsRequest {
        state: pb::AppealState::NotAccepted.into(),
        ..Default::default()
    };
    let listed = agent.list_appeals(listed).await.expect("a page").into_inner();
    assert_eq!(listed.appeals.len(), 1);
    let ended = &listed.appeals[0];
    assert_eq!(ended.decline_ground(), pb::DeclineGround::LegalProcedure);
    assert_eq!(ended.end_time, Some(to_proto(at(1, 9, 0))));
    assert!(world.on_record(&appeal).await.contains(&"outcome".to_owned()));
}

#[tokio::test]
async fn an_ended_appeal_is_neither_answered_nor_forwarded() {
    let world = world().await;
    let appeal_id = world.registered().await.appeal_id;
    let mut agent = world.agent();
    agent.decline_appeal(declining(&appeal_id)).await.expect("declined");
    let answer = pb::AnswerAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.clone(),
        answer: "已答复".to_owned(),
    };
    let forward = pb::ForwardAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.clone(),
    };
    for refused in [
        agent.answer_appeal(answer).await.expect_err("ended"),
        agent.forward_appeal(forward).await.expect_err("ended"),
        agent.decline_appeal(declining(&appeal_id)).await.expect_err("ended"),
    ] {
        assert_eq!(reason(&refused), "APPEAL_ENDED");
        assert_eq!(standing(&refused)["state"], "NOT_ACCEPTED");
    }
}

#[tokio::test]
async fn unknown_and_unreadable_are_told_apart() {
    let world = world().await;
    let mut agent = world.agent();
    let unknown = agent.decline_appeal(declining(&fresh())).await.expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
    let unreadable = pb::DeclineAppealRequest {
        ground: 99,
        other_path: "字".repeat(501),
        ..Default::default()
    };
    let refused = agent.decline_appeal(unreadable).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["request_id", "appeal_id", "ground", "other_path"]);
}
