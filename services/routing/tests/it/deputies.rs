//! Limits by seat and complexity, and a clock of handling that starts at the signature, as for deputies.

use hotline_proto::access::Role;
use hotline_proto::common::{ClockKind, DeputyLevel, OrderState, Seat};
use hotline_proto::events::event::Body;
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing as pb;
use hotline_proto::routing::time_limit::Kind::WorkingDays;
use prost::Message as _;
use rpc::time::to_proto;
use testkit::at;
use uuid::Uuid;

use crate::world::{World, appeal, day, dispatch, limit, limit_of, limits, reply, sign};

/// The ordinary limits with two rows for deputies: this number of working days from the signature, 10 if complex.
fn with_deputies(days: u32) -> pb::PublishLimitsRequest {
    let deputies = |row: &str, days, complex| pb::LimitRow {
        seat: Seat::Deputies.into(),
        start: pb::LimitStart::Signature.into(),
        complex,
        ..limit(row, ClockKind::Handle, WorkingDays(days))
    };
    let mut request = limits();
    // An urgent matter of a deputy would match two rows with one key each.
    request.rows.retain(|row| row.row != "handle-urgent");
    request.rows.push(deputies("deputies", days, false));
    request.rows.push(deputies("deputies-complex", 10, true));
    request
}

fn of_deputy(complex: bool) -> AppealFacts {
    AppealFacts {
        seat: Seat::Deputies.into(),
        deputy_level: DeputyLevel::City.into(),
        complex,
        ..appeal("010201", "430302")
    }
}

async fn publish(world: &World, request: pb::PublishLimitsRequest) {
    let published = world.as_role(Role::Operator).publish_limits(request).await;
    published.expect("published");
}

async fn with_limits() -> World {
    let world = World::new().await;
    publish(&world, with_deputies(5)).await;
    world
}

/// Orders due before a day, for a supervisor.
async fn due_before(world: &World, day: u32) -> Vec<String> {
    let request = pb::ListOrdersRequest {
        due_before_time: Some(to_proto(at(day, 0, 0))),
        ..pb::ListOrdersRequest::default()
    };
    let found = world.as_role(Role::Supervisor).list_orders(request).await;
    let found = found.expect("a page").into_inner().orders;
    found.into_iter().map(|order| order.order_id).collect()
}

#[tokio::test]
async fn the_signature_starts_the_clock_and_its_event_tells() {
    let world = with_limits().await;
    // Signed on Tuesday 2024-04-02. 04-04 to 04-06 are off; Sunday 04-07 is a make-up workday.
    for (complex, rule, due) in [
        (false, "deputies", at(10, 18, 0)),
        (true, "deputies-complex", at(17, 18, 0)),
    ] {
        world.clock.move_to(at(1, 9, 0));
        let id = world.forward(of_deputy(complex)).await;
        let order = world.get(&id).await;
        assert_eq!(order.state(), OrderState::PendingSign);
        let kinds: Vec<ClockKind> = order
            .deadlines
            .iter()
            .map(hotline_proto::common::Deadline::kind)
            .collect();
        assert_eq!(kinds, [ClockKind::Sign], "no limit of handling yet");
        assert!(!due_before(&world, 30).await.contains(&id));
        world.clock.move_to(at(2, 9, 30));
        let answer = world.liaison("water").sign_order(sign(&id)).await.expect("signed");
        let receipt = answer.into_inner().order.expect("always set");
        assert_eq!(receipt.due_time, Some(to_proto(due)));
        let payload: Vec<u8> = sqlx::query_scalar("select payload from log where type = 'order_signed' and key = $1")
            .bind(id.parse::<Uuid>().expect("an id"))
            .fetch_one(&world.database.pool)
            .await
            .expect("told");
        let event = hotline_proto::events::Event::decode(payload.as_slice()).expect("an event");
        let Some(Body::OrderSigned(signed)) = event.body else {
            panic!("another event: {event:?}");
        };
        let told = signed.order.expect("always set");
        let order = world.get(&id).await;
        let handle = limit_of(&order, ClockKind::Handle);
        assert_eq!(
            (handle.start_time, handle.due_time, handle.rule.as_str()),
            (Some(to_proto(at(2, 9, 30))), Some(to_proto(due)), rule)
        );
        assert_eq!(told.deadlines, order.deadlines);
        assert!(due_before(&world, 30).await.contains(&id));
    }
}

