//! PublishUnits: whole versions of the units, refused with every violation.

use hotline_proto::access::Role;
use hotline_proto::common::RowChange;
use hotline_proto::events::event::Body;
use hotline_proto::routing::{self as pb, UnitKind, UnitLevel};
use prost::Message as _;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::world::{CATALOGUE, UNITS, World, catalogue_from, day, request_id, units, units_from, violations};

/// Descriptions of the violations.
fn told(status: &Status) -> Vec<String> {
    assert!(violations(status).iter().all(|field| field == "units"), "{status:?}");
    let details = status.get_error_details();
    let bad = details.bad_request().expect("violations");
    bad.field_violations.iter().map(|one| one.description.clone()).collect()
}

#[tokio::test]
async fn versions_are_dense_and_repeats_give_the_first_answer() {
    let world = World::bare().await;
    let publish = async |request| world.publish_units(request).await.expect("published").version;
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
    let publications = (0..10).map(|_| world.publish_units(units(UNITS)));
    let answers = futures::future::join_all(publications).await;
    let versions = answers.into_iter().map(|answer| answer.expect("published").version);
    let mut versions: Vec<u64> = versions.collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn units_that_contradict_themselves_change_nothing() {
    let world = World::bare().await;
    let wrong = units(&[("a", ""), ("a", ""), ("b", "nobody"), ("c", "d"), ("d", "c")]);
    let refused = world.publish_units(wrong).await.expect_err("contradictions");
    assert_eq!(
        violations(&refused),
        ["units[1].code", "units[2].parent", "units[3].parent", "units[4].parent"]
    );
    let mut shapeless = units(&[("a b", ""), ("c", "d e")]);
    let end = shapeless.activate.as_mut().expect("an end");
    (end.valid_from, end.row_count) = (None, 3);
    shapeless.units[0].regions = ["430302", "43030", "430302", "430302"].map(str::to_owned).to_vec();
    shapeless.units[1].name = String::new();
    let refused = world.publish_units(shapeless).await.expect_err("no shape");
    assert_eq!(
        violations(&refused),
        [
            "activate.valid_from",
            "activate.row_count",
            "units[0].code",
            "units[0].regions[1]",
            "units[0].regions[3]",
            "units[1].name",
            "units[1].parent"
        ]
    );
    let refused = world.publish_units(units(&[])).await.expect_err("none");
    assert_eq!(violations(&refused), ["units"]);
    assert_eq!(world.count("select count(*) from unit").await, 0);
    assert_eq!(world.count("select count(*) from log").await, 0);
}

/// All rows at once, each with the first day on which it would find no unit.
#[tokio::test]
async fn a_unit_that_the_catalogue_names_is_not_taken_away() {
    let world = World::new().await;
    let without_water = &[("utilities", ""), ("gas", "utilities"), ("traffic", "")];
    for day in ["2024-01-01", "2024-06-01"] {
        let refused = world.publish_units(units_from(day, without_water)).await;
        let told = told(&refused.expect_err("two rows name them"));
        assert_eq!(told.len(), 2, "{told:?}");
        for (told, (row, unit)) in told.iter().zip([("r-north", "water.north"), ("r-water", "water")]) {
            for part in [day, row, unit] {
                assert!(told.contains(part), "{told}");
            }
        }
    }
    let early = units_from("2023-06-01", without_water);
    world
        .publish_units(early)
        .await
        .expect("over before the catalogue begins");
    let mut violations_of_both = units_from("2024-06-01", without_water);
    violations_of_both.units[1].parent = "nobody".to_owned();
    let refused = world.publish_units(violations_of_both).await.expect_err("both kinds");
    assert_eq!(violations(&refused), ["units[1].parent", "units", "units"]);
    assert_eq!(
        world
            .count("select count(*) from directory_version where part = 'units'")
            .await,
        2
    );

    // First the catalogue, then the units.
    let rows = catalogue_from("2024-06-01", &CATALOGUE[2..]);
    world.publish_catalogue(rows).await.expect("gas goes on");
    world
        .publish_units(units_from("2024-06-01", without_water))
        .await
        .expect("no row names water");
}

#[tokio::test]
async fn a_catalogue_that_begins_later_counts_and_one_that_is_over_does_not() {
    let world = World::new().await;
    // January to May as published, June without water, water again from July on.
    let gas = &CATALOGUE[2..];
    world
        .publish_catalogue(catalogue_from("2024-06-01", gas))
        .await
        .expect("June");
    world
        .publish_catalogue(catalogue_from("2024-07-01", CATALOGUE))
        .await
        .expect("July");
    let without_water = &[("utilities", ""), ("gas", "utilities")];
    let refused = world.publish_units(units_from("2024-06-10", without_water)).await;
    let told_of = told(&refused.expect_err("July names water"));
    assert_eq!(told_of.len(), 2, "{told_of:?}");
    assert!(told_of.iter().all(|one| one.contains("2024-07-01")), "{told_of:?}");
    // The next units begin in July, so these end before the July catalogue.
    world
        .publish_units(units_from("2024-07-01", UNITS))
        .await
        .expect("as before");
    world
        .publish_units(units_from("2024-06-10", without_water))
        .await
        .expect("over before July");
    // Of two with the same first day the newer one counts.
    world
        .publish_catalogue(catalogue_from("2024-07-01", gas))
        .await
        .expect("July, corrected");
    world
        .publish_units(units_from("2024-07-01", without_water))
        .await
        .expect("no row names water");
}

/// Each publication reads the other, so one of them is refused in either order.
#[tokio::test]
async fn a_unit_and_a_row_that_names_it_do_not_pass_each_other() {
    for _ in 0..5 {
        let world = World::new().await;
        let rows = catalogue_from("2024-06-01", &CATALOGUE[2..]);
        world.publish_catalogue(rows).await.expect("gas goes on");
        let (units, rows) = tokio::join!(
            world.publish_units(units_from("2024-06-01", &[("utilities", ""), ("gas", "utilities")])),
            world.publish_catalogue(catalogue_from("2024-06-01", CATALOGUE)),
        );
        assert!(units.is_ok() != rows.is_ok(), "{units:?} {rows:?}");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let world = World::new().await;
    let mut next = units_from("2024-06-01", &[UNITS, &[("bureau", "")]].concat());
    next.units.retain(|unit| unit.code != "traffic");
    next.units[0].regions = vec!["430302".to_owned(), "430304001".to_owned()];
    let end = next.activate.as_mut().expect("an end");
    (end.row_count, end.dry_run) = (5, true);
    let tried = world.publish_units(next.clone()).await.expect("right");
    let difference = tried.difference.expect("always set");
    let rows: Vec<_> = difference
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.change()))
        .collect();
    assert_eq!(
        rows,
        [
            ("bureau", RowChange::Added),
            ("utilities", RowChange::Changed),
            ("traffic", RowChange::Removed)
        ]
    );
    assert!(difference.rows[1].after.contains("430302 430304001"), "{difference:?}");
    assert_eq!(tried.version, 0);
    assert_eq!(
        world
            .count("select max(version) from directory_version where part = 'units'")
            .await,
        1
    );
    assert_eq!(
        world
            .count("select count(*) from log where type = 'units_published'")
            .await,
        1
    );
    let mut wrong = next.clone();
    wrong.activate.as_mut().expect("an end").request_id = request_id();
    wrong.units[1].parent = "nobody".to_owned();
    let refused = world.publish_units(wrong).await.expect_err("a dry run checks");
    assert_eq!(violations(&refused), ["units[1].parent"]);

    let end = next.activate.as_mut().expect("an end");
    (end.request_id, end.dry_run) = (request_id(), false);
    let done = world.publish_units(next.clone()).await.expect("as it was tried");
    assert_eq!((done.version, done.difference), (2, Some(difference)));
    let payload: Vec<u8> =
        sqlx::query_scalar("select payload from log where type = 'units_published' order by position desc limit 1")
            .fetch_one(&world.database.pool)
            .await
            .expect("told");
    let event = hotline_proto::events::Event::decode(payload.as_slice()).expect("an event");
    let Some(Body::UnitsPublished(told)) = event.body else {
        panic!("another event: {event:?}");
    };
    assert_eq!((told.version, told.valid_from), (2, Some(day("2024-06-01"))));
    let complete = next.units.into_iter().map(|unit| pb::Unit {
        kind: UnitKind::Bureau.into(),
        level: UnitLevel::City.into(),
        ..unit
    });
    assert_eq!(told.units, complete.collect::<Vec<_>>(), "with parents and regions");
}

