use hotline_proto::access::Role;
use hotline_proto::common::RowChange;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use platform::ids::derived_id;
use tonic::Code;
use uuid::Uuid;

use crate::registers::{hex, library, library_of, policy, specialist, whole};
use crate::world::{day, violated, world};

#[tokio::test]
async fn versions_are_dense_told_under_one_key_and_without_names() {
    let world = world().await;
    let calls = (0..4).map(|_| {
        let mut operator = world.client(Role::Operator);
        async move { operator.publish_library(whole(library("2024-01-01"))).await }
    });
    let answers = futures::future::join_all(calls).await.into_iter();
    let mut versions: Vec<u64> = answers
        .map(|answer| answer.expect("published").into_inner().version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4]);
    let told = world.told(&derived_id(Uuid::nil(), "library").to_string()).await;
    let in_order: Vec<i64> = told.iter().map(|(_, _, version, _)| *version).collect();
    assert_eq!(in_order, [1, 2, 3, 4]);
    let Body::LibraryPublished(event) = &told[0].3 else {
        panic!("another event");
    };
    assert_eq!((event.version, event.valid_from), (1, Some(day("2024-01-01"))));
    let policies: Vec<_> = event
        .policies
        .iter()
        .map(|one| (one.policy.as_str(), one.valid_to))
        .collect();
    assert_eq!(policies, [("P-1", Some(day("2024-12-31"))), ("P-2", None)]);
    assert_eq!(event.specialists, ["S-1", "S-2"]);
    let rows: Vec<String> = sqlx::query_scalar("select specialist::text from specialist")
        .fetch_all(world.pool())
        .await
        .expect("the rows");
    let sealed = |row: &String| !row.contains("王五岳") && !row.contains(&hex("王五岳"));
    assert!(rows.len() == 8 && rows.iter().all(sealed), "{rows:?}");
}

#[tokio::test]
async fn every_fault_is_told_and_nothing_changes() {
    let world = world().await;
    let undated = pb::Policy {
        valid_from: None,
        targets: vec![String::new()],
        ..policy("P-1", "稳岗补贴")
    };
    let backwards = pb::Policy {
        valid_to: Some(day("2023-12-31")),
        scope: "字".repeat(2_001),
        ..policy("P-2", "")
    };
    let idle = pb::Specialist {
        topics: Vec::new(),
        shifts: vec![pb::Shift {
            weekday: 8,
            from_minute: 0,
            to_minute: 60,
        }],
        ..specialist("S-1", "", "S-9")
    };
    let request = library_of(
        "2024-01-01",
        vec![undated, backwards, policy("P-1", "稳岗补贴")],
        vec![idle, specialist("S-1", "税费", "")],
    );
    let mut operator = world.client(Role::Operator);
    let refused = operator.publish_library(whole(request)).await.expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        [
            "policies[0].targets[0]",
            "policies[0].valid_from",
            "policies[1].title",
            "policies[1].scope",
            "specialists[0].topics",
            "policies[2].policy",
            "policies[1].valid_to",
            "specialists[1].specialist",
            "specialists[0].shifts[0].weekday",
            "specialists[0].backup",
        ]
    );
    let empty = operator
        .publish_library(whole(library_of("2024-01-01", vec![], vec![])))
        .await;
    assert_eq!(violated(&empty.expect_err("an empty library")), ["policies"]);
    assert_eq!(world.count("select count(*) from register_version").await, 0);
}

#[tokio::test]
async fn a_dry_run_answers_with_the_difference_and_publishes_nothing() {
    let world = world().await;
    world.has_library().await;
    let mut next = library("2024-05-01");
    next.policies[0].conditions = "上年度未裁员或裁员率低。".to_owned();
    next.policies[1] = policy("P-3", "创业贷款贴息");
    next.specialists[0].name = "王五洲".to_owned();
    next.specialists[1].topics.push("海关".to_owned());
    let mut dry = next.clone();
    let activate = dry.activate.as_mut().expect("an end");
    (activate.dry_run, activate.request_id) = (true, crate::world::fresh());
    let mut operator = world.client(Role::Operator);
    let dry = operator.publish_library(whole(dry)).await.expect("right").into_inner();
    assert_eq!((dry.version, world.count("select count(*) from policy").await), (0, 2));
    let told = "select count(*) from log where type = 'library_published'";
    assert_eq!(world.count(told).await, 1);
    let real = operator
        .publish_library(whole(next.clone()))
        .await
        .expect("published")
        .into_inner();
    assert_eq!((real.version, &real.difference), (2, &dry.difference));
    let again = operator.publish_library(whole(next)).await.expect("again").into_inner();
    assert_eq!(again, real);
    let difference = real.difference.expect("always set");
    let rows: Vec<_> = difference
        .rows
        .iter()
        .map(|row| (row.kind.as_str(), row.key.as_str(), row.change()))
        .collect();
    assert_eq!(
        rows,
        [
            ("policy", "P-1", RowChange::Changed),
            ("policy", "P-3", RowChange::Added),
            ("policy", "P-2", RowChange::Removed),
            ("specialist", "S-1", RowChange::Changed),
            ("specialist", "S-2", RowChange::Changed),
        ]
    );
    assert!(
        difference.rows.iter().all(|row| !row.after.contains('王')),
        "a name is in clear"
    );
}

#[tokio::test]
async fn only_an_operator_publishes() {
    let world = world().await;
    for role in [Role::Agent, Role::Supervisor, Role::Service] {
        let refused = world.client(role).publish_library(whole(library("2024-01-01"))).await;
        assert_eq!(
            refused.expect_err("not its own").code(),
            Code::PermissionDenied,
            "{role:?}"
        );
    }
}