#[tokio::test]
async fn the_limits_and_the_platform_s_deadline_of_the_signature_count() {
    let world = with_limits().await;
    let plain = world.forward(of_deputy(false)).await;
    let mut pushed = of_deputy(false);
    pushed.platform = "province".to_owned();
    pushed.upstream_due_time = Some(to_proto(at(3, 12, 0)));
    let pushed = world.forward(pushed).await;
    let before = world.forward(of_deputy(false)).await;
    world
        .liaison("water")
        .sign_order(sign(&before))
        .await
        .expect("by the first limits");
    // Other limits come into force between dispatch and signature.
    world.clock.move_to(at(2, 9, 0));
    let mut next = with_deputies(3);
    next.valid_from = Some(day("2024-04-02"));
    publish(&world, next).await;
    let mut from_dispatch = with_deputies(4);
    from_dispatch.valid_from = Some(day("2024-04-03"));
    for row in &mut from_dispatch.rows {
        row.start = pb::LimitStart::Unspecified.into();
    }
    publish(&world, from_dispatch).await;
    let later = world.forward(of_deputy(false)).await;
    for order in [&plain, &pushed] {
        world.liaison("water").sign_order(sign(order)).await.expect("signed");
    }
    world.clock.move_to(at(3, 9, 0));
    world.liaison("water").sign_order(sign(&later)).await.expect("signed");
    for (order, due, rule) in [
        (before, at(9, 18, 0), "deputies"),
        (plain, at(8, 18, 0), "deputies"),
        (pushed, at(3, 12, 0), "upstream"),
        // The order had no limit of handling, so the clock starts here whatever the newer row says.
        (later, at(10, 18, 0), "deputies"),
    ] {
        let order = world.get(&order).await;
        let handle = limit_of(&order, ClockKind::Handle);
        assert_eq!((handle.due_time, handle.rule.as_str()), (Some(to_proto(due)), rule));
        assert_eq!(handle.start_time, order.sign_time);
    }
}

#[tokio::test]
async fn a_late_reply_is_judged_by_the_limit_from_the_signature() {
    for (minute, late) in [(0, false), (1, true)] {
        let world = with_limits().await;
        let order = world.forward(of_deputy(false)).await;
        world.clock.move_to(at(2, 9, 0));
        world.liaison("water").sign_order(sign(&order)).await.expect("signed");
        // A limit from the dispatch would have ended on the 9th.
        world.clock.move_to(at(10, 18, minute));
        let answer = world.liaison("water").submit_reply(reply(&order)).await;
        assert_eq!(answer.expect("submitted").into_inner().late, late);
    }
}

#[tokio::test]
async fn a_person_s_dispatch_starts_no_clock_of_handling_either() {
    let world = with_limits().await;
    let facts = AppealFacts {
        category: "0999".to_owned(),
        ..of_deputy(true)
    };
    let order = world.forward(facts).await;
    let answer = world
        .as_role(Role::Dispatcher)
        .dispatch_order(dispatch(&order, "water"))
        .await;
    let receipt = answer.expect("dispatched").into_inner().order.expect("always set");
    assert_eq!((receipt.state(), receipt.due_time), (OrderState::PendingSign, None));
    world.liaison("water").sign_order(sign(&order)).await.expect("signed");
    assert!(world.get(&order).await.deadline(ClockKind::Handle).is_some());
}

#[tokio::test]
async fn the_doctor_finds_a_clock_that_did_not_start_at_the_signature() {
    let world = with_limits().await;
    let order = world.forward(of_deputy(false)).await;
    world.clock.move_to(at(1, 9, 30));
    world.liaison("water").sign_order(sign(&order)).await.expect("signed");
    assert_eq!(routing::doctor::check(&world.database.pool).await.expect("checked"), []);
    world.spoil();
    sqlx::query(
        "update deadline set start_at = orders.dispatched_at from orders where clock = 'handle' and id = order_id",
    )
    .execute(&world.database.pool)
    .await
    .expect("planted");
    let found = routing::doctor::check(&world.database.pool).await.expect("checked");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].detail.contains("did not start"), "{found:?}");
}
