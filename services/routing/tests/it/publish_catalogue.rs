//! PublishCatalogue: category × region → unit, of units in force.

use hotline_proto::access::Role;
use hotline_proto::common::RowChange;
use hotline_proto::routing as pb;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::world::{
    CATALOGUE, UNITS, World, activation, appeal, catalogue, catalogue_from, request_id, units_from, violations,
};

#[tokio::test]
async fn the_same_again_gives_the_first_version_and_another_request_the_next() {
    let world = World::new().await;
    let publish = async |request| world.publish_catalogue(request).await.expect("published").version;
    let request = catalogue(CATALOGUE);
    let first = publish(request.clone()).await;
    assert_eq!(publish(request).await, first);
    assert_eq!(publish(catalogue(CATALOGUE)).await, first + 1);
}

#[tokio::test]
async fn a_catalogue_names_units_in_force_once_each() {
    let world = World::new().await;
    let wrong = catalogue(&[
        ("1", "01", "", "water"),
        ("1", "02", "", "nobody"),
        ("3", "01", "", "gas"),
    ]);
    let refused = world.publish_catalogue(wrong).await.expect_err("contradictions");
    assert_eq!(
        violations(&refused),
        ["rows[1].row", "rows[1].unit", "rows[2].category"]
    );
    let early = catalogue_from("2023-12-31", CATALOGUE);
    let refused = world.publish_catalogue(early).await.expect_err("before the units");
    assert_eq!(violations(&refused), ["rows[0].unit", "rows[1].unit", "rows[2].unit"]);
}

#[tokio::test]
async fn its_units_are_in_force_as_long_as_it_is() {
    let world = World::new().await;
    let gas = &CATALOGUE[2..];
    // The water works end with May.
    world
        .publish_catalogue(catalogue_from("2024-06-01", gas))
        .await
        .expect("gas goes on");
    let fewer = units_from("2024-06-01", &[("utilities", ""), ("gas", "utilities")]);
    world.publish_units(fewer).await.expect("no row names water");
    let refused = world.publish_catalogue(catalogue_from("2024-06-15", CATALOGUE)).await;
    let refused = refused.expect_err("water is not in force");
    assert_eq!(violations(&refused), ["rows[0].unit", "rows[1].unit"]);
    // A catalogue that ends before June may name them.
    world
        .publish_catalogue(catalogue_from("2024-05-01", CATALOGUE))
        .await
        .expect("over before June");
    let all = units_from("2024-06-01", UNITS);
    world.publish_units(all).await.expect("they come back");
    let brief = units_from("2024-08-01", &[("utilities", ""), ("gas", "utilities")]);
    world.publish_units(brief).await.expect("gas goes on");
    let refused = world.publish_catalogue(catalogue_from("2024-06-15", CATALOGUE)).await;
    let refused = refused.expect_err("water is not in force in August");
    assert_eq!(violations(&refused), ["rows[0].unit", "rows[1].unit"]);
    assert!(
        told(&refused).iter().all(|one| one.contains("2024-08-01")),
        "{refused:?}"
    );
}

/// Descriptions of the violations.
fn told(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let bad = details.bad_request().expect("violations");
    bad.field_violations.iter().map(|one| one.description.clone()).collect()
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let world = World::new().await;
    let mut next = catalogue(&[
        ("r-water", "0102", "", "water.north"),
        ("r-gas", "0103", "4303", "gas"),
        ("r-new", "0104", "", "traffic"),
    ]);
    next.activate.as_mut().expect("an end").dry_run = true;
    let tried = world.publish_catalogue(next.clone()).await.expect("right");
    let difference = tried.difference.expect("always set");
    let rows: Vec<_> = difference
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.change()))
        .collect();
    assert_eq!(
        rows,
        [
            ("r-new", RowChange::Added),
            ("r-water", RowChange::Changed),
            ("r-north", RowChange::Removed)
        ]
    );
    assert_eq!(difference.rows[1].before, "category 0102, region all, unit water");
    assert_eq!(tried.version, 0);
    let versions = "select max(version) from directory_version where part = 'catalogue'";
    assert_eq!(world.count(versions).await, 1);
    let end = next.activate.as_mut().expect("an end");
    (end.request_id, end.dry_run) = (request_id(), false);
    let done = world.publish_catalogue(next).await.expect("as it was tried");
    assert_eq!((done.version, done.difference), (2, Some(difference)));
}

/// The rows of a province are checked, compared, written and looked up without comparing every pair.
#[tokio::test]
async fn a_hundred_thousand_rows_are_published() {
    let world = World::new().await;
    let row = |number: u32| pb::CatalogueRow {
        row: format!("r{number}"),
        category: format!("{:04}", number / 100),
        region: format!("430302{:03}", number % 100 + 1),
        unit: "water".to_owned(),
    };
    let many = pb::PublishCatalogueRequest {
        rows: (0..100_000).map(row).collect(),
        activate: Some(activation("2024-02-01", 100_000)),
    };
    // The catalogue is larger than a message, so it is sent in parts of a few thousand rows.
    let rows = many.rows.chunks(5_000).map(|rows| pb::PublishCatalogueRequest {
        rows: rows.to_vec(),
        activate: None,
    });
    let end = pb::PublishCatalogueRequest {
        rows: Vec::new(),
        activate: many.activate,
    };
    let parts: Vec<_> = rows.chain([end]).collect();
    let mut operator = world.as_role(Role::Operator);
    let answer = operator.publish_catalogue(futures::stream::iter(parts)).await;
    let difference = answer.expect("published").into_inner().difference.expect("always set");
    assert_eq!((difference.added_count, difference.rows.len()), (100_000, 1_000));
    let order = world.forward(appeal("012399", "430302007001")).await;
    assert_eq!(world.get(&order).await.lead_unit, "water");
}
