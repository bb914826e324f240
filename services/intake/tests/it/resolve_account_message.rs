use hotline_proto::access::Role;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::registers::resolving;
use crate::world::{fresh, reason, standing, violated, world};

#[tokio::test]
async fn a_message_ends_once_and_the_answer_is_sealed() {
    let world = world().await;
    world.has_account().await;
    let message = world.message("路灯不亮").await;
    world.clock.move_to(at(1, 10, 0));
    let mut agent = world.agent();
    let request = resolving(&message, pb::AccountOutcome::Answered, "已派人维修。");
    let first = agent
        .resolve_account_message(request.clone())
        .await
        .expect("ended")
        .into_inner();
    let again = agent
        .resolve_account_message(request)
        .await
        .expect("again")
        .into_inner();
    assert_eq!((&first, first.resolved_time), (&again, Some(to_proto(at(1, 10, 0)))));
    let told = world.told(&message).await;
    let [
        (_, _, 1, Body::AccountMessageRecorded(recorded)),
        (_, _, 2, Body::AccountMessageResolved(event)),
    ] = &told[..]
    else {
        panic!("told otherwise: {told:?}");
    };
    assert_eq!(event.outcome(), pb::AccountOutcome::Answered);
    assert_eq!(
        (&event.account, event.sent_time),
        (&recorded.account, recorded.sent_time)
    );
    world
        .seals("select answer from account_message where id = $1", &message, "已派人")
        .await;
    for outcome in [pb::AccountOutcome::Answered, pb::AccountOutcome::Invalid] {
        let refused = agent.resolve_account_message(resolving(&message, outcome, "又")).await;
        let refused = refused.expect_err("ended before");
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, "MESSAGE_ENDED")
        );
        assert_eq!(standing(&refused)["state"], "ANSWERED");
    }
}

#[tokio::test]
async fn only_an_answered_message_needs_an_answer() {
    let world = world().await;
    world.has_account().await;
    let message = world.message("路灯不亮").await;
    let mut agent = world.agent();
    let silent = resolving(&message, pb::AccountOutcome::Answered, "");
    let refused = agent
        .resolve_account_message(silent)
        .await
        .expect_err("without an answer");
    assert_eq!(violated(&refused), ["answer"]);
    let unclear = resolving(&message, pb::AccountOutcome::Unclear, "");
    agent.resolve_account_message(unclear).await.expect("unclear");
    let other = world.message("在吗").await;
    let invalid = resolving(&other, pb::AccountOutcome::Invalid, "请说明具体问题。");
    agent.resolve_account_message(invalid).await.expect("invalid");
}

#[tokio::test]
async fn an_unknown_message_and_every_fault_are_told() {
    let world = world().await;
    let mut agent = world.agent();
    let unknown = resolving(&fresh(), pb::AccountOutcome::Unclear, "");
    let refused = agent.resolve_account_message(unknown.clone()).await;
    assert_eq!(refused.expect_err("unknown").code(), Code::NotFound);
    let wrong = pb::ResolveAccountMessageRequest {
        request_id: String::new(),
        message_id: "1".to_owned(),
        outcome: 9,
        answer: "答".repeat(10_001),
    };
    let refused = agent.resolve_account_message(wrong).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["request_id", "message_id", "outcome", "answer"]);
    let refused = world.client(Role::Supervisor).resolve_account_message(unknown).await;
    assert_eq!(refused.expect_err("no agent").code(), Code::PermissionDenied);
}
