//! Unknown values of a newer program are stored as received, count in no bucket, and park no event. Arms and fields:
//! `consume.rs`.

use hotline_proto::analytics::{Dimension, ListFigureMembersRequest};
use hotline_proto::common::{OrderState, Rating};
use hotline_proto::events as pb;
use hotline_proto::events::event::Body;
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::Order;
use rpc::time::to_proto;
use testkit::at;

use crate::story::{Story, WATER, accepted, appeal, day, dispatched, facts, id, opened, order, recorded};
use crate::world::{figure, world};

/// A number that no enum of this program has.
const FUTURE: i32 = 99;

#[tokio::test]
async fn a_type_from_the_future_is_an_appeal_of_none_of_the_five() {
    let world = world().await;
    let mut story = Story::default();
    story.forwarded(1, 1, WATER);
    story.forwarded_of(AppealFacts {
        r#type: FUTURE,
        urgency: FUTURE,
        seat: FUTURE,
        deputy_level: FUTURE,
        defects: vec![FUTURE],
        ..facts(2, 1, WATER)
    });
    world.play(&story.events).await;
    let figures = world.april().await;
    assert_eq!(figure(&figures, "volume.appeals").numerator, 2);
    let types = figures.iter().filter(|figure| figure.key.starts_with("type.appeals/"));
    assert_eq!(types.map(|figure| figure.numerator).sum::<i64>(), 1);
    let stored: Vec<String> =
        sqlx::query_scalar("select member from rollup where dimension = 'type' and span = 'day' order by member")
            .fetch_all(world.pool())
            .await
            .expect("the roll-ups");
    assert_eq!(stored, ["2", "99"]);
    for of in [Dimension::Seat, Dimension::Urgency, Dimension::DeputyLevel] {
        let request = ListFigureMembersRequest {
            from_day: Some(day(4, 1)),
            to_day: Some(day(4, 30)),
            figure: "volume.appeals".to_owned(),
            dimension: of.into(),
            member: FUTURE.to_string(),
            ..Default::default()
        };
        assert_eq!(world.opened(request).await.len(), 1, "{of:?}");
    }
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn an_order_in_a_state_from_the_future_is_neither_open_nor_refused() {
    let world = world().await;
    let mut story = Story::default();
    // One before dispatch, one closed in an unknown way: the checks of known states do not apply.
    let states = [
        Order {
            version: 2,
            state: FUTURE,
            ..opened(1, 1)
        },
        Order {
            version: 2,
            state: FUTURE,
            close_time: Some(to_proto(at(3, 9, 0))),
            ..opened(2, 1)
        },
    ];
    for (number, state) in [(1, &states[0]), (2, &states[1])] {
        let reworked = pb::OrderReworked {
            order: Some(state.clone()),
        };
        let event = recorded("routing", number, order(number), 2, Body::OrderReworked(reworked));
        story.events.push(event);
    }
    story.order(3, vec![opened(3, 1)]);
    world.play(&story.events).await;
    let figures = world.april().await;
    assert_eq!(figure(&figures, "volume.orders").numerator, 3);
    assert_eq!(figure(&figures, "handling.open_orders").numerator, 1);
    assert_eq!(world.verify().await.differences, []);

    // A later, known state counts as always.
    let mut story = Story::default();
    story.order(
        1,
        vec![Order {
            version: 3,
            ..dispatched(1, 1, "water")
        }],
    );
    world.play(&story.events).await;
    assert_eq!(figure(&world.april().await, "handling.open_orders").numerator, 2);
}

#[tokio::test]
async fn an_outcome_from_the_future_is_neither_satisfied_nor_dissatisfied_nor_unrated() {
    let world = world().await;
    let mut story = Story::default();
    for number in 1..=2 {
        story.order(number, vec![opened(number, 1), accepted(number, 1, "water")]);
    }
    story.outcome(1, 0, Rating::Satisfied);
    let task = id(5, 20);
    let told = pb::OutcomeRecorded {
        task_id: task.to_string(),
        order_id: order(2).to_string(),
        appeal_id: appeal(2).to_string(),
        reached: true,
        attempt_count: 1,
        solved: FUTURE,
        rating: FUTURE,
        ground: FUTURE,
        ..Default::default()
    };
    let judged = pb::DissatisfactionJudged {
        task_id: task.to_string(),
        order_id: order(2).to_string(),
        appeal_id: appeal(2).to_string(),
        cause: FUTURE,
        ..Default::default()
    };
    story.events.extend([
        recorded("callback", 90, task, 5, Body::OutcomeRecorded(told)),
        recorded("callback", 91, task, 6, Body::DissatisfactionJudged(judged)),
    ]);
    world.play(&story.events).await;
    let figures = world.april().await;
    for (key, numerator, denominator) in [
        ("callback.effective_rate", 2, 2),
        ("callback.resolve_rate", 1, 2),
        ("callback.satisfied", 1, 0),
        ("callback.dissatisfied", 0, 0),
        ("satisfaction.unrated", 0, 0),
        ("satisfaction.no_channel", 0, 0),
        ("satisfaction.rated_only", 1, 1),
        ("satisfaction.unrated_as_satisfied", 1, 2),
        ("satisfaction.lower_bound", 1, 2),
        ("callback.unit_caused", 0, 0),
        ("callback.objective_caused", 0, 0),
    ] {
        let printed = figure(&figures, key);
        let found = (printed.numerator, printed.denominator);
        assert_eq!(found, (numerator, denominator), "{key}");
    }
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn a_card_of_a_colour_from_the_future_is_kept_and_counted_when_it_is_taken_back() {
    let world = world().await;
    let mut story = Story::default();
    story.order(1, vec![opened(1, 1), dispatched(1, 1, "water")]);
    let card = |version: u32, body| recorded("supervision", 80 + version, order(1), version.into(), body);
    let issued = pb::CardIssued {
        card_id: id(4, 1).to_string(),
        order_id: order(1).to_string(),
        colour: FUTURE,
        clock: FUTURE,
        ..Default::default()
    };
    let withdrawn = pb::CardWithdrawn {
        card_id: id(4, 1).to_string(),
        order_id: order(1).to_string(),
        colour: FUTURE,
        ..Default::default()
    };
    story.events.push(card(1, Body::CardIssued(issued)));
    world.play(&story.events).await;
    // The row is written again, as with every change.
    let kept = async || -> Vec<String> {
        sqlx::query_scalar("select other_cards from fact_order")
            .fetch_one(world.pool())
            .await
            .expect("the order")
    };
    assert_eq!(kept().await, [format!("{FUTURE}/{}", id(4, 1))]);
    world.play(&[card(2, Body::CardWithdrawn(withdrawn))]).await;
    assert_eq!(kept().await, [format!("{FUTURE}/{}", id(4, 1))]);
    let figures = world.april().await;
    for (key, numerator) in [("cards.yellow", 0), ("cards.red", 0), ("cards.withdrawn", 1)] {
        assert_eq!(figure(&figures, key).numerator, numerator, "{key}");
    }
}

#[tokio::test]
async fn a_deadline_of_a_kind_from_the_future_is_passed_over() {
    let world = world().await;
    let mut state = dispatched(1, 1, "water");
    let mut unknown = state.deadlines[0].clone();
    unknown.kind = FUTURE;
    unknown.due_time = None;
    state.deadlines.insert(0, unknown);
    let mut story = Story::default();
    story.order(1, vec![opened(1, 1), state]);
    assert_eq!(story.events.len(), 2);
    world.play(&story.events).await;
    let figures = world.april().await;
    assert_eq!(figure(&figures, "handling.on_time_rate").denominator, 1);
    let known: i32 = sqlx::query_scalar("select state from fact_order")
        .fetch_one(world.pool())
        .await
        .expect("the order");
    assert_eq!(known, i32::from(OrderState::PendingSign));
}
