//! The same state results from any order, any batches and any repetition.

use eventlog::{Effect, Recorded};
use hotline_proto::access::Role;
use hotline_proto::common::OrderState;
use hotline_proto::events as pb;
use hotline_proto::events::event::Body;
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::Order;
use testkit::at;
use uuid::Uuid;

use crate::april::april;
use crate::story::{
    Story, WATER, accepted, appeal, call, day, dispatched, entry, facts, notice, opened, order, recorded, unit,
};
use crate::world::{World, apply, figure, state, world};

const SOURCES: [&str; 4] = ["intake", "routing", "supervision", "callback"];

/// A small random generator with a seed, so that tests repeat exactly.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }
}

/// An interleaving of the sources, each in its own order, cut into batches of one source.
fn batches(events: &[Recorded], dice: &mut Dice) -> Vec<(&'static str, Vec<Recorded>)> {
    let mut left: Vec<(&str, Vec<Recorded>)> = SOURCES
        .iter()
        .map(|source| {
            (
                *source,
                events.iter().filter(|e| e.source == *source).cloned().collect(),
            )
        })
        .collect();
    let mut batches = Vec::new();
    while !left.is_empty() {
        let at = dice.below(left.len());
        let (source, events) = &mut left[at];
        let size = (1 + dice.below(7)).min(events.len());
        batches.push((*source, events.drain(..size).collect()));
        if events.is_empty() {
            left.swap_remove(at);
        }
    }
    batches
}

async fn one_by_one() -> (World, Vec<String>) {
    let world = world().await;
    world.play(&april().events).await;
    let state = state(world.pool()).await;
    (world, state)
}

#[tokio::test]
async fn any_interleaving_of_the_sources_ends_in_the_same_rows() {
    let events = april().events;
    let (_, expected) = one_by_one().await;
    for seed in 1..=6 {
        let world = world().await;
        for (source, batch) in batches(&events, &mut Dice(seed)) {
            world.apply(source, batch).await;
        }
        assert_eq!(state(world.pool()).await, expected, "seed {seed}");
        assert_eq!(world.verify().await.differences, [], "seed {seed}");
    }
}

#[tokio::test]
async fn events_that_come_again_change_nothing() {
    let (world, expected) = one_by_one().await;
    let events = april().events;
    for source in SOURCES {
        let mut batch: Vec<Recorded> = events.iter().filter(|e| e.source == source).cloned().collect();
        batch.extend(batch.clone());
        batch.reverse();
        world.apply(source, batch).await;
    }
    assert_eq!(state(world.pool()).await, expected);
}

#[tokio::test]
async fn sources_that_speak_of_a_new_order_at_once_do_not_overwrite_each_other() {
    let mut story = Story::default();
    for number in 1..=20 {
        story.order(
            number,
            vec![
                opened(number, 1),
                dispatched(number, 1, "water"),
                accepted(number, 1, "water"),
            ],
        );
        story.card(number, number, pb::CardColour::Yellow);
        story.outcome(number, 0, hotline_proto::common::Rating::Satisfied);
    }
    let world = world().await;
    let batch =
        |source: &str| -> Vec<Recorded> { story.events.iter().filter(|e| e.source == source).cloned().collect() };
    let (a, b, c) = tokio::join!(
        apply(&world.store, "routing", batch("routing")),
        apply(&world.store, "supervision", batch("supervision")),
        apply(&world.store, "callback", batch("callback")),
    );
    for result in [a, b, c] {
        result.expect("applied");
    }
    assert_eq!(world.verify().await.differences, []);
    let figures = world.april().await;
    for key in ["volume.orders", "cards.yellow", "callback.satisfied"] {
        assert_eq!(figure(&figures, key).numerator, 20, "{key}");
    }
}

#[tokio::test]
async fn types_that_nobody_needs_only_move_the_cursor() {
    let world = world().await;
    let reviewed = recorded(
        "supervision",
        1,
        Uuid::from_u128(1),
        1,
        Body::ReplyReviewed(pb::ReplyReviewed::default()),
    );
    assert_eq!(world.apply("supervision", vec![reviewed]).await, [Effect::Ignored]);
    assert!(state(world.pool()).await.is_empty());
}

#[tokio::test]
async fn a_newer_name_replaces_an_older_one_in_any_order() {
    let world = world().await;
    let units = |version, month, name: &str| {
        let body = pb::UnitsPublished {
            version,
            valid_from: Some(day(month, 1)),
            units: vec![unit("water", name)],
        };
        recorded("routing", 1, Uuid::from_u128(2), version, Body::UnitsPublished(body))
    };
    let mut story = Story::default();
    story.order(1, vec![opened(1, 1), dispatched(1, 1, "water")]);
    world.play(&story.events).await;
    let name = async || figure(&world.april().await, "unit.orders/water").name.clone();
    assert_eq!(name().await, "water");
    world
        .apply("routing", vec![units(3, 1, "水务公司"), units(2, 1, "自来水公司")])
        .await;
    world.apply("routing", vec![units(1, 1, "旧")]).await;
    assert_eq!(name().await, "水务公司");
    // A name in force after the window does not change the name of the window's days.
    world.apply("routing", vec![units(4, 6, "水务集团")]).await;
    assert_eq!(name().await, "水务公司");
}

#[tokio::test]
async fn a_changed_state_moves_what_it_added() {
    let world = world().await;
    let mut story = Story::default();
    story.order(1, vec![opened(1, 1), dispatched(1, 1, "water")]);
    world.play(&story.events).await;
    let elsewhere = Order {
        version: 3,
        ..dispatched(1, 1, "430302")
    };
    let mut story = Story::default();
    story.order(1, vec![elsewhere]);
    world.play(&story.events).await;
    let figures = world.april().await;
    assert_eq!(figure(&figures, "unit.orders/430302").numerator, 1);
    assert!(figures.iter().all(|figure| figure.key != "unit.orders/water"));
    assert_eq!(world.verify().await.differences, []);
}

