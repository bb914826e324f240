//! `AnswerAppeals`: each item is decided by itself, and all are written together.

use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use hotline_proto::intake::answer_appeals_result::Result as Decided;
use testkit::{at, statements};
use tonic::{Code, Status};

use crate::answer_appeal::answering;
use crate::outcomes::asking;
use crate::register_appeals::registered;
use crate::world::{Client, World, as_status, fresh, reason, reasons, standing, violated, world};

/// Sends a batch; its results, in the order of the items.
pub async fn send(
    client: &mut Client,
    items: &[pb::AnswerAppealRequest],
) -> Vec<Result<pb::AnswerAppealResponse, Status>> {
    let items = items.to_vec();
    let ids: Vec<String> = items.iter().map(|item| item.request_id.clone()).collect();
    let answer = client.answer_appeals(pb::AnswerAppealsRequest { items }).await;
    let results = answer.expect("a right batch").into_inner().results;
    let named: Vec<String> = results.iter().map(|result| result.request_id.clone()).collect();
    assert_eq!(named, ids);
    let result = |decided| match decided {
        Some(Decided::Accepted(answer)) => Ok(answer),
        Some(Decided::Refused(refused)) => Err(as_status(&refused)),
        None => panic!("an item without a result"),
    };
    results.into_iter().map(|decided| result(decided.result)).collect()
}

fn answers(results: Vec<Result<pb::AnswerAppealResponse, Status>>) -> Vec<pb::AnswerAppealResponse> {
    results.into_iter().map(|result| result.expect("accepted")).collect()
}

/// The types of an appeal's events.
async fn kinds(world: &World, appeal: &str) -> Vec<String> {
    world
        .told(appeal)
        .await
        .into_iter()
        .map(|(_, kind, version, _)| format!("{kind} {version}"))
        .collect()
}

#[tokio::test]
async fn each_item_is_decided_by_what_those_before_it_left() {
    let world = world().await;
    let [one, other, forwarded, asked] = &registered(&world, 4).await[..] else {
        panic!("four were registered");
    };
    world.forward(forwarded).await;
    let mut agent = world.agent();
    agent.ask_appellant(asking(asked)).await.expect("asked");
    let first = answering(one);
    let items = [
        first.clone(),
        answering(&fresh()),
        answering(forwarded),
        answering(asked),
        answering(one),
        answering(other),
        first,
        pb::AnswerAppealRequest {
            request_id: String::new(),
            appeal_id: "7".to_owned(),
            answer: "字".repeat(10_001),
        },
    ];
    let results = send(&mut agent, &items).await;
    let expected = [
        "",
        "NOT_FOUND",
        "ALREADY_FORWARDED",
        "AWAITING_INFORMATION",
        "ALREADY_ANSWERED",
        "",
        "ITEM_TWICE",
        "INVALID_ARGUMENT",
    ];
    assert_eq!(reasons(&results), expected);
    let refused = |at: usize| results[at].as_ref().expect_err("refused");
    for (at, state) in [(2, "ORDERED"), (3, "AWAITING_INFORMATION"), (4, "ANSWERED")] {
        assert_eq!(refused(at).code(), Code::FailedPrecondition);
        assert_eq!(standing(refused(at))["state"], state);
    }
    assert_eq!(refused(6).code(), Code::InvalidArgument);
    assert_eq!(violated(refused(7)), ["request_id", "appeal_id", "answer"]);
    for answered in [one, other] {
        let expected = ["appeal_registered 1", "appeal_answered 2"];
        assert_eq!(kinds(&world, answered).await, expected);
        assert_eq!(world.get(answered).await.state(), pb::AppealState::Answered);
    }
    assert_eq!(
        kinds(&world, asked).await.len(),
        2,
        "only its registration and the question"
    );
}

#[tokio::test]
async fn each_answer_is_sealed_for_its_appeal() {
    let world = world().await;
    let appeals = registered(&world, 2).await;
    let items = ["供水公司热线为 96000。", "请到车站路窗口办理。"].map(str::to_owned);
    let items: Vec<_> = appeals.iter().zip(items).collect();
    let requests: Vec<_> = items
        .iter()
        .map(|(appeal, answer)| pb::AnswerAppealRequest {
            answer: answer.clone(),
            ..answering(appeal)
        })
        .collect();
    world.clock.move_to(at(1, 9, 5));
    answers(send(&mut world.agent(), &requests).await);
    for (appeal, answer) in items {
        assert_eq!(world.unmasked(appeal).await.answer, answer);
        world
            .seals("select answer from appeal where id = $1", appeal, &answer)
            .await;
    }
}

