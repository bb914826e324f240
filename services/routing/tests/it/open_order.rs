//! A forwarded appeal opens its order, once, and the catalogue dispatches it.

use eventlog::Effect;
use hotline_proto::common::{ClockKind, OrderState, Urgency};
use hotline_proto::events::event::Body;
use hotline_proto::events::{AppealForwarded, CallRecorded};
use hotline_proto::intake::AppealFacts;
use rpc::time::to_proto;
use testkit::at;

use crate::world::{World, appeal, limit_of, order_of, recorded, request_id};

#[tokio::test]
async fn the_longest_rows_dispatch_and_start_both_clocks() {
    let world = World::new().await;
    for (category, region, unit, top) in [
        ("010201", "430302", "water", "utilities"),
        ("010201", "430304", "water.north", "utilities"),
        ("0103", "430381", "gas", "utilities"),
        // A village, and a district with its zeros. The row of the surrounding region covers each.
        ("010201", "430304001001", "water.north", "utilities"),
        ("010201", "430304000000", "water.north", "utilities"),
    ] {
        let order = world.get(&world.forward(appeal(category, region)).await).await;
        assert_eq!((order.lead_unit.as_str(), order.lead_top_unit.as_str()), (unit, top));
        assert_eq!((order.state(), order.version), (OrderState::PendingSign, 2));
        assert_eq!(order.opening().expect("always set").region, region, "as it was sent");
        assert!(!order.dispatched_by_person);
        let (sign, handle) = (limit_of(&order, ClockKind::Sign), limit_of(&order, ClockKind::Handle));
        // Monday 2024-04-01. 04-04 to 04-06 are off, Sunday 04-07 is a make-up workday.
        assert_eq!((sign.due_time, sign.warn_time), (Some(to_proto(at(2, 18, 0))), None));
        assert_eq!(handle.due_time, Some(to_proto(at(9, 18, 0))));
        assert_eq!(handle.warn_time, Some(to_proto(at(8, 18, 0))));
        assert_eq!(
            (sign.start_time, handle.start_time),
            (Some(to_proto(at(1, 9, 0))), Some(to_proto(at(1, 9, 0))))
        );
        assert_eq!((handle.rule.as_str(), handle.provisional), ("handle", false));
        assert!(platform::numbers::parse_number('W', &order.number).is_ok_and(|n| n == order.number));
    }
}

#[tokio::test]
async fn the_platform_s_earlier_deadline_wins() {
    let world = World::new().await;
    let mut facts = appeal("0102", "430302");
    facts.upstream_due_time = Some(to_proto(at(3, 12, 0)));
    facts.platform = "province".to_owned();
    let order = world.get(&world.forward(facts).await).await;
    let handle = limit_of(&order, ClockKind::Handle);
    assert_eq!(
        (handle.due_time, handle.rule.as_str()),
        (Some(to_proto(at(3, 12, 0))), "upstream")
    );
    let mut facts = appeal("0102", "430302");
    facts.urgency = Urgency::Urgent.into();
    facts.upstream_due_time = Some(to_proto(at(3, 12, 0)));
    let order = world.get(&world.forward(facts).await).await;
    let handle = limit_of(&order, ClockKind::Handle);
    assert_eq!(
        (handle.due_time, handle.rule.as_str()),
        (Some(to_proto(at(2, 9, 0))), "handle-urgent")
    );
}

#[tokio::test]
async fn what_nobody_covers_waits_for_a_person() {
    let world = World::bare().await;
    let early = world.forward(appeal("0102", "430302")).await;
    assert_eq!(
        world.get(&early).await.state(),
        OrderState::PendingDispatch,
        "no limits yet"
    );
    world.publish().await;
    let uncovered = world.forward(appeal("0999", "430302")).await;
    let order = world.get(&uncovered).await;
    assert_eq!(
        (order.state(), order.version, order.lead_unit.as_str()),
        (OrderState::PendingDispatch, 1, "")
    );
    assert_eq!(order.deadlines, []);
    // A retired unit leads no new order, although the catalogue names it. Publishing now refuses such a catalogue; an
    // older database may have one.
    sqlx::raw_sql(
        "update directory_head set version = 2 where part = 'units';
         insert into directory_version (part, version, valid_from, published_at, published_by)
         values ('units', 2, '2024-04-01', '2024-03-31', 'test');
         insert into unit (version, code, name) values (2, 'traffic', '单位traffic')",
    )
    .execute(&world.database.pool)
    .await
    .expect("written");
    let orphan = world.forward(appeal("0102", "430302")).await;
    assert_eq!(world.get(&orphan).await.state(), OrderState::PendingDispatch);
}

#[tokio::test]
async fn opening_again_finds_the_same_order_and_tells_nothing() {
    let world = World::new().await;
    let forwarded = Body::AppealForwarded(AppealForwarded {
        appeal: Some(appeal("0102", "430302")),
    });
    let call = Body::CallRecorded(CallRecorded {
        call_id: request_id(),
        ..CallRecorded::default()
    });
    let event = world.event("intake", forwarded);
    let other = world.event("intake", call);
    let batch = vec![event.clone(), other];
    assert_eq!(
        world.apply(&world.forwarded, batch.clone()).await,
        [Effect::Applied, Effect::Ignored]
    );
    let told = world.count("select count(*) from log").await;
    let first = world.get(&order_of(&event)).await;
    assert_eq!(
        world.apply(&world.forwarded, batch).await,
        [Effect::Ignored, Effect::Ignored]
    );
    assert_eq!(world.get(&order_of(&event)).await, first);
    assert_eq!(world.count("select count(*) from log").await, told);
    assert_eq!(world.count("select count(*) from transition").await, 2);
    assert_eq!(first.version, 2);
}

#[tokio::test]
async fn a_batch_of_hundreds_opens_hundreds_with_numbers_of_their_own() {
    let world = World::new().await;
    let forward = |_| {
        let body = Body::AppealForwarded(AppealForwarded {
            appeal: Some(appeal("0102", "430302")),
        });
        recorded("intake", at(1, 9, 0), body)
    };
    let batch: Vec<_> = (0..300).map(forward).collect();
    assert_eq!(world.apply(&world.forwarded, batch).await, vec![Effect::Applied; 300]);
    assert_eq!(world.count("select count(distinct number) from orders").await, 300);
}

#[tokio::test]
async fn an_unreadable_event_is_permanent() {
    let world = World::new().await;
    let spoilers: [fn(&mut AppealFacts); 6] = [
        |facts: &mut AppealFacts| facts.appeal_id = "x".to_owned(),
        |facts: &mut AppealFacts| facts.r#type = 99,
        |facts: &mut AppealFacts| facts.urgency = 0,
        |facts: &mut AppealFacts| facts.received_time = None,
        |facts: &mut AppealFacts| facts.seat = 99,
        |facts: &mut AppealFacts| facts.leader_day_id = "x".to_owned(),
    ];
    for spoil in spoilers {
        let mut facts = appeal("0102", "430302");
        spoil(&mut facts);
        let event = world.event("intake", Body::AppealForwarded(AppealForwarded { appeal: Some(facts) }));
        let failed = world
            .try_to_apply(&world.forwarded, vec![event])
            .await
            .expect_err("it cannot be read");
        assert!(matches!(failed.0, eventlog::ApplyError::Permanent(_)), "{failed:?}");
    }
    assert_eq!(world.count("select count(*) from orders").await, 0);
}
