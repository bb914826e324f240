use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use hotline_proto::orders::order_of;
use tonic::Code;

use crate::world::{fresh, id, reason, standing, violated, world};

#[tokio::test]
async fn the_orders_id_follows_from_the_event() {
    let world = world().await;
    let receipt = world.registered().await;
    let forwarded = world.forward(&receipt.appeal_id).await;
    let told = world.told(&receipt.appeal_id).await;
    let (event, kind, version, body) = &told[1];
    assert_eq!((kind.as_str(), *version), ("appeal_forwarded", 2));
    assert_eq!(order_of(*event), id(&forwarded.order_id));
    let Body::AppealForwarded(body) = body else {
        panic!("another event: {kind}");
    };
    assert_eq!(body.appeal.as_ref().expect("facts").appeal_id, receipt.appeal_id);
    let appeal = world.get(&receipt.appeal_id).await;
    assert_eq!(appeal.state(), pb::AppealState::Ordered);
    assert_eq!(appeal.order_id, forwarded.order_id);
    assert_eq!(appeal.order_number, "", "routing has not opened the order yet");
}

#[tokio::test]
async fn forwarded_twice_with_one_request_id_is_one_order() {
    let world = world().await;
    let receipt = world.registered().await;
    let request = pb::ForwardAppealRequest {
        request_id: fresh(),
        appeal_id: receipt.appeal_id.clone(),
    };
    let calls = (0..20).map(|_| {
        let (mut agent, request) = (world.agent(), request.clone());
        async move { agent.forward_appeal(request).await.map(tonic::Response::into_inner) }
    });
    let answers = futures::future::join_all(calls).await;
    let orders: std::collections::HashSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect("the first answer").order_id)
        .collect();
    assert_eq!(orders.len(), 1);
    assert_eq!(world.told(&receipt.appeal_id).await.len(), 2);
}

#[tokio::test]
async fn agents_who_forward_and_answer_at_once_decide_once() {
    let world = world().await;
    let receipt = world.registered().await;
    let forwards = (0..10).map(|_| {
        let mut agent = world.agent();
        let request = pb::ForwardAppealRequest {
            request_id: fresh(),
            appeal_id: receipt.appeal_id.clone(),
        };
        async move { agent.forward_appeal(request).await.map(|_| ()) }
    });
    let answers = futures::future::join_all(forwards).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert_eq!(reason(&refused), "ALREADY_FORWARDED");
        assert_eq!(standing(&refused).get("state").map(String::as_str), Some("ORDERED"));
    }
}

#[tokio::test]
async fn an_answered_one_is_refused_and_an_unknown_one_is_not_found() {
    let world = world().await;
    let receipt = world.registered().await;
    let mut agent = world.agent();
    let answer = pb::AnswerAppealRequest {
        request_id: fresh(),
        appeal_id: receipt.appeal_id.clone(),
        answer: "已答复".to_owned(),
    };
    agent.answer_appeal(answer).await.expect("answered");
    let forward = |appeal_id: String| pb::ForwardAppealRequest {
        request_id: fresh(),
        appeal_id,
    };
    let refused = agent
        .forward_appeal(forward(receipt.appeal_id))
        .await
        .expect_err("decided");
    assert_eq!(reason(&refused), "ALREADY_ANSWERED");
    assert_eq!(standing(&refused).get("state").map(String::as_str), Some("ANSWERED"));
    let unknown = agent.forward_appeal(forward(fresh())).await.expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
    let unreadable = agent
        .forward_appeal(forward("x".to_owned()))
        .await
        .expect_err("no UUID");
    assert_eq!(violated(&unreadable), ["appeal_id"]);
}