#[tokio::test]
async fn the_same_item_gets_its_first_answer_in_a_batch_and_alone() {
    let world = world().await;
    let [one, other, third] = &registered(&world, 3).await[..] else {
        panic!("three were registered");
    };
    let alone = answering(one);
    let mut agent = world.agent();
    let answer = agent.answer_appeal(alone.clone()).await.expect("answered").into_inner();
    let items = [answering(other), alone];
    world.clock.move_to(at(1, 13, 0));
    let first = answers(send(&mut agent, &items).await);
    assert_eq!(first[1], answer);
    world.clock.move_to(at(1, 14, 0));
    assert_eq!(answers(send(&mut agent, &items).await), first);
    let again = agent.answer_appeal(items[0].clone()).await.expect("the same");
    assert_eq!(again.get_ref(), &first[0]);
    let changed = pb::AnswerAppealRequest {
        answer: "另一答复。".to_owned(),
        ..items[0].clone()
    };
    let results = send(&mut agent, &[changed, answering(third)]).await;
    assert_eq!(reasons(&results), ["REQUEST_REUSED", ""]);
    let reused = results[0].as_ref().expect_err("other content");
    assert_eq!(reused.code(), Code::AlreadyExists);
    assert_eq!(
        world
            .count("select count(*) from log where type = 'appeal_answered'")
            .await,
        3
    );
}

/// A refused item is not stored, so its `request_id` is free.
#[tokio::test]
async fn an_item_that_was_refused_may_take_effect_later() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    agent.ask_appellant(asking(&appeal)).await.expect("asked");
    let item = answering(&appeal);
    let refused = send(&mut agent, std::slice::from_ref(&item)).await;
    assert_eq!(reasons(&refused), ["AWAITING_INFORMATION"]);
    let supplement = crate::outcomes::supplementing(&appeal, "三号楼。");
    agent.supplement_appeal(supplement).await.expect("supplemented");
    answers(send(&mut agent, &[item]).await);
}

#[tokio::test]
async fn five_hundred_items_take_the_statements_of_two() {
    let world = world().await;
    let appeals = registered(&world, 504).await;
    let items = |appeals: &[String]| -> Vec<_> { appeals.iter().map(|appeal| answering(appeal)).collect() };
    let mut agent = world.agent();
    // Also fetches the key of the month, once.
    send(&mut agent, &items(&appeals[..2])).await;
    let mut counted = Vec::new();
    for range in [2..4, 4..504] {
        let items = items(&appeals[range]);
        let sent = statements::of(async {
            let results = send(&mut agent, &items).await;
            assert_eq!(reasons(&results), vec![""; items.len()]);
        });
        counted.push(sent.await);
    }
    assert!(counted[0].len() > 5, "{counted:?}");
    assert_eq!(counted[0], counted[1]);
    for items in [items(&appeals[..501]), Vec::new()] {
        let refused = agent.answer_appeals(pb::AnswerAppealsRequest { items }).await;
        assert_eq!(violated(&refused.expect_err("1 to 500")), ["items"]);
    }
}

#[tokio::test]
async fn only_an_agent_answers() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Agent) {
        let items = vec![answering(&appeal)];
        let refused = world
            .client(role)
            .answer_appeals(pb::AnswerAppealsRequest { items })
            .await;
        let refused = refused.expect_err("not open to it");
        assert_eq!(refused.code(), Code::PermissionDenied, "{role:?}");
    }
    assert_eq!(kinds(&world, &appeal).await.len(), 1);
}

/// Each batch locks its appeals in one sequence, whatever the sequence of its items.
#[tokio::test]
async fn batches_at_once_answer_each_appeal_once() {
    let world = world().await;
    let appeals = registered(&world, 20).await;
    let batches = (0..8).map(|batch| {
        let mut items: Vec<_> = appeals.iter().map(|appeal| answering(appeal)).collect();
        if batch % 2 == 1 {
            items.reverse();
        }
        let mut agent = world.agent();
        async move { send(&mut agent, &items).await }
    });
    let results: Vec<_> = futures::future::join_all(batches).await.into_iter().flatten().collect();
    let (accepted, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((accepted.len(), refused.len()), (20, 140));
    for refused in refused.iter().filter_map(|refused| refused.as_ref().err()) {
        assert_eq!(reason(refused), "ALREADY_ANSWERED");
    }
    assert_eq!(
        world
            .count("select count(*) from log where type = 'appeal_answered'")
            .await,
        20
    );
}
