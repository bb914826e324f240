use std::collections::HashMap;

use hotline_proto::intake as pb;
use tonic::Code;

use crate::world::{fresh, getting, reason, standing, violated, world};

pub fn answering(appeal_id: &str) -> pb::AnswerAppealRequest {
    pb::AnswerAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        answer: "供水公司热线为 96000。".to_owned(),
    }
}

#[tokio::test]
async fn an_answer_closes_the_appeal_and_is_told() {
    let world = world().await;
    let receipt = world.registered().await;
    world.clock.move_to(testkit::at(1, 9, 5));
    let request = answering(&receipt.appeal_id);
    let mut agent = world.agent();
    let first = agent
        .answer_appeal(request.clone())
        .await
        .expect("answered")
        .into_inner();
    let again = agent.answer_appeal(request).await.expect("again").into_inner();
    assert_eq!(first, again);
    let appeal = world.get(&receipt.appeal_id).await;
    assert_eq!(appeal.state(), pb::AppealState::Answered);
    assert_eq!(appeal.answered_time, first.answered_time);
    assert_eq!(appeal.answer, "", "sealed until unmasked");
    let kinds: Vec<_> = world
        .told(&receipt.appeal_id)
        .await
        .into_iter()
        .map(|(_, kind, version, _)| (kind, version))
        .collect();
    let expected = [("appeal_registered", 1), ("appeal_answered", 2)];
    assert_eq!(kinds, expected.map(|(kind, version)| (kind.to_owned(), version)));
    let name = pb::get_appeal_request::Name::AppealId(receipt.appeal_id);
    let clear = agent
        .get_appeal(getting(name, "核对答复"))
        .await
        .expect("clear")
        .into_inner();
    assert_eq!(clear.appeal.expect("an appeal").answer, "供水公司热线为 96000。");
}

#[tokio::test]
async fn a_decided_appeal_is_not_answered() {
    let world = world().await;
    let answered = world.registered().await;
    let mut agent = world.agent();
    agent
        .answer_appeal(answering(&answered.appeal_id))
        .await
        .expect("answered");
    let forwarded = world.registered().await;
    world.forward(&forwarded.appeal_id).await;
    for (appeal, expected, state) in [
        (answered.appeal_id, "ALREADY_ANSWERED", "ANSWERED"),
        (forwarded.appeal_id, "ALREADY_FORWARDED", "ORDERED"),
    ] {
        let refused = agent.answer_appeal(answering(&appeal)).await.expect_err("decided");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(reason(&refused), expected);
        let stands = HashMap::from([("state".to_owned(), state.to_owned())]);
        assert_eq!(standing(&refused), stands);
    }
}

#[tokio::test]
async fn unknown_and_unreadable_are_told_apart() {
    let world = world().await;
    let mut agent = world.agent();
    let unknown = agent.answer_appeal(answering(&fresh())).await.expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
    let unreadable = pb::AnswerAppealRequest {
        request_id: String::new(),
        appeal_id: "7".to_owned(),
        answer: "字".repeat(10_001),
    };
    let refused = agent.answer_appeal(unreadable).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["request_id", "appeal_id", "answer"]);
}
