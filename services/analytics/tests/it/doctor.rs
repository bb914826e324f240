//! Each check finds the violation that was planted for it.

use analytics::doctor::check;

use crate::april::april;
use crate::world::world;

#[tokio::test]
async fn a_sound_database_has_no_violations() {
    let world = world().await;
    assert_eq!(check(world.pool()).await.expect("read"), []);
    world.play(&april().events).await;
    assert_eq!(check(world.pool()).await.expect("read"), []);
}

#[tokio::test]
#[should_panic(expected = "the doctor's findings")]
async fn a_world_that_ends_unsound_fails_its_test() {
    let world = world().await;
    world.play(&april().events).await;
    world
        .execute("update rollup set calls_offered = calls_offered + 1 where span = 'day'")
        .await;
}

#[tokio::test]
async fn planted_violations_are_found() {
    for (fault, invariants) in [
        (
            "update rollup set calls_offered = calls_offered + 1 where span = 'day'",
            &["I8"][..],
        ),
        // An unrated order is counted as satisfied.
        (
            "update rollup set outcomes_satisfied = outcomes_satisfied + 1
                where span = 'day' and dimension = 'total'",
            &["I8", "I7"],
        ),
        // An invalid appeal is counted: the recount and the count in SQL both find it.
        (
            "update rollup set appeals_received = appeals_received + 1
                where dimension = 'total' and span = 'day' and day = '2024-04-01'",
            &["I8", "I8"],
        ),
    ] {
        let world = world().await;
        world.play(&april().events).await;
        world.plant(fault).await;
        let found: Vec<&str> = check(world.pool())
            .await
            .expect("read")
            .into_iter()
            .map(|violation| violation.invariant)
            .collect();
        assert_eq!(found, invariants, "{fault}");
    }
}
