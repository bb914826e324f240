use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::world::{fresh, violated, world};

#[tokio::test]
async fn calls_are_listed_by_time_page_by_page() {
    let world = world().await;
    let mut agent = world.agent();
    let mut expected = Vec::new();
    for minute in 0..5 {
        world.clock.move_to(at(1, 10, minute));
        let outcome = if minute % 2 == 0 {
            pb::CallOutcome::Answered
        } else {
            pb::CallOutcome::Abandoned
        };
        let request = pb::RecordCallRequest {
            request_id: fresh(),
            outcome: outcome.into(),
            phone: String::new(),
            offered_time: None,
        };
        let call = agent.record_call(request).await.expect("recorded").into_inner();
        expected.push((call.call_id, i32::from(outcome)));
    }
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListCallsRequest {
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = agent.list_calls(request).await.expect("a page").into_inner();
        found.extend(page.calls.into_iter().map(|call| (call.call_id, call.outcome)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, expected);
    let window = pb::ListCallsRequest {
        from_time: Some(to_proto(at(1, 10, 1))),
        to_time: Some(to_proto(at(1, 10, 3))),
        ..Default::default()
    };
    let between = agent.list_calls(window).await.expect("a page").into_inner().calls;
    assert_eq!(between.len(), 2);
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let world = world().await;
    let request = pb::ListCallsRequest {
        page_size: -1,
        page_token: "AAAA".to_owned(),
        ..Default::default()
    };
    let refused = world.agent().list_calls(request).await.expect_err("forged");
    assert_eq!(violated(&refused), ["page_size", "page_token"]);
}
