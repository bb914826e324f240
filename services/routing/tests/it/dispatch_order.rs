//! 派单 by a person.

use hotline_proto::access::Role;
use hotline_proto::common::OrderState;
use hotline_proto::routing as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{UNITS, World, appeal, dispatch, limits, reason, request_id, standing, units, violations};

#[tokio::test]
async fn a_person_dispatches_what_the_catalogue_does_not_cover() {
    let world = World::new().await;
    let order = world.forward(appeal("0999", "430302")).await;
    world.clock.move_to(at(1, 10, 30));
    let mut dispatcher = world.as_role(Role::Dispatcher);
    let receipt = dispatcher
        .dispatch_order(dispatch(&order, "water.north"))
        .await
        .expect("dispatched")
        .into_inner();
    let receipt = receipt.order.expect("always set");
    assert_eq!((receipt.state(), receipt.version), (OrderState::PendingSign, 2));
    assert_eq!(receipt.due_time, Some(to_proto(at(9, 18, 0))));
    let found = world.get(&order).await;
    assert_eq!(
        (found.lead_unit.as_str(), found.lead_top_unit.as_str()),
        ("water.north", "utilities")
    );
    assert!(found.dispatched_by_person);
    assert_eq!(found.dispatch_time, Some(to_proto(at(1, 10, 30))));
    let again = dispatcher
        .dispatch_order(dispatch(&order, "gas"))
        .await
        .expect_err("dispatched");
    assert_eq!(
        reason(&again),
        (Code::FailedPrecondition, "NOT_PENDING_DISPATCH".to_owned())
    );
    let stands = ["PENDING_SIGN", "0", "2"].map(|text| Some(text.to_owned()));
    assert_eq!(standing(&again), stands, "where it stands");
}

#[tokio::test]
async fn a_caller_that_has_read_an_older_version_is_told_the_newer_one() {
    let world = World::new().await;
    let order = world.forward(appeal("0999", "430302")).await;
    let mut dispatcher = world.as_role(Role::Dispatcher);
    let mut request = dispatch(&order, "water");
    request.if_version = 2;
    let refused = dispatcher.dispatch_order(request.clone()).await.expect_err("it has 1");
    assert_eq!(reason(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
    assert_eq!(standing(&refused), [None, None, Some("1".to_owned())]);
    request.if_version = 1;
    dispatcher.dispatch_order(request).await.expect("as it was read");
}

#[tokio::test]
async fn it_is_refused_without_limits_or_for_an_unknown_unit_or_order() {
    let world = World::bare().await;
    let order = world.forward(appeal("0102", "430302")).await;
    let mut dispatcher = world.as_role(Role::Dispatcher);
    let mut operator = world.as_role(Role::Operator);
    world.publish_units(units(UNITS)).await.expect("units");
    let refused = dispatcher
        .dispatch_order(dispatch(&order, "water"))
        .await
        .expect_err("no limits");
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "NO_LIMITS".to_owned()));
    operator.publish_limits(limits()).await.expect("limits");
    let refused = dispatcher
        .dispatch_order(dispatch(&order, "nobody"))
        .await
        .expect_err("unknown unit");
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "UNKNOWN_UNIT".to_owned()));
    let refused = dispatcher
        .dispatch_order(dispatch(&request_id(), "water"))
        .await
        .expect_err("unknown order");
    assert_eq!(refused.code(), Code::NotFound);
    let request = pb::DispatchOrderRequest {
        request_id: "x".to_owned(),
        order_id: String::new(),
        unit: "a b".to_owned(),
        if_version: 0,
    };
    let refused = dispatcher.dispatch_order(request).await.expect_err("nothing is right");
    assert_eq!(violations(&refused), ["request_id", "order_id", "unit"]);
    dispatcher
        .dispatch_order(dispatch(&order, "water"))
        .await
        .expect("dispatched at last");
}