#[tokio::test]
async fn kind_and_level_come_from_above_and_are_told_shown_and_compared() {
    let world = World::new().await;
    let named = |kind: UnitKind, level: UnitLevel, unit: pb::Unit| pb::Unit {
        kind: kind.into(),
        level: level.into(),
        ..unit
    };
    let mut next = units(UNITS);
    next.units[0] = named(UnitKind::Utility, UnitLevel::County, next.units[0].clone());
    next.units[2] = named(UnitKind::Unspecified, UnitLevel::Village, next.units[2].clone());
    let done = world.publish_units(next).await.expect("published");
    let rows = done.difference.expect("always set").rows;
    let changed: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(
        changed,
        ["gas", "utilities", "water", "water.north"],
        "all that it changes"
    );
    assert!(rows[0].before.contains("kind BUREAU, level CITY"), "{rows:?}");
    assert!(rows[3].after.contains("kind UTILITY, level VILLAGE"), "{rows:?}");
    let asked = pb::GetDirectoryRequest {
        page_size: 1000,
        ..pb::GetDirectoryRequest::default()
    };
    let shown = world.as_role(Role::Operator).get_directory(asked).await.expect("read");
    let shown = shown.into_inner().units;
    let found: Vec<_> = shown
        .iter()
        .map(|unit| (&*unit.code, unit.kind(), unit.level()))
        .collect();
    assert_eq!(
        found,
        [
            ("gas", UnitKind::Utility, UnitLevel::County),
            ("traffic", UnitKind::Bureau, UnitLevel::City),
            ("utilities", UnitKind::Utility, UnitLevel::County),
            ("water", UnitKind::Utility, UnitLevel::County),
            ("water.north", UnitKind::Utility, UnitLevel::Village),
        ]
    );
    let again = pb::PublishUnitsRequest {
        units: shown,
        ..units(UNITS)
    };
    let again = world.publish_units(again).await.expect("as it was read");
    assert_eq!(again.difference.expect("always set").rows, [], "nothing changes");
}

