use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::outcomes::{asking, declining, supplementing};
use crate::world::{fresh, reason, standing, violated, world};

#[tokio::test]
async fn an_asked_appeal_waits_and_takes_no_decision() {
    let world = world().await;
    let appeal_id = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let request = asking(&appeal_id);
    let question = request.question.clone();
    let first = agent.ask_appellant(request.clone()).await.expect("asked");
    let again = agent.ask_appellant(request).await.expect("again");
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(world.count("select count(*) from inquiry").await, 1);
    let sealed = "select question from inquiry where appeal_id = $1";
    world.seals(sealed, &appeal_id, &question).await;
    let masked = world.get(&appeal_id).await;
    assert_eq!(masked.state(), pb::AppealState::AwaitingInformation);
    let mut inquiry = pb::Inquiry {
        asked_time: Some(to_proto(at(1, 9, 0))),
        question: String::new(),
        answered_time: None,
    };
    assert_eq!(masked.inquiries, [inquiry.clone()], "sealed until unmasked");
    inquiry.question = question;
    assert_eq!(world.unmasked(&appeal_id).await.inquiries, [inquiry]);
    let record = world.on_record(&appeal_id).await;
    assert!(record.contains(&"inquiry.question".to_owned()));
    assert!(
        !record.contains(&"inquiry.answer".to_owned()),
        "there is no answer to open"
    );
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
        agent.answer_appeal(answer).await.expect_err("waiting"),
        agent.forward_appeal(forward).await.expect_err("waiting"),
        agent.decline_appeal(declining(&appeal_id)).await.expect_err("waiting"),
        agent.ask_appellant(asking(&appeal_id)).await.expect_err("waiting"),
    ] {
        assert_eq!(reason(&refused), "AWAITING_INFORMATION");
        assert_eq!(standing(&refused)["state"], "AWAITING_INFORMATION");
    }
}

#[tokio::test]
async fn an_appellant_is_asked_five_times_at_most() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    for _ in 0..5 {
        agent.ask_appellant(asking(&appeal)).await.expect("asked");
        agent
            .supplement_appeal(supplementing(&appeal, "三栋"))
            .await
            .expect("supplemented");
    }
    let refused = agent.ask_appellant(asking(&appeal)).await.expect_err("too often");
    assert_eq!(reason(&refused), "TOO_MANY_RECORDS");
    assert_eq!(standing(&refused)["state"], "RECEIVED");
    assert_eq!(world.get(&appeal).await.state(), pb::AppealState::Received);
    let unreadable = pb::AskAppellantRequest {
        question: "字".repeat(2_001),
        ..Default::default()
    };
    let refused = agent.ask_appellant(unreadable).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["request_id", "appeal_id", "question"]);
}
