//! Clocks fire on knowledge and once. A fact in time withdraws the card.

use std::sync::Arc;

use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::{ClockKind, ListParkedEventsRequest, SkipParkedEventRequest};
use hotline_proto::events::event::Body;
use hotline_proto::events::{CardColour, ContactRecorded};
use platform::steps::Step;
use supervision::workers::fire_clocks::FireClocks;
use testkit::{at, statements};
use uuid::Uuid;

use crate::orders::Order;
use crate::world::World;

const WATER: (&str, &str) = ("water", "utilities");

async fn dispatched(world: &World) -> Order<'_> {
    let mut order = Order::open(world, at(1, 9, 0)).await;
    order
        .dispatch(at(1, 9, 5), WATER, (at(2, 18, 0), at(7, 18, 0), at(9, 18, 0)))
        .await;
    order
}

#[tokio::test]
async fn without_a_signature_there_is_exactly_one_card() {
    let world = World::new().await;
    let order = dispatched(&world).await;
    assert_eq!(world.pass(at(2, 18, 0)).await, 0, "at the limit is in time");
    let ran = world.look().await;
    let tick = chrono::TimeDelta::microseconds(1);
    assert_eq!(ran.next_at, Some(at(2, 18, 0) + tick));
    assert_eq!(world.pass(at(2, 18, 0) + tick).await, 1);
    assert_eq!(world.pass(at(3, 9, 0)).await, 0);
    assert_eq!(world.pass(at(7, 18, 0)).await, 1, "the warning comes at its time");
    assert_eq!(world.pass(at(20, 9, 0)).await, 1);
    let cards = world.cards().await;
    let shown: Vec<_> = cards.iter().map(|c| (c.clock(), c.colour())).collect();
    assert_eq!(
        shown,
        [
            (ClockKind::Sign, CardColour::Red),
            (ClockKind::Handle, CardColour::Yellow),
            (ClockKind::Handle, CardColour::Red),
        ]
    );
    let told = world.told().await;
    let versions: Vec<_> = told.iter().map(|(key, version, ..)| (*key, *version)).collect();
    assert_eq!(versions, [(order.id, 1), (order.id, 2), (order.id, 3)]);
    assert_eq!(world.look().await.next_at, None, "no clock runs any more");
}

#[tokio::test]
async fn a_clock_waits_until_routing_is_known_past_its_time() {
    let world = World::new().await;
    dispatched(&world).await;
    world.read().await;
    // Time passes and routing is not polled, so whether the order was signed is unknown.
    world.clock.move_to(at(3, 9, 0));
    let store = testkit::log("supervision", world.pool(), world.clock.clone()).await;
    let worker = FireClocks::new(&store, world.clock.clone(), 200);
    assert_eq!(worker.run_once().await.expect("Postgres").did, 0);
    assert_eq!(worker.waiting(), 1);
    world.read().await;
    assert_eq!(worker.run_once().await.expect("Postgres").did, 1);
    assert_eq!(worker.waiting(), 0);
}

#[tokio::test]
async fn a_signature_in_time_that_is_held_back_leaves_no_card_standing() {
    let world = World::new().await;
    let mut order = dispatched(&world).await;
    assert_eq!(world.pass(at(2, 18, 1)).await, 1, "nothing was known of it");
    // Stamped before the limit, committed after routing's heads were read past it.
    order.sign(at(2, 17, 59)).await;
    world.read().await;
    let cards = world.cards().await;
    assert_eq!(cards.len(), 1);
    assert!(cards[0].withdrawn_time.is_some());
    let told = world.told().await;
    let kinds: Vec<_> = told
        .iter()
        .map(|(_, version, kind, _)| (*version, kind.as_str()))
        .collect();
    assert_eq!(kinds, [(1, "card_issued"), (2, "card_withdrawn")]);
    assert_eq!(world.pass(at(3, 9, 0)).await, 0, "a clock fires once");
}

