//! PublishUnits: whole versions of the directory, with every violation told.

use hotline_proto::access::Role;

use crate::world::{UNITS, World, units, violations};

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
