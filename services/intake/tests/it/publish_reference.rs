use hotline_proto::access::Role;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use platform::ids::derived_id;
use tonic::Code;
use uuid::Uuid;

use crate::world::{bare_world, draft, publishing, reference, registering, settings, violated, world};

#[tokio::test]
async fn versions_are_dense_and_told_under_one_key() {
    let world = bare_world(settings()).await;
    let calls = (0..8).map(|_| {
        let mut operator = world.client(Role::Operator);
        async move { operator.publish_reference(publishing("2024-01-01", reference())).await }
    });
    let mut versions: Vec<u64> = futures::future::join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.expect("published").into_inner().version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8]);
    let key = derived_id(Uuid::nil(), "reference").to_string();
    let told = world.told(&key).await;
    let in_order: Vec<i64> = told.iter().map(|(_, _, version, _)| *version).collect();
    assert_eq!(in_order, [1, 2, 3, 4, 5, 6, 7, 8]);
    let Body::ReferencePublished(event) = &told[0].3 else {
        panic!("another event");
    };
    assert_eq!(event.valid_from, "2024-01-01");
    assert_eq!(event.categories.len(), reference().categories.len());
    assert_eq!(event.channels[0].name, "电话");
}

#[tokio::test]
async fn the_same_request_is_one_version() {
    let world = bare_world(settings()).await;
    let request = publishing("2024-01-01", reference());
    let mut operator = world.client(Role::Operator);
    for _ in 0..3 {
        let answer = operator.publish_reference(request.clone()).await.expect("published");
        assert_eq!(answer.into_inner().version, 1);
    }
    let other = pb::PublishReferenceRequest {
        valid_from: "2024-02-01".to_owned(),
        ..request
    };
    let refused = operator.publish_reference(other).await.expect_err("another content");
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn every_fault_is_told_and_nothing_changes() {
    let world = world().await;
    let mut wrong = reference();
    wrong.channels[1].code = "WeChat".to_owned();
    wrong.channels[2].name = String::new();
    wrong.categories[0].code = "03".to_owned();
    wrong.categories[2].code = "0101".to_owned();
    wrong.regions[1].code = "4303".to_owned();
    wrong.regions[2].code = "430302".to_owned();
    let request = publishing("2024-02-30", wrong);
    let refused = world
        .client(Role::Operator)
        .publish_reference(request)
        .await
        .expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        [
            "valid_from",
            "reference.channels[2].name",
            "reference.channels[1].code",
            "reference.categories[2].code",
            "reference.categories[1].code",
            "reference.categories[2].code",
            "reference.regions[1].code",
            "reference.regions[2].code",
        ]
    );
    let missing = pb::PublishReferenceRequest {
        reference: None,
        ..publishing("2024-01-01", reference())
    };
    let refused = world.client(Role::Operator).publish_reference(missing).await;
    assert_eq!(violated(&refused.expect_err("no data")), ["reference"]);
    assert_eq!(world.count("select count(*) from reference_version").await, 1);
}

#[tokio::test]
async fn villages_and_codes_filled_up_with_zeros_are_published() {
    let world = world().await;
    let mut more = reference();
    more.regions[1].code = "430304000000".to_owned();
    more.regions[2].code = "430302001001".to_owned();
    let mut operator = world.client(Role::Operator);
    let published = operator.publish_reference(publishing("2024-01-01", more.clone())).await;
    assert_eq!(published.expect("published").into_inner().version, 2);
    let draft = pb::AppealDraft {
        region: "430304".to_owned(),
        ..draft()
    };
    let registered = world.agent().register_appeal(registering(draft)).await;
    registered.expect("430304 is the place of 430304000000");
    more.regions[2].code = "430304".to_owned();
    let refused = operator.publish_reference(publishing("2024-01-01", more)).await;
    assert_eq!(
        violated(&refused.expect_err("one place twice")),
        ["reference.regions[2].code"]
    );
}

#[tokio::test]
async fn only_an_operator_publishes() {
    let world = world().await;
    for role in [Role::Agent, Role::Supervisor, Role::Service] {
        let refused = world
            .client(role)
            .publish_reference(publishing("2024-01-01", reference()))
            .await;
        assert_eq!(refused.expect_err("not his").code(), Code::PermissionDenied);
    }
}
