//! A judged dissatisfaction closes an order with a flag or sends it to rework.

use eventlog::Effect;
use hotline_proto::common::{Cause, ClockKind, OrderState};
use rpc::time::to_proto;
use testkit::at;

use crate::world::{World, judged, limit_of, pass};

#[tokio::test]
async fn an_objective_cause_closes_with_a_flag() {
    let world = World::new().await;
    let order = world.passed().await;
    assert_eq!(world.decide(judged(&order, 0, Cause::Objective)).await, Effect::Applied);
    let found = world.get(&order).await;
    assert_eq!((found.state(), found.closed_dissatisfied), (OrderState::Closed, true));
}

#[tokio::test]
async fn the_unit_s_fault_means_rework_twice_and_then_the_end() {
    let world = World::new().await;
    let order = world.passed().await;
    world.clock.move_to(at(2, 10, 0));
    assert_eq!(
        world.decide(judged(&order, 1, Cause::Unit)).await,
        Effect::Superseded("OTHER_ROUND")
    );
    for round in 0..2 {
        assert_eq!(world.decide(judged(&order, round, Cause::Unit)).await, Effect::Applied);
        let found = world.get(&order).await;
        assert_eq!((found.state(), found.round), (OrderState::InProgress, round + 1));
        assert_eq!(found.lead_unit, "water");
        let rework = limit_of(&found, ClockKind::Rework);
        assert_eq!(rework.round, round + 1);
        // Tuesday + 3 working days over the holiday: Wednesday, Sunday (make-up workday), Monday.
        assert_eq!(
            (rework.due_time, rework.rule.as_str()),
            (Some(to_proto(at(8, 18, 0))), "rework")
        );
        assert_eq!(rework.warn_time, Some(to_proto(at(7, 18, 0))));
        assert_eq!(
            limit_of(&found, ClockKind::Handle).due_time,
            Some(to_proto(at(9, 18, 0)))
        );
        let kinds: Vec<_> = found
            .deadlines
            .iter()
            .map(|limit| (limit.kind(), limit.round))
            .collect();
        let reworks = (1..=round + 1).map(|of| (ClockKind::Rework, of));
        let all = [(ClockKind::Sign, 0), (ClockKind::Handle, 0)]
            .into_iter()
            .chain(reworks);
        assert_eq!(kinds, all.collect::<Vec<_>>(), "all limits are kept");
        let reply = world.reply_to(&order).await;
        assert_eq!(world.decide(pass(&order, round + 1, &reply)).await, Effect::Applied);
    }
    assert_eq!(world.decide(judged(&order, 2, Cause::Unit)).await, Effect::Applied);
    let found = world.get(&order).await;
    assert_eq!(
        (found.state(), found.closed_dissatisfied, found.round),
        (OrderState::Closed, true, 2)
    );
    let violations = routing::doctor::check(&world.database.pool).await.expect("checked");
    assert_eq!(violations, [], "two rounds, two limits, and an end with its reason");
}
