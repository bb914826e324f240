//! An order that answers several appeals: it counts once, and callback asks each appellant.

use hotline_proto::common::{Rating, Solved};
use hotline_proto::events as pb;
use hotline_proto::events::event::Body;
use hotline_proto::routing::Order;

use crate::story::{Codes, Story, WATER, accepted, appeal, facts, id, linked, opened, order, recorded};
use crate::world::{figure, world};

/// Calls the appellant of an appeal behind order 1.
fn outcome(event: u32, of: u32, version: u64, rating: Rating) -> eventlog::Recorded {
    let task = id(5, 1000 + of);
    let body = pb::OutcomeRecorded {
        task_id: task.to_string(),
        order_id: order(1).to_string(),
        appeal_id: appeal(of).to_string(),
        reached: true,
        attempt_count: 1,
        solved: Solved::Solved.into(),
        rating: rating.into(),
        ..Default::default()
    };
    recorded("callback", event, task, version, Body::OutcomeRecorded(body))
}

#[tokio::test]
async fn an_order_with_several_appeals_counts_once_by_its_first_appeal_and_its_least_satisfied_appellant() {
    let world = world().await;
    let mut story = Story::default();
    let other = Codes {
        category: "0101",
        ..WATER
    };
    story.forwarded(1, 1, WATER);
    story.forwarded(2, 2, other);
    let merged = |state: Order| Order {
        appeals: [state.appeals.clone(), vec![linked(facts(2, 2, other))]].concat(),
        ..state
    };
    story.order(1, vec![merged(opened(1, 1)), merged(accepted(1, 1, "water"))]);
    // The task of the satisfied appellant has more versions, and its events arrive last.
    story.events.extend([
        outcome(70, 2, 3, Rating::Dissatisfied),
        outcome(71, 1, 9, Rating::Satisfied),
    ]);
    world.play(&story.events).await;
    let figures = world.april().await;
    for (key, numerator, denominator) in [
        ("volume.appeals", 2, 0),
        ("volume.orders", 1, 0),
        ("handling.callback_rate", 1, 1),
        ("callback.dissatisfied", 1, 0),
        ("callback.satisfied", 0, 0),
        ("satisfaction.rated_only", 0, 1),
    ] {
        let printed = figure(&figures, key);
        let found = (printed.numerator, printed.denominator);
        assert_eq!(found, (numerator, denominator), "{key}");
    }
    let tasks: i64 = sqlx::query_scalar("select count(*) from fact_callback where rating is not null")
        .fetch_one(world.pool())
        .await
        .expect("counted");
    assert_eq!(tasks, 2);
    let (opening, category): (uuid::Uuid, String) = sqlx::query_as("select appeal_id, category from fact_order")
        .fetch_one(world.pool())
        .await
        .expect("the order");
    assert_eq!((opening, category.as_str()), (appeal(1), "0501"));
    assert_eq!(world.verify().await.differences, []);
}
