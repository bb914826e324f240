use hotline_proto::access::Role;
use hotline_proto::common::{DeputyLevel, Difference, RowChange};
use hotline_proto::intake as pb;
use tonic::Code;

use crate::registers::{deputies, deputy, hex, register_of, whole};
use crate::world::{day, reason, violated, violations, world};

#[tokio::test]
async fn names_are_sealed_and_of_numbers_only_hashes_are_kept() {
    let world = world().await;
    world.has_deputies().await;
    let rows: Vec<String> = sqlx::query_scalar("select deputy::text from deputy")
        .fetch_all(world.pool())
        .await
        .expect("the rows");
    assert_eq!(rows.len(), 3);
    for row in rows {
        for text in ["李四光", &hex("李四光"), "13900000001", "58880002"] {
            assert!(!row.contains(text), "{text} is in clear: {row}");
        }
    }
    let hashes = "select sum(cardinality(phone_hashes)) from deputy";
    assert_eq!(world.count(hashes).await, 4, "D-2 has two numbers");
}

#[tokio::test]
async fn the_same_request_is_one_version_however_it_is_parted() {
    let world = world().await;
    let mut operator = world.client(Role::Operator);
    let request = register_of("2024-01-01", deputies());
    let first = operator
        .publish_deputies(whole(request.clone()))
        .await
        .expect("published");
    let parts = request.deputies.iter().map(|deputy| pb::PublishDeputiesRequest {
        deputies: vec![deputy.clone()],
        activate: None,
    });
    let end = pb::PublishDeputiesRequest {
        deputies: Vec::new(),
        activate: request.activate.clone(),
    };
    let parts: Vec<_> = parts.chain([end]).collect();
    let again = operator
        .publish_deputies(tokio_stream::iter(parts))
        .await
        .expect("again");
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(world.count("select count(*) from register_version").await, 1);
    let mut other = request;
    other.activate.as_mut().expect("an end").valid_from = Some(day("2024-02-01"));
    let refused = operator
        .publish_deputies(whole(other))
        .await
        .expect_err("other content");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::AlreadyExists, "REQUEST_REUSED")
    );
}

#[tokio::test]
async fn every_fault_is_told_with_its_remedy_and_nothing_changes() {
    let world = world().await;
    let twice = deputy("D-1", DeputyLevel::City, "+86 139 0000 0009");
    let backwards = pb::Deputy {
        term_to: Some(day("2021-12-31")),
        ..deputy("D-4", DeputyLevel::City, "0139 0000 0009")
    };
    let unknown = pb::Deputy {
        level: 9,
        area: "4303".to_owned(),
        name: String::new(),
        term_from: None,
        phones: vec![String::new(), "内线".to_owned()],
        ..deputy("D 5", DeputyLevel::City, "")
    };
    let mut rows = deputies();
    rows.extend([twice, backwards, unknown]);
    let mut request = register_of("2024-01-01", rows);
    request.activate.as_mut().expect("an end").row_count = 1;
    let mut operator = world.client(Role::Operator);
    let refused = operator.publish_deputies(whole(request)).await.expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        [
            "activate.row_count",
            "deputies[5].deputy",
            "deputies[5].name",
            "deputies[5].level",
            "deputies[5].area",
            "deputies[5].term_from",
            "deputies[5].phones[0]",
            "deputies[3].deputy",
            "deputies[4].term_to",
            "deputies[4].phones[0]",
        ]
    );
    for (field, description) in violations(&refused) {
        assert!(!description.contains("0009"), "{field} tells a number: {description}");
    }
    let elsewhere = pb::Deputy {
        area: "430381".to_owned(),
        ..deputy("D-1", DeputyLevel::City, "13900000001")
    };
    // A township of a district in force is known; before the reference data no area is.
    let street = pb::Deputy {
        area: "430302002".to_owned(),
        ..deputy("D-2", DeputyLevel::Township, "13900000002")
    };
    for (first, wrong) in [
        ("2024-01-01", vec!["deputies[0].area"]),
        ("2023-12-31", vec!["deputies[0].area", "deputies[1].area"]),
    ] {
        let request = register_of(first, vec![elsewhere.clone(), street.clone()]);
        let refused = operator
            .publish_deputies(whole(request))
            .await
            .expect_err("no such area");
        assert_eq!(violated(&refused), wrong);
    }
    let empty = operator
        .publish_deputies(whole(register_of("2024-01-01", vec![])))
        .await;
    assert_eq!(violated(&empty.expect_err("a register of nobody")), ["deputies"]);
    assert_eq!(world.count("select count(*) from register_version").await, 0);
}

#[tokio::test]
async fn a_dry_run_answers_with_the_difference_and_publishes_nothing() {
    let world = world().await;
    world.has_deputies().await;
    let mut next = deputies();
    next[0].name = "李四海".to_owned();
    next[1].level = DeputyLevel::Province.into();
    next[2] = deputy("D-4", DeputyLevel::Township, "13900000003");
    let mut request = register_of("2024-05-01", next.clone());
    request.activate.as_mut().expect("an end").dry_run = true;
    let mut operator = world.client(Role::Operator);
    let dry = operator
        .publish_deputies(whole(request))
        .await
        .expect("right")
        .into_inner();
    assert_eq!(dry.version, 0);
    assert_eq!(world.count("select count(*) from deputy").await, 3);
    let real = operator.publish_deputies(whole(register_of("2024-05-01", next))).await;
    let real = real.expect("published").into_inner();
    assert_eq!((real.version, &real.difference), (2, &dry.difference));
    let difference = real.difference.expect("always set");
    let rows: Vec<_> = difference
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.change()))
        .collect();
    assert_eq!(
        rows,
        [
            ("D-1", RowChange::Changed),
            ("D-2", RowChange::Changed),
            ("D-4", RowChange::Added),
            ("D-3", RowChange::Removed),
        ]
    );
    let texts = difference.rows.iter().map(|row| format!("{}{}", row.before, row.after));
    let texts: String = texts.collect();
    assert!(!texts.contains('李') && !texts.contains("1390000"), "{texts}");
    // The same register again differs in nothing.
    let same = operator
        .publish_deputies(whole(register_of("2024-04-30", deputies())))
        .await;
    assert_eq!(
        same.expect("published").into_inner().difference,
        Some(Difference::default())
    );
}

#[tokio::test]
async fn only_an_operator_publishes() {
    let world = world().await;
    for role in [Role::Agent, Role::Supervisor, Role::Service] {
        let request = whole(register_of("2024-01-01", deputies()));
        let refused = world.client(role).publish_deputies(request).await;
        assert_eq!(
            refused.expect_err("not its own").code(),
            Code::PermissionDenied,
            "{role:?}"
        );
    }
}
