//! PublishUnits: whole versions of the directory, with every violation told.

use hotline_proto::access::Role;
use hotline_proto::routing as pb;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::world::{CATALOGUE, UNITS, World, catalogue, units, violations};

fn units_from(day: &str, some: &[(&str, &str)]) -> pb::PublishUnitsRequest {
    pb::PublishUnitsRequest {
        valid_from: day.to_owned(),
        ..units(some)
    }
}

fn catalogue_from(day: &str, rows: &[(&str, &str, &str, &str)]) -> pb::PublishCatalogueRequest {
    pb::PublishCatalogueRequest {
        valid_from: day.to_owned(),
        ..catalogue(rows)
    }
}

/// What each violation says.
fn told(status: &Status) -> Vec<String> {
    assert!(violations(status).iter().all(|field| field == "units"), "{status:?}");
    let details = status.get_error_details();
    let bad = details.bad_request().expect("violations");
    bad.field_violations.iter().map(|one| one.description.clone()).collect()
}

#[tokio::test]
async fn versions_are_dense_and_repeats_give_the_first_answer() {
    let world = World::bare().await;
    let mut operator = world.as_role(Role::Operator);
    let mut publish = async |request| {
        operator
            .publish_units(request)
            .await
            .expect("published")
            .into_inner()
            .version
    };
    let request = units(UNITS);
    assert_eq!(publish(request.clone()).await, 1);
    assert_eq!(publish(request).await, 1);
    assert_eq!(publish(units(UNITS)).await, 2);
    let told = "select count(*) from log where type = 'units_published'";
    assert_eq!(world.count(told).await, 2);
}

#[tokio::test]
async fn many_publish_at_once_and_versions_stay_dense() {
    let world = World::bare().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let mut operator = world.as_role(Role::Operator);
        tasks.spawn(async move {
            operator
                .publish_units(units(UNITS))
                .await
                .map(|a| a.into_inner().version)
        });
    }
    let mut versions: Vec<u64> = tasks
        .join_all()
        .await
        .into_iter()
        .map(|v| v.expect("published"))
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn units_that_contradict_themselves_change_nothing() {
    let world = World::bare().await;
    let mut operator = world.as_role(Role::Operator);
    let wrong = units(&[("a", ""), ("a", ""), ("b", "nobody"), ("c", "d"), ("d", "c")]);
    let refused = operator.publish_units(wrong).await.expect_err("contradictions");
    assert_eq!(
        violations(&refused),
        ["units[1].code", "units[2].parent", "units[3].parent", "units[4].parent"]
    );
    let mut shapeless = units(&[("a b", ""), ("c", "d e")]);
    shapeless.valid_from = "2024-02-30".to_owned();
    shapeless.units[1].name = String::new();
    let refused = operator.publish_units(shapeless).await.expect_err("no shape");
    assert_eq!(
        violations(&refused),
        ["valid_from", "units[0].code", "units[1].name", "units[1].parent"]
    );
    let refused = operator.publish_units(units(&[])).await.expect_err("none");
    assert_eq!(violations(&refused), ["units"]);
    assert_eq!(world.count("select count(*) from unit").await, 0);
    assert_eq!(world.count("select count(*) from log").await, 0);
}

/// All rows at once, each with the day from which on it would find no unit.
#[tokio::test]
async fn a_unit_that_the_catalogue_names_is_not_taken_away() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    let without_water = &[("utilities", ""), ("gas", "utilities"), ("traffic", "")];
    for day in ["2024-01-01", "2024-06-01"] {
        let refused = operator.publish_units(units_from(day, without_water)).await;
        let told = told(&refused.expect_err("two rows name them"));
        assert_eq!(told.len(), 2, "{told:?}");
        for (told, (row, unit)) in told.iter().zip([("r-north", "water.north"), ("r-water", "water")]) {
            for part in [day, row, unit] {
                assert!(told.contains(part), "{told}");
            }
        }
    }
    let early = units_from("2023-06-01", without_water);
    operator
        .publish_units(early)
        .await
        .expect("over before the catalogue begins");
    let mut violations_of_both = units_from("2024-06-01", without_water);
    violations_of_both.units[1].parent = "nobody".to_owned();
    let refused = operator
        .publish_units(violations_of_both)
        .await
        .expect_err("both kinds");
    assert_eq!(violations(&refused), ["units[1].parent", "units", "units"]);
    assert_eq!(
        world
            .count("select count(*) from directory_version where part = 'units'")
            .await,
        2
    );

    // First the catalogue, then the units.
    let rows = catalogue_from("2024-06-01", &CATALOGUE[2..]);
    operator.publish_catalogue(rows).await.expect("gas goes on");
    operator
        .publish_units(units_from("2024-06-01", without_water))
        .await
        .expect("no row names water");
}

#[tokio::test]
async fn a_catalogue_that_begins_later_counts_and_one_that_is_over_does_not() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    // January to May as published, June without water, from July on water again.
    let gas = &CATALOGUE[2..];
    operator
        .publish_catalogue(catalogue_from("2024-06-01", gas))
        .await
        .expect("June");
    operator
        .publish_catalogue(catalogue_from("2024-07-01", CATALOGUE))
        .await
        .expect("July");
    let without_water = &[("utilities", ""), ("gas", "utilities")];
    let refused = operator.publish_units(units_from("2024-06-10", without_water)).await;
    let told_of = told(&refused.expect_err("July names water"));
    assert_eq!(told_of.len(), 2, "{told_of:?}");
    assert!(told_of.iter().all(|one| one.contains("2024-07-01")), "{told_of:?}");
    // Units that begin in July let these end before.
    operator
        .publish_units(units_from("2024-07-01", UNITS))
        .await
        .expect("as before");
    operator
        .publish_units(units_from("2024-06-10", without_water))
        .await
        .expect("over before July");
    // Of two that begin on the same day the newer counts.
    operator
        .publish_catalogue(catalogue_from("2024-07-01", gas))
        .await
        .expect("July, corrected");
    operator
        .publish_units(units_from("2024-07-01", without_water))
        .await
        .expect("nobody names water");
}

/// Each looks at the other, so one of them is refused whoever comes first.
#[tokio::test]
async fn a_unit_and_a_row_that_names_it_do_not_pass_each_other() {
    for _ in 0..5 {
        let world = World::new().await;
        let rows = catalogue_from("2024-06-01", &CATALOGUE[2..]);
        world
            .as_role(Role::Operator)
            .publish_catalogue(rows)
            .await
            .expect("gas goes on");
        let (mut one, mut other) = (world.as_role(Role::Operator), world.as_role(Role::Operator));
        let (units, rows) = tokio::join!(
            one.publish_units(units_from("2024-06-01", &[("utilities", ""), ("gas", "utilities")])),
            other.publish_catalogue(catalogue_from("2024-06-01", CATALOGUE)),
        );
        assert!(units.is_ok() != rows.is_ok(), "{units:?} {rows:?}");
    }
}
