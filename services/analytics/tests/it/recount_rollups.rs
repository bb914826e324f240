//! Roll-ups of another version of the program are recounted when it starts.

use std::sync::Arc;

use platform::clock::DrivenClock;
use testkit::{Edge, at};

use crate::april::april;
use crate::world::{World, apply, settings, state, world};

async fn restart(world: &World) {
    let clock = Arc::new(DrivenClock::new(at(20, 9, 0)));
    let base = Edge::base(analytics::NAME, &world.database, &clock);
    analytics::App::build(&settings(), base).await.expect("wired");
}

#[tokio::test]
async fn another_version_is_counted_anew_and_the_same_is_left_alone() {
    let world = world().await;
    world.play(&april().events).await;
    let right = state(world.pool()).await;
    world
        .execute("update rollup set orders_opened = 77 where orders_opened is not null")
        .await;
    restart(&world).await;
    assert_ne!(
        state(world.pool()).await,
        right,
        "the same version: not touched, verification finds it"
    );
    world.execute("update contribution_version set version = 0").await;
    restart(&world).await;
    assert_eq!(state(world.pool()).await, right);
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn a_program_that_counts_otherwise_leaves_them_alone() {
    let world = world().await;
    world
        .execute("update contribution_version set version = version + 1")
        .await;
    let events = april().events;
    let source = events[0].source.clone();
    let refused = apply(&world.store, &source, vec![events[0].clone()]).await;
    let why = refused.expect_err("it is left to the newer one");
    assert!(why.contains("leaves them alone"), "{why}");
    assert!(state(world.pool()).await.is_empty(), "neither facts nor roll-ups");
}
