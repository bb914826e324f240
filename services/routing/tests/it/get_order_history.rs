//! Every transition of an order.

use hotline_proto::access::Role;
use hotline_proto::common::{Cause, OrderState};
use hotline_proto::routing as pb;
use tonic::Code;

use crate::world::{World, judged};

#[tokio::test]
async fn history_is_dense_and_chained_and_equals_the_log() {
    let world = World::new().await;
    let order = world.passed().await;
    world.decide(judged(&order, 0, Cause::Unit)).await;
    let request = pb::GetOrderHistoryRequest {
        order_id: order.clone(),
    };
    let mut supervisor = world.as_role(Role::Supervisor);
    let steps = supervisor
        .get_order_history(request.clone())
        .await
        .expect("there")
        .into_inner()
        .transitions;
    let events: Vec<&str> = steps.iter().map(|step| step.event.as_str()).collect();
    assert_eq!(
        events,
        [
            "order_opened",
            "order_dispatched",
            "order_signed",
            "reply_submitted",
            "reply_passed",
            "order_reworked"
        ]
    );
    let mut before = OrderState::Unspecified;
    for (version, step) in (1..).zip(&steps) {
        assert_eq!((step.version, step.before()), (version, before));
        before = step.after();
    }
    assert_eq!(
        (steps[1].reason.as_str(), steps[1].actor.as_str()),
        ("r-water", "service:routing")
    );
    assert_eq!((steps[5].reason.as_str(), steps[5].round), ("UNIT", 1));
    assert_eq!(steps[2].actor, "test:liaison");
    let logged: Vec<String> =
        sqlx::query_scalar("select event_id::text from log where key = $1::uuid order by position")
            .bind(&order)
            .fetch_all(&world.database.pool)
            .await
            .expect("events");
    assert_eq!(
        logged,
        steps.iter().map(|step| step.event_id.clone()).collect::<Vec<_>>()
    );
    assert!(world.liaison("water").get_order_history(request.clone()).await.is_ok());
    let refused = world
        .liaison("gas")
        .get_order_history(request)
        .await
        .expect_err("another's order");
    assert_eq!(refused.code(), Code::NotFound);
}
