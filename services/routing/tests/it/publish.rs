//! PublishUnits, PublishCatalogue, PublishLimits: whole versions, with every violation told.

use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, ClockKind, Urgency};
use hotline_proto::routing as pb;
use hotline_proto::routing::duration::Kind;

use crate::world::{CATALOGUE, UNITS, World, catalogue, limit, limits, units, violations};

#[tokio::test]
async fn versions_are_dense_and_repeats_give_the_first_answer() {
    let world = World::bare().await;
    let mut operator = world.as_role(Role::Operator);
    let request = units(UNITS);
    for _ in 0..2 {
        let version = operator
            .publish_units(request.clone())
            .await
            .expect("published")
            .into_inner()
            .version;
        assert_eq!(version, 1);
    }
    assert_eq!(
        operator
            .publish_units(units(UNITS))
            .await
            .expect("published")
            .into_inner()
            .version,
        2
    );
    let told = "select count(*) from log where type = 'units_published'";
    assert_eq!(world.count(told).await, 2);
    assert_eq!(
        operator
            .publish_catalogue(catalogue(CATALOGUE))
            .await
            .expect("published")
            .into_inner()
            .version,
        1
    );
    assert_eq!(
        operator
            .publish_limits(limits())
            .await
            .expect("published")
            .into_inner()
            .version,
        1
    );
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
async fn limits_have_no_ties_and_no_gaps() {
    let world = World::bare().await;
    let mut operator = world.as_role(Role::Operator);
    let help = pb::LimitRow {
        r#type: AppealType::Help.into(),
        ..limit("help", ClockKind::Handle, Kind::WorkingDays(5))
    };
    let urgent = pb::LimitRow {
        urgency: Urgency::Urgent.into(),
        ..limit("urgent", ClockKind::Handle, Kind::Minutes(60))
    };
    let mut wrong = limits();
    wrong.rows = vec![help, urgent, limit("sign", ClockKind::Sign, Kind::NaturalDays(1))];
    let refused = operator.publish_limits(wrong).await.expect_err("a tie and two gaps");
    assert_eq!(violations(&refused), ["rows[1]", "rows", "rows"]);
    let mut shapeless = limits();
    shapeless.rows[0].limit = Some(pb::Duration {
        kind: Some(Kind::WorkingDays(251)),
    });
    shapeless.rows[1].limit = None;
    shapeless.rows[2].clock = 9;
    shapeless.rows[3].limit = Some(pb::Duration {
        kind: Some(Kind::Minutes(0)),
    });
    let refused = operator.publish_limits(shapeless).await.expect_err("no shape");
    assert_eq!(
        violations(&refused),
        [
            "rows[0].limit.working_days",
            "rows[1].limit",
            "rows[2].clock",
            "rows[3].limit.minutes"
        ]
    );
}