#[tokio::test]
async fn a_top_level_unit_names_both_and_no_unit_is_above_its_parent() {
    let world = World::bare().await;
    let mut wrong = units(&[("a", ""), ("b", ""), ("b.1", "b")]);
    (wrong.units[0].kind, wrong.units[0].level) = (0, 0);
    wrong.units[1].level = UnitLevel::Township.into();
    wrong.units[2].level = UnitLevel::County.into();
    let refused = world.publish_units(wrong.clone()).await.expect_err("three faults");
    assert_eq!(
        violations(&refused),
        ["units[0].kind", "units[0].level", "units[2].level"]
    );
    let details = refused.get_error_details();
    let told = details.bad_request().expect("violations");
    for (violation, unit) in told.field_violations.iter().zip(["a", "a", "b.1"]) {
        assert!(violation.description.contains(&format!(" {unit} is ")), "{violation:?}");
    }
    wrong.units[0].kind = 99;
    wrong.units[1].level = -1;
    let refused = world.publish_units(wrong).await.expect_err("unknown numbers");
    assert_eq!(violations(&refused), ["units[0].kind", "units[1].level"]);
}

#[tokio::test]
async fn without_its_end_or_with_a_row_missing_nothing_is_published() {
    let world = World::bare().await;
    let endless = pb::PublishUnitsRequest {
        activate: None,
        ..units(UNITS)
    };
    let refused = world.publish_units(endless).await.expect_err("no end");
    assert_eq!(violations(&refused), ["activate"]);
    let mut short = units(UNITS);
    short.units.pop();
    let refused = world.publish_units(short).await.expect_err("a row was lost");
    assert_eq!(violations(&refused), ["activate.row_count"]);
    assert_eq!(world.count("select count(*) from unit").await, 0);
}
