use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use tonic::Code;

use crate::registers::{library, whole};
use crate::world::{World, day, reason, violated, world};

async fn codes(world: &World, request: pb::ListPoliciesRequest) -> Vec<String> {
    let answer = world.client(Role::Liaison).list_policies(request).await;
    let policies = answer.expect("in force").into_inner().policies;
    policies.into_iter().map(|policy| policy.policy).collect()
}

fn on(text: &str) -> pb::ListPoliciesRequest {
    pb::ListPoliciesRequest {
        day: Some(day(text)),
        ..Default::default()
    }
}

#[tokio::test]
async fn policies_come_back_as_they_were_published() {
    let world = world().await;
    world.has_library().await;
    let answer = world.agent().list_policies(pb::ListPoliciesRequest::default()).await;
    let answer = answer.expect("in force").into_inner();
    assert_eq!((answer.version, answer.policies), (1, library("2024-01-01").policies));
}

#[tokio::test]
async fn a_list_is_narrowed_by_day_text_and_review() {
    let world = world().await;
    world.has_library().await;
    let text = |text: &str| pb::ListPoliciesRequest {
        text: text.to_owned(),
        ..on("2024-04-01")
    };
    let due = |before: &str| pb::ListPoliciesRequest {
        review_before: Some(day(before)),
        ..on("2024-04-01")
    };
    for (request, expected) in [
        (on("2024-12-31"), vec!["P-1", "P-2"]),
        (on("2025-01-01"), vec!["P-2"]),
        (text("出口"), vec!["P-2"]),
        (text("小微"), vec!["P-1"]),
        (text("社会保险"), vec!["P-1", "P-2"]),
        (text("实缴"), vec![]),
        (due("2024-06-30"), vec![]),
        (due("2024-07-01"), vec!["P-1"]),
    ] {
        assert_eq!(codes(&world, request.clone()).await, expected, "{request:?}");
    }
    let before = world.agent().list_policies(on("2023-12-31")).await;
    assert_eq!(before.expect_err("no library yet").code(), Code::NotFound);
}

#[tokio::test]
async fn pages_follow_each_other_within_one_version() {
    let world = world().await;
    world.has_library().await;
    let first = pb::ListPoliciesRequest {
        page_size: 1,
        ..on("2024-04-01")
    };
    let page = world
        .agent()
        .list_policies(first.clone())
        .await
        .expect("a page")
        .into_inner();
    let next = pb::ListPoliciesRequest {
        page_token: page.next_page_token,
        ..first
    };
    assert_eq!(codes(&world, next.clone()).await, ["P-2"]);
    let other = pb::ListPoliciesRequest {
        text: "补".to_owned(),
        ..next.clone()
    };
    let refused = world.agent().list_policies(other).await.expect_err("another filter");
    assert_eq!(violated(&refused), ["page_token"]);
    let mut operator = world.client(Role::Operator);
    operator
        .publish_library(whole(library("2024-02-01")))
        .await
        .expect("published");
    let refused = world.agent().list_policies(next).await.expect_err("another version");
    assert_eq!(reason(&refused), "CHANGED_BETWEEN_PAGES");
}