/// A refusal names the field, never its content, and changes no row.
async fn refused(cases: Vec<(Recorded, &str)>) {
    let world = world().await;
    for (event, why) in cases {
        let source = event.source.clone();
        let refused = apply(&world.store, &source, vec![event]).await;
        assert_eq!(refused, Err(why.to_owned()));
    }
    assert!(state(world.pool()).await.is_empty());
}

#[tokio::test]
async fn an_event_of_intake_that_cannot_be_read_is_refused_for_good() {
    let registered = |change: fn(&mut AppealFacts)| {
        let mut facts = facts(1, 1, WATER);
        change(&mut facts);
        let body = Body::AppealRegistered(pb::AppealRegistered { appeal: Some(facts) });
        recorded("intake", 1, appeal(1), 1, body)
    };
    let bare_call = pb::CallRecorded {
        call_id: call(1).to_string(),
        ..Default::default()
    };
    refused(vec![
        (
            registered(|facts| facts.appeal_id = "secret".to_owned()),
            "appeal_id is no UUID",
        ),
        (registered(|facts| facts.r#type = 0), "type is unspecified"),
        (registered(|facts| facts.r#type = -1), "type is negative"),
        (
            registered(|facts| facts.person_key = vec![1; 15]),
            "person_key is not of 16 bytes",
        ),
        (
            registered(|facts| facts.received_time = None),
            "received_time is no instant",
        ),
        (registered(|facts| facts.category.clear()), "category is empty"),
        (
            recorded("intake", 1, call(1), 1, Body::CallRecorded(bare_call)),
            "offered_time is no instant",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_event_about_an_order_that_cannot_be_read_is_refused_for_good() {
    let changed = |change: fn(&mut Order)| {
        let mut state = dispatched(1, 1, "water");
        change(&mut state);
        let body = pb::OrderDispatched {
            order: Some(state),
            catalogue_row: String::new(),
        };
        recorded("routing", 1, order(1), 2, Body::OrderDispatched(body))
    };
    let outcome = pb::OutcomeRecorded {
        order_id: order(1).to_string(),
        ..Default::default()
    };
    let unasked = pb::AttemptReported {
        order_id: order(1).to_string(),
        ..Default::default()
    };
    let card = pb::CardIssued {
        card_id: order(1).to_string(),
        colour: 0,
        ..Default::default()
    };
    refused(vec![
        (changed(|state| state.appeals.clear()), "appeals is missing"),
        (
            changed(|state| state.lead_unit.clear()),
            "lead_unit is empty after dispatch",
        ),
        (
            changed(|state| state.deadlines.clear()),
            "deadline of signing is missing",
        ),
        (changed(|state| state.version = 0), "version is 0"),
        (
            changed(|state| state.state = OrderState::Closed.into()),
            "close_time contradicts the state",
        ),
        (
            recorded("callback", 1, order(1), 1, Body::OutcomeRecorded(outcome)),
            "rating is unspecified",
        ),
        (
            recorded("callback", 1, order(1), 1, Body::AttemptReported(unasked)),
            "appeal_id is no UUID",
        ),
        (
            recorded("supervision", 1, order(1), 1, Body::CardIssued(card)),
            "colour is unspecified",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_notice_or_an_entry_that_cannot_be_read_is_refused_for_good() {
    let issued = |level, number: &str| {
        let body = pb::RiskNoticeIssued {
            notice_id: notice(1).to_string(),
            number: number.to_owned(),
            level,
            ..Default::default()
        };
        recorded("supervision", 1, notice(1), 1, Body::RiskNoticeIssued(body))
    };
    let entered = |kind, day| {
        let body = pb::LedgerEntryRecorded {
            entry_id: entry(1).to_string(),
            kind,
            day,
            unit: String::new(),
        };
        recorded("supervision", 1, entry(1), 1, Body::LedgerEntryRecorded(body))
    };
    refused(vec![
        (issued(0, "F1"), "level is unspecified"),
        (issued(1, ""), "number is empty"),
        (entered(0, Some(day(4, 1))), "kind is unspecified"),
        (entered(1, None), "day is missing"),
        (entered(1, Some(day(4, 31))), "day is not a valid day"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_registered_later_counts_on_the_day_of_its_source() {
    let world = world().await;
    let mut story = Story::default();
    story.forwarded(1, 1, WATER);
    story.forwarded(2, 2, WATER);
    let prompt = story.events.len();
    world.play(&story.events).await;
    let appeals = async |from, to| {
        let figures = world.bulletin(day(4, from), day(4, to)).await;
        figure(&figures, "volume.appeals").numerator
    };
    let of_days = async || (appeals(1, 1).await, appeals(2, 2).await);
    assert_eq!(of_days().await, (1, 1));
    // One appeal brought before midnight and registered after it, and one of the week before.
    story.late(3, at(1, 23, 59), at(2, 0, 1));
    story.late(4, at(1, 0, 0), at(8, 0, 0));
    world.play(&story.events[prompt..]).await;
    assert_eq!(of_days().await, (3, 1));
    assert_eq!(appeals(1, 8).await, 4);
    let request = hotline_proto::analytics::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, 1)),
        figure: "volume.appeals".to_owned(),
        ..Default::default()
    };
    let opened = world.client(Role::Analyst).list_figure_members(request).await;
    assert_eq!(opened.expect("opened").into_inner().members.len(), 3);
    assert_eq!(world.verify().await.differences, []);
}
