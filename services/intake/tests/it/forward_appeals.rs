//! `ForwardAppeals`: each item is decided by itself, and all are written together.

use std::collections::HashSet;

use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use hotline_proto::intake::forward_appeals_result::Result as Decided;
use hotline_proto::orders::order_of;
use testkit::{at, statements};
use tonic::{Code, Status};

use crate::answer_appeal::answering;
use crate::register_appeals::registered;
use crate::world::{Client, as_status, fresh, id, reasons, standing, violated, world};

fn forwarding(appeal_id: &str) -> pb::ForwardAppealRequest {
    pb::ForwardAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
    }
}

/// Sends a batch; its results, in the order of the items.
async fn send(
    client: &mut Client,
    items: &[pb::ForwardAppealRequest],
) -> Vec<Result<pb::ForwardAppealResponse, Status>> {
    let items = items.to_vec();
    let ids: Vec<String> = items.iter().map(|item| item.request_id.clone()).collect();
    let answer = client.forward_appeals(pb::ForwardAppealsRequest { items }).await;
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

fn answers(results: Vec<Result<pb::ForwardAppealResponse, Status>>) -> Vec<pb::ForwardAppealResponse> {
    results.into_iter().map(|result| result.expect("accepted")).collect()
}

#[tokio::test]
async fn each_item_is_decided_by_what_those_before_it_left() {
    let world = world().await;
    let [one, other, answered] = &registered(&world, 3).await[..] else {
        panic!("three were registered");
    };
    let mut agent = world.agent();
    agent.answer_appeal(answering(answered)).await.expect("answered");
    let first = forwarding(one);
    let items = [
        first.clone(),
        forwarding(&fresh()),
        forwarding(answered),
        forwarding(one),
        forwarding(other),
        first,
        pb::ForwardAppealRequest {
            request_id: "1".to_owned(),
            appeal_id: "x".to_owned(),
        },
    ];
    let results = send(&mut agent, &items).await;
    let expected = [
        "",
        "NOT_FOUND",
        "ALREADY_ANSWERED",
        "ALREADY_FORWARDED",
        "",
        "ITEM_TWICE",
        "INVALID_ARGUMENT",
    ];
    assert_eq!(reasons(&results), expected);
    let refused = |at: usize| results[at].as_ref().expect_err("refused");
    assert_eq!(standing(refused(2))["state"], "ANSWERED");
    assert_eq!(
        standing(refused(3))["state"],
        "ORDERED",
        "the first item of the batch forwarded it"
    );
    assert_eq!(violated(refused(6)), ["request_id", "appeal_id"]);
    for (appeal, at) in [(one, 0), (other, 4)] {
        let forwarded = results[at].as_ref().expect("accepted");
        assert_eq!(&forwarded.appeal_id, appeal);
        let told = world.told(appeal).await;
        let [_, (event, kind, version, _)] = &told[..] else {
            panic!("registered and forwarded: {told:?}");
        };
        assert_eq!((kind.as_str(), *version), ("appeal_forwarded", 2));
        assert_eq!(order_of(*event), id(&forwarded.order_id));
        assert_eq!(world.get(appeal).await.order_id, forwarded.order_id);
    }
}

#[tokio::test]
async fn the_same_item_gets_its_first_answer_in_a_batch_and_alone() {
    let world = world().await;
    let [one, other, third] = &registered(&world, 3).await[..] else {
        panic!("three were registered");
    };
    let alone = forwarding(one);
    let mut agent = world.agent();
    let answer = agent
        .forward_appeal(alone.clone())
        .await
        .expect("forwarded")
        .into_inner();
    let items = [forwarding(other), alone];
    world.clock.move_to(at(1, 13, 0));
    let first = answers(send(&mut agent, &items).await);
    assert_eq!(first[1], answer);
    world.clock.move_to(at(1, 14, 0));
    assert_eq!(answers(send(&mut agent, &items).await), first);
    let again = agent.forward_appeal(items[0].clone()).await.expect("the same");
    assert_eq!(again.get_ref(), &first[0]);
    let changed = pb::ForwardAppealRequest {
        request_id: items[0].request_id.clone(),
        ..forwarding(third)
    };
    let results = send(&mut agent, &[changed, forwarding(third)]).await;
    assert_eq!(reasons(&results), ["REQUEST_REUSED", ""]);
    let reused = results[0].as_ref().expect_err("other content");
    assert_eq!(reused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn five_hundred_items_take_the_statements_of_two() {
    let world = world().await;
    let appeals = registered(&world, 502).await;
    let items = |appeals: &[String]| -> Vec<_> { appeals.iter().map(|appeal| forwarding(appeal)).collect() };
    let mut agent = world.agent();
    let (mut counted, mut orders) = (Vec::new(), HashSet::new());
    for range in [0..2, 2..502] {
        let items = items(&appeals[range]);
        let sent = statements::of(async {
            let answers = answers(send(&mut agent, &items).await);
            orders.extend(answers.into_iter().map(|answer| answer.order_id));
        });
        counted.push(sent.await);
    }
    assert!(counted[0].len() > 5, "{counted:?}");
    assert_eq!(counted[0], counted[1]);
    assert_eq!(orders.len(), 502, "each has its own order");
    let items = items(&appeals[..501]);
    let refused = agent.forward_appeals(pb::ForwardAppealsRequest { items }).await;
    assert_eq!(violated(&refused.expect_err("one too many")), ["items"]);
}

#[tokio::test]
async fn only_an_agent_forwards() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Agent) {
        let items = vec![forwarding(&appeal)];
        let refused = world
            .client(role)
            .forward_appeals(pb::ForwardAppealsRequest { items })
            .await;
        let refused = refused.expect_err("not open to it");
        assert_eq!(refused.code(), Code::PermissionDenied, "{role:?}");
    }
}

/// Answers and orders lock the same appeals in one sequence, so a batch of each decides every appeal once.
#[tokio::test]
async fn an_appeal_in_two_batches_at_once_is_decided_once() {
    let world = world().await;
    let appeals = registered(&world, 40).await;
    let forwards: Vec<_> = appeals.iter().map(|appeal| forwarding(appeal)).collect();
    let answers: Vec<_> = appeals.iter().rev().map(|appeal| answering(appeal)).collect();
    let (mut one, mut other) = (world.agent(), world.agent());
    let (forwarded, answered) = tokio::join!(
        send(&mut one, &forwards),
        crate::answer_appeals::send(&mut other, &answers)
    );
    let accepted = |reasons: &[String]| reasons.iter().filter(|reason| reason.is_empty()).count();
    let (forwarded, answered) = (reasons(&forwarded), reasons(&answered));
    assert_eq!(accepted(&forwarded) + accepted(&answered), 40);
    for reason in forwarded.iter().chain(&answered).filter(|reason| !reason.is_empty()) {
        assert!(
            ["ALREADY_ANSWERED", "ALREADY_FORWARDED"].contains(&reason.as_str()),
            "{reason}"
        );
    }
    assert_eq!(world.count("select count(*) from log where version = 2").await, 40);
}
