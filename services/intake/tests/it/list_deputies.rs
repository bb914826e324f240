use hotline_proto::access::Role;
use hotline_proto::common::DeputyLevel;
use hotline_proto::intake as pb;
use tonic::Code;

use crate::registers::{deputies, register_of, whole};
use crate::world::{World, day, reason, violated, world};

fn on(text: &str) -> pb::ListDeputiesRequest {
    pb::ListDeputiesRequest {
        day: Some(day(text)),
        ..Default::default()
    }
}

async fn list(world: &World, request: pb::ListDeputiesRequest) -> pb::ListDeputiesResponse {
    let answer = world.agent().list_deputies(request).await;
    answer.expect("in force").into_inner()
}

fn codes(answer: &pb::ListDeputiesResponse) -> Vec<&str> {
    answer.deputies.iter().map(|deputy| deputy.deputy.as_str()).collect()
}

#[tokio::test]
async fn deputies_are_listed_by_code_with_masked_names_and_without_numbers() {
    let world = world().await;
    world.has_deputies().await;
    let answer = list(&world, pb::ListDeputiesRequest::default()).await;
    let expected = deputies().into_iter().take(2).map(|deputy| pb::Deputy {
        name: "李**".to_owned(),
        phones: Vec::new(),
        ..deputy
    });
    assert_eq!(answer.deputies, expected.collect::<Vec<_>>());
    assert_eq!((answer.version, answer.next_page_token.as_str()), (1, ""));
}

#[tokio::test]
async fn a_term_holds_to_its_last_day_and_a_level_narrows_the_list() {
    let world = world().await;
    world.has_deputies().await;
    assert_eq!(codes(&list(&world, on("2024-03-31")).await), ["D-1", "D-2", "D-3"]);
    assert_eq!(codes(&list(&world, on("2024-04-01")).await), ["D-1", "D-2"]);
    assert_eq!(codes(&list(&world, on("2027-01-01")).await), [""; 0]);
    let nation = pb::ListDeputiesRequest {
        level: DeputyLevel::Nation.into(),
        ..on("2024-04-01")
    };
    assert_eq!(codes(&list(&world, nation).await), ["D-2"]);
    let before = world.agent().list_deputies(on("2023-12-31")).await;
    assert_eq!(before.expect_err("no register yet").code(), Code::NotFound);
}

#[tokio::test]
async fn pages_follow_each_other_within_one_version() {
    let world = world().await;
    world.has_deputies().await;
    let first = pb::ListDeputiesRequest {
        page_size: 2,
        ..on("2024-03-31")
    };
    let page = list(&world, first.clone()).await;
    assert_eq!(codes(&page), ["D-1", "D-2"]);
    let next = pb::ListDeputiesRequest {
        page_token: page.next_page_token,
        ..first
    };
    let last = list(&world, next.clone()).await;
    assert_eq!((codes(&last), last.next_page_token.as_str()), (vec!["D-3"], ""));
    let other = pb::ListDeputiesRequest {
        level: DeputyLevel::City.into(),
        page_size: -1,
        ..next.clone()
    };
    let refused = world.agent().list_deputies(other).await.expect_err("another filter");
    assert_eq!(violated(&refused), ["page_size", "page_token"]);
    let mut operator = world.client(Role::Operator);
    let newer = whole(register_of("2024-01-01", deputies()));
    operator.publish_deputies(newer).await.expect("published");
    let refused = world.agent().list_deputies(next).await.expect_err("another version");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Aborted, "CHANGED_BETWEEN_PAGES")
    );
}

#[tokio::test]
async fn a_county_sees_no_deputies() {
    let world = world().await;
    world.has_deputies().await;
    let refused = world
        .confined(Role::Supervisor, "county")
        .list_deputies(on("2024-04-01"))
        .await;
    assert_eq!(refused.expect_err("a county's").code(), Code::PermissionDenied);
    let dispatcher = world.client(Role::Dispatcher).list_deputies(on("2024-04-01")).await;
    assert_eq!(dispatcher.expect_err("no need").code(), Code::PermissionDenied);
}
