//! PublishCatalogue: category × region → unit, of units in force.

use hotline_proto::access::Role;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::world::{CATALOGUE, UNITS, World, catalogue, units, violations};

#[tokio::test]
async fn the_same_again_gives_the_first_version_and_another_request_the_next() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    let mut publish = async |request| {
        let answer = operator.publish_catalogue(request).await;
        answer.expect("published").into_inner().version
    };
    let request = catalogue(CATALOGUE);
    let first = publish(request.clone()).await;
    assert_eq!(publish(request).await, first);
    assert_eq!(publish(catalogue(CATALOGUE)).await, first + 1);
}

#[tokio::test]
async fn a_catalogue_names_units_in_force_once_each() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    let wrong = catalogue(&[
        ("1", "01", "", "water"),
        ("1", "02", "", "nobody"),
        ("3", "01", "", "gas"),
    ]);
    let refused = operator.publish_catalogue(wrong).await.expect_err("contradictions");
    assert_eq!(
        violations(&refused),
        ["rows[1].row", "rows[1].unit", "rows[2].category"]
    );
    let mut early = catalogue(CATALOGUE);
    early.valid_from = "2023-12-31".to_owned();
    let refused = operator.publish_catalogue(early).await.expect_err("before the units");
    assert_eq!(violations(&refused), ["rows[0].unit", "rows[1].unit", "rows[2].unit"]);
}

#[tokio::test]
async fn its_units_are_in_force_as_long_as_it_is() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    let gas = &CATALOGUE[2..];
    let from = |day: &str, rows| {
        let mut request = catalogue(rows);
        request.valid_from = day.to_owned();
        request
    };
    // Water ends with May.
    operator
        .publish_catalogue(from("2024-06-01", gas))
        .await
        .expect("gas goes on");
    let mut fewer = units(&[("utilities", ""), ("gas", "utilities")]);
    fewer.valid_from = "2024-06-01".to_owned();
    operator.publish_units(fewer).await.expect("no row names water");
    let refused = operator.publish_catalogue(from("2024-06-15", CATALOGUE)).await;
    let refused = refused.expect_err("water is over");
    assert_eq!(violations(&refused), ["rows[0].unit", "rows[1].unit"]);
    // Until the catalogue of June it may.
    operator
        .publish_catalogue(from("2024-05-01", CATALOGUE))
        .await
        .expect("over before June");
    let mut all = units(UNITS);
    all.valid_from = "2024-06-01".to_owned();
    operator.publish_units(all).await.expect("they come back");
    let mut brief = units(&[("utilities", ""), ("gas", "utilities")]);
    brief.valid_from = "2024-08-01".to_owned();
    operator.publish_units(brief).await.expect("gas goes on");
    let refused = operator.publish_catalogue(from("2024-06-15", CATALOGUE)).await;
    let refused = refused.expect_err("water is over in August");
    assert_eq!(violations(&refused), ["rows[0].unit", "rows[1].unit"]);
    assert!(
        told(&refused).iter().all(|one| one.contains("2024-08-01")),
        "{refused:?}"
    );
}

/// What each violation says.
fn told(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let bad = details.bad_request().expect("violations");
    bad.field_violations.iter().map(|one| one.description.clone()).collect()
}