#[tokio::test]
async fn a_signature_behind_a_parked_event_is_waited_for() {
    let world = World::new().await;
    let mut order = dispatched(&world).await;
    // An event that cannot be read is parked, and the signature in time is parked behind it.
    order.snapshot.version += 1;
    let unreadable = Body::ContactRecorded(ContactRecorded::default());
    world
        .tell(order.id, order.snapshot.version, at(1, 9, 10), unreadable)
        .await;
    order.sign(at(1, 10, 0)).await;
    assert_eq!(
        world.pass(at(3, 9, 0)).await,
        0,
        "what was told of the order is not known"
    );
    let store = testkit::log("supervision", world.pool(), world.clock.clone()).await;
    let worker = FireClocks::new(&store, world.clock.clone(), 200);
    assert_eq!(worker.run_once().await.expect("Postgres").did, 0);
    assert_eq!(worker.waiting(), 1, "and it is said");
    let mut log = EventLogServiceClient::new(world.edge.role(Role::Operator));
    let parked = log.list_parked_events(ListParkedEventsRequest::default()).await;
    let parked = parked.expect("listed").into_inner().events;
    let skipped = log
        .skip_parked_event(SkipParkedEventRequest {
            request_id: Uuid::new_v4().to_string(),
            event_id: parked[0].event_id.clone(),
            reason: "the contact is recorded again".to_owned(),
        })
        .await;
    assert_eq!(skipped.expect("skipped").into_inner().applied_count, 1, "the signature");
    assert_eq!(world.pass(at(4, 9, 0)).await, 0, "it was in time");
    assert_eq!(
        world.pass(at(20, 9, 0)).await,
        2,
        "the other clock runs: a warning, a red card"
    );
}

#[tokio::test]
async fn a_rejection_after_the_limit_leaves_the_order_overdue() {
    let world = World::new().await;
    let mut order = dispatched(&world).await;
    order.sign(at(1, 10, 0)).await;
    order.reply(at(7, 9, 0), false).await;
    assert_eq!(world.pass(at(10, 9, 0)).await, 0, "it was answered in time");
    order.reject(at(10, 9, 30)).await;
    assert_eq!(world.pass(at(10, 9, 30)).await, 2, "the original deadline stands");
}

#[tokio::test]
async fn two_workers_fire_each_clock_once_and_batches_are_bounded() {
    let world = World::new().await;
    for _ in 0..25 {
        dispatched(&world).await;
    }
    world.clock.move_to(at(20, 9, 0));
    world.read().await;
    let store = testkit::log("supervision", world.pool(), world.clock.clone()).await;
    let worker = || Arc::new(FireClocks::new(&store, world.clock.clone(), 7));
    let drain = |worker: Arc<FireClocks>| async move {
        let mut fired = 0;
        loop {
            match worker.run_once().await.expect("Postgres").did {
                0 => return fired,
                did => {
                    assert!(did <= 7);
                    fired += did;
                }
            }
        }
    };
    let (one, two, three) = tokio::join!(drain(worker()), drain(worker()), drain(worker()));
    let rest = drain(worker()).await;
    assert_eq!(one + two + three + rest, 75);
    assert_eq!(world.cards().await.len(), 50, "the first page of 75");
    assert_eq!(world.told().await.len(), 75);
}

#[tokio::test]
async fn many_clocks_fire_in_the_statements_of_one() {
    let world = World::new().await;
    let mut counted = Vec::new();
    for (day, orders) in [(2, 1), (3, 40)] {
        for _ in 0..orders {
            let mut order = Order::open(&world, at(1, 9, 0)).await;
            let limits = (at(day, 18, 0), at(7, 18, 0), at(9, 18, 0));
            order.dispatch(at(1, 9, 5), WATER, limits).await;
        }
        world.clock.move_to(at(day, 19, 0));
        world.read().await;
        let sent = statements::of(async {
            assert_eq!(world.look().await.did, orders);
        });
        counted.push(sent.await);
    }
    assert!(counted[0].len() > 5, "{counted:?}");
    assert_eq!(counted[0], counted[1]);
    assert_eq!(world.cards().await.len(), 41);
}
