//! The policy library is a stock: what holds on the last day of the window, in the version in force on it.

use hotline_proto::analytics as pb;

use crate::story::{Story, day};
use crate::world::{World, figure, state, world};

async fn stock(world: &World, last: i32) -> (i64, i64) {
    let figures = world.bulletin(day(4, 1), day(4, last)).await;
    let count = |key| figure(&figures, key).numerator;
    (count("library.policies"), count("library.specialists"))
}

async fn opened(world: &World, key: &str, last: i32) -> Vec<String> {
    let request = pb::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, last)),
        figure: key.to_owned(),
        page_size: 1,
        ..Default::default()
    };
    let members = world.opened(request).await;
    assert!(
        members
            .iter()
            .all(|member| member.count == 1 && member.number.is_empty())
    );
    members.into_iter().map(|member| member.id).collect()
}

fn versions() -> Story {
    let mut story = Story::default();
    let first = [("P3", 1, None), ("P1", 1, Some(5)), ("P2", 4, Some(30))];
    story.library(1, day(4, 2), &first, &["S2", "S1"]);
    // Two versions from one day: the higher one is in force.
    story.library(3, day(4, 10), &[("P4", 1, None)], &["S1", "S2", "S3"]);
    story.library(2, day(4, 10), &[("P5", 1, None), ("P6", 1, None)], &[]);
    story
}

#[tokio::test]
async fn what_holds_on_the_last_day_counts_and_opens_by_its_code() {
    let world = world().await;
    world.play(&versions().events).await;
    for (last, policies, specialists) in [
        (1, &[][..], &[][..]),
        (2, &["P1", "P3"], &["S1", "S2"]),
        (4, &["P1", "P2", "P3"], &["S1", "S2"]),
        (5, &["P1", "P2", "P3"], &["S1", "S2"]),
        (6, &["P2", "P3"], &["S1", "S2"]),
        (9, &["P2", "P3"], &["S1", "S2"]),
        (10, &["P4"], &["S1", "S2", "S3"]),
        (30, &["P4"], &["S1", "S2", "S3"]),
    ] {
        let counts = stock(&world, last).await;
        let expected = [policies.len(), specialists.len()].map(|count| i64::try_from(count).expect("few"));
        assert_eq!(counts, (expected[0], expected[1]), "{last}");
        assert_eq!(opened(&world, "library.policies", last).await, policies, "{last}");
        assert_eq!(opened(&world, "library.specialists", last).await, specialists, "{last}");
    }
}

#[tokio::test]
async fn versions_that_come_again_or_in_one_batch_give_the_same_rows() {
    let world = world().await;
    let events = versions().events;
    let mut batch = events.clone();
    batch.reverse();
    batch.extend(events.clone());
    world.apply("intake", batch).await;
    let at_once = state(world.pool()).await;
    world.play(&events).await;
    assert_eq!(state(world.pool()).await, at_once);
    assert_eq!(stock(&world, 30).await, (1, 3));
}

#[tokio::test]
async fn a_policy_belongs_to_no_member_of_a_dimension() {
    let world = world().await;
    world.play(&versions().events).await;
    let request = pb::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, 30)),
        figure: "library.policies".to_owned(),
        dimension: pb::Dimension::Unit.into(),
        member: "water".to_owned(),
        ..Default::default()
    };
    assert_eq!(world.opened(request).await, []);
}
