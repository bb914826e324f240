//! Routing's events start and stop clocks, and start them again.

use hotline_proto::access::Role;
use hotline_proto::common::{ClockKind, OrderState};
use hotline_proto::events::event::Body;
use hotline_proto::events::{CardColour, OrderDispatched, UnitsPublished};
use hotline_proto::supervision::{ClockState, ListClocksRequest, WatchedClock};
use testkit::at;
use uuid::Uuid;

use crate::orders::Order;
use crate::world::World;

const WATER: (&str, &str) = ("water", "utilities");

async fn clocks(world: &World, order: Uuid) -> Vec<(ClockKind, CardColour, ClockState)> {
    let request = ListClocksRequest {
        order_id: order.to_string(),
        ..ListClocksRequest::default()
    };
    let answer = world.client(Role::Supervisor).list_clocks(request).await;
    let clocks = answer.expect("a supervisor sees clocks").into_inner().clocks;
    let shown = |c: &WatchedClock| (c.kind(), c.colour(), c.state());
    let mut shown: Vec<_> = clocks.iter().map(shown).collect();
    // Clocks of one limit are due at one instant.
    shown.sort_by_key(|(kind, colour, state)| (*kind as i32, *colour as i32, *state as i32));
    shown
}

#[tokio::test]
async fn the_way_of_an_order_in_time_gives_no_card() {
    use {CardColour::*, ClockKind::*, ClockState::*};
    let world = World::new().await;
    let mut order = Order::open(&world, at(1, 9, 0)).await;
    order
        .dispatch(at(1, 9, 5), WATER, (at(2, 18, 0), at(7, 18, 0), at(9, 18, 0)))
        .await;
    world.read().await;
    let open = [(Sign, Red, Open), (Handle, Yellow, Open), (Handle, Red, Open)];
    assert_eq!(clocks(&world, order.id).await, open);
    order.sign(at(2, 18, 0)).await;
    order.contact(at(2, 18, 30)).await;
    order.reply(at(3, 9, 0), false).await;
    world.read().await;
    let done = [(Sign, Red, Stopped), (Handle, Yellow, Stopped), (Handle, Red, Stopped)];
    assert_eq!(clocks(&world, order.id).await, done);
    order.reject(at(3, 10, 0)).await;
    world.read().await;
    let again = [
        (Sign, Red, Stopped),
        (Handle, Yellow, Open),
        (Handle, Yellow, Stopped),
        (Handle, Red, Open),
        (Handle, Red, Stopped),
    ];
    assert_eq!(clocks(&world, order.id).await, again);
    order.reply(at(3, 11, 0), false).await;
    order.pass(at(3, 12, 0)).await;
    order.rework(at(4, 9, 0), at(8, 18, 0), at(9, 18, 0)).await;
    order.reply(at(4, 10, 0), false).await;
    order.pass(at(4, 11, 0)).await;
    order.close(at(4, 12, 0)).await;
    assert_eq!(world.pass(at(30, 9, 0)).await, 0);
    let all = clocks(&world, order.id).await;
    assert!(all.iter().all(|(_, _, state)| *state == Stopped), "{all:?}");
    assert_eq!(
        all.len(),
        7,
        "two for the first limit, two for it again, two for rework, one for the signature"
    );
    assert_eq!(world.told().await.len(), 0);
}

#[tokio::test]
async fn a_late_fact_brings_its_card_before_anybody_looked() {
    let world = World::new().await;
    let mut order = Order::open(&world, at(1, 9, 0)).await;
    order
        .dispatch(at(1, 9, 5), WATER, (at(2, 18, 0), at(7, 18, 0), at(9, 18, 0)))
        .await;
    order.sign(at(2, 18, 1)).await;
    world.read().await;
    let cards = world.cards().await;
    let [card] = cards.as_slice() else {
        panic!("one card: {cards:?}");
    };
    assert_eq!((card.clock(), card.colour()), (ClockKind::Sign, CardColour::Red));
    assert_eq!((card.unit.as_str(), card.round), ("water", 0));
    assert_eq!(card.order_number, order.snapshot.number);
    let told = world.told().await;
    let [(key, version, kind, occurred_at)] = told.as_slice() else {
        panic!("one event: {told:?}");
    };
    assert_eq!((*key, *version, kind.as_str()), (order.id, 1, "card_issued"));
    assert_eq!(*occurred_at, at(2, 18, 1));
    assert_eq!(world.pass(at(3, 9, 0)).await, 0, "the clock has fired");
}

#[tokio::test]
async fn two_replicas_read_the_same_log_and_have_one_effect() {
    let world = World::new().await;
    let (other, _) = world.replica().await;
    let mut orders = Vec::new();
    for _ in 0..10 {
        let mut order = Order::open(&world, at(1, 9, 0)).await;
        order
            .dispatch(at(1, 9, 5), WATER, (at(1, 10, 0), at(7, 18, 0), at(9, 18, 0)))
            .await;
        order.sign(at(1, 11, 0)).await;
        order.reply(at(1, 12, 0), false).await;
        orders.push(order.id);
    }
    tokio::join!(
        testkit::settled(world.consumer.as_ref()),
        testkit::settled(other.as_ref())
    );
    world.read().await;
    assert_eq!(world.cards().await.len(), 10);
    let reviews: i64 = sqlx::query_scalar("select count(*) from review")
        .fetch_one(world.pool())
        .await
        .expect("reviews");
    assert_eq!(reviews, 10);
}

#[tokio::test]
async fn what_contradicts_the_contract_is_parked_and_what_is_not_about_orders_is_passed_over() {
    let world = World::new().await;
    let mut order = Order::open(&world, at(1, 9, 0)).await;
    let units = Body::UnitsPublished(UnitsPublished::default());
    world.tell(Uuid::new_v4(), 1, at(1, 9, 1), units).await;
    order.snapshot.state = OrderState::PendingSign.into();
    order.snapshot.version += 1;
    let body = Body::OrderDispatched(OrderDispatched {
        order: Some(order.snapshot.clone()),
        catalogue_row: String::new(),
    });
    let version = order.snapshot.version;
    world.tell(order.id, version, at(1, 9, 2), body).await;
    world.read().await;
    let parked = world.parked().await;
    assert_eq!(parked.len(), 1);
    assert!(parked[0].contains("lead_unit"), "{parked:?}");
}
