//! Values, arms and fields of a newer program. They are kept where they are stored. An order waits only where
//! supervision decides by them.

use hotline_proto::access::Role;
use hotline_proto::common::{ClockKind, Deadline};
use hotline_proto::events::event::Body;
use hotline_proto::events::{Event, OrderSigned};
use hotline_proto::supervision::{ClockState, ListClocksRequest, WatchedClock};
use platform::steps::Step;
use prost::Message as _;
use supervision::workers::fire_clocks::FireClocks;
use testkit::at;

use crate::orders::{Order, deadline};
use crate::world::World;

const WATER: (&str, &str) = ("water", "utilities");
/// A number that no enum of this program has.
const NEW: i32 = 77;

async fn dispatched(world: &World) -> Order<'_> {
    let mut order = Order::open(world, at(1, 9, 0)).await;
    let limits = (at(2, 18, 0), at(7, 18, 0), at(9, 18, 0));
    order.dispatch(at(1, 9, 5), WATER, limits).await;
    order
}

async fn clocks(world: &World) -> Vec<WatchedClock> {
    let answer = world
        .client(Role::Supervisor)
        .list_clocks(ListClocksRequest::default())
        .await;
    answer.expect("a supervisor sees clocks").into_inner().clocks
}

#[tokio::test]
async fn a_limit_of_a_kind_from_the_future_starts_no_clock_and_parks_nothing() {
    let world = World::new().await;
    let mut order = dispatched(&world).await;
    order.snapshot.deadlines.push(Deadline {
        kind: NEW,
        ..deadline(ClockKind::Sign, 0, at(1, 12, 0), None)
    });
    order.sign(at(1, 10, 0)).await;
    order.reply(at(3, 9, 0), false).await;
    order.rework(at(4, 9, 0), at(8, 18, 0), at(9, 18, 0)).await;
    assert_eq!(world.pass(at(4, 12, 0)).await, 0);
    assert_eq!(world.parked().await, [""; 0]);
    let kinds: Vec<i32> = clocks(&world).await.iter().map(|clock| clock.kind).collect();
    assert_eq!(kinds.len(), 5);
    assert!(!kinds.contains(&NEW), "{kinds:?}");
}

#[tokio::test]
async fn an_order_in_a_state_from_the_future_waits_and_its_clocks_with_it() {
    let world = World::new().await;
    let mut waiting = dispatched(&world).await;
    dispatched(&world).await;
    waiting.contact(at(1, 9, 30)).await;
    waiting.snapshot.state = NEW;
    waiting.contact(at(1, 10, 0)).await;
    waiting.sign(at(1, 11, 0)).await;
    assert_eq!(
        world.pass(at(3, 9, 0)).await,
        1,
        "whether the clocks of the other one run is known"
    );
    let parked = world.parked().await;
    assert_eq!(parked.len(), 2);
    assert!(parked[0].contains("state 77 is of a newer version"), "{parked:?}");
    assert_eq!(parked[1], "behind");
    let store = testkit::log("supervision", world.pool(), world.clock.clone()).await;
    let worker = FireClocks::new(&store, world.clock.clone(), 200);
    assert_eq!(worker.run_once().await.expect("Postgres").did, 0);
    assert_eq!(worker.waiting(), 1);
}

/// A field of the wire format: its number and bytes.
fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::bytes::encode(number, &bytes.to_vec(), &mut out);
    out
}

#[tokio::test]
async fn an_event_from_the_future_is_passed_over_and_the_next_one_counts() {
    let world = World::new().await;
    let mut order = dispatched(&world).await;
    order.snapshot.version += 1;
    let unknown_arm = field(3077, &field(1, &order.snapshot.encode_to_vec()));
    world
        .tell_of_the_future(order.id, order.snapshot.version, at(1, 9, 30), unknown_arm)
        .await;
    order.sign(at(1, 10, 0)).await;
    assert_eq!(world.pass(at(3, 9, 0)).await, 0, "it was signed in time");
    assert_eq!(world.parked().await, [""; 0]);
}

#[tokio::test]
async fn a_field_from_the_future_is_ignored() {
    let world = World::new().await;
    let mut order = dispatched(&world).await;
    order.snapshot.version += 1;
    order.snapshot.sign_time = Some(rpc::time::to_proto(at(1, 10, 0)));
    let unknown = field(3077, b"new");
    // In the order, in the event's arm and beside the arm.
    let snapshot = [order.snapshot.encode_to_vec(), unknown.clone()].concat();
    let signed = [field(1, &snapshot), unknown.clone()].concat();
    let payload = [field(23, &signed), unknown].concat();
    let read = Event::decode(payload.as_slice()).expect("a known event").body;
    let known = Body::OrderSigned(OrderSigned {
        order: Some(order.snapshot.clone()),
        late: false,
    });
    assert_eq!(read, Some(known));
    world
        .tell_of_the_future(order.id, order.snapshot.version, at(1, 10, 0), payload)
        .await;
    assert_eq!(world.pass(at(3, 9, 0)).await, 0, "it was signed in time");
    assert_eq!(world.parked().await, [""; 0]);
}

/// While replicas of two versions run, the older one finds rows of the newer one.
#[tokio::test]
async fn rows_of_a_newer_program_stay_as_they_are() {
    let world = World::new().await;
    let mut order = dispatched(&world).await;
    world.read().await;
    for planted in [
        "update watched_order set state = 77",
        "insert into watch_clock (id, order_id, round, assignment, run, kind, colour, due_at, fire_at, state)
         select gen_random_uuid(), order_id, round, assignment, run, 77, colour, due_at, fire_at, state
           from watch_clock where kind = 1",
    ] {
        sqlx::query(planted).execute(world.pool()).await.expect("it is kept");
    }
    let told: Vec<i32> = clocks(&world).await.iter().map(|clock| clock.kind).collect();
    assert!(told.contains(&NEW), "{told:?}");
    assert_eq!(
        world.pass(at(3, 9, 0)).await,
        1,
        "the clock for signing, not the new one"
    );
    let state: i16 = sqlx::query_scalar("select state from watched_order")
        .fetch_one(world.pool())
        .await
        .expect("one order");
    assert_eq!(i32::from(state), NEW);
    order.contact(at(3, 10, 0)).await;
    world.read().await;
    assert_eq!(world.parked().await, [""; 0]);
    let new: Vec<WatchedClock> = clocks(&world).await;
    let new: Vec<_> = new.iter().filter(|clock| clock.kind == NEW).collect();
    assert!(
        matches!(new.as_slice(), [one] if one.state() == ClockState::Open),
        "{new:?}"
    );
}
