//! PublishCatalogue: category × region → unit, of units in force.

use hotline_proto::access::Role;

use crate::world::{CATALOGUE, World, catalogue, violations};

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
