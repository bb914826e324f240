//! Every transition of an order.

use hotline_proto::access::Role;
use hotline_proto::common::{Cause, OrderState};
use hotline_proto::routing as pb;
use tonic::Code;

use crate::world::{World, contact, judged, violations};

#[tokio::test]
async fn history_is_dense_and_chained_and_equals_the_log() {
    let world = World::new().await;
    let order = world.passed().await;
    world.decide(judged(&order, 0, Cause::Unit)).await;
    let request = pb::GetOrderHistoryRequest {
        order_id: order.clone(),
        ..Default::default()
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

#[tokio::test]
async fn pages_follow_each_other_and_steps_that_come_meanwhile_are_on_the_last() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    for _ in 0..4 {
        liaison.record_contact(contact(&order)).await.expect("recorded");
    }
    let (mut page_token, mut pages) = (String::new(), Vec::new());
    loop {
        let request = pb::GetOrderHistoryRequest {
            order_id: order.clone(),
            page_size: 3,
            page_token,
        };
        let page = liaison.get_order_history(request).await.expect("there").into_inner();
        pages.push(page.transitions.iter().map(|step| step.version).collect::<Vec<_>>());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
        if pages.len() == 1 {
            liaison.record_contact(contact(&order)).await.expect("recorded");
        }
    }
    assert_eq!(pages, [vec![1, 2, 3], vec![4, 5, 6], vec![7, 8]]);
}

#[tokio::test]
async fn a_page_is_of_its_order_and_everything_wrong_is_named() {
    let world = World::new().await;
    let (order, other) = (world.signed().await, world.signed().await);
    let mut liaison = world.liaison("water");
    let first = pb::GetOrderHistoryRequest {
        order_id: order,
        page_size: 1,
        page_token: String::new(),
    };
    let page = liaison
        .get_order_history(first.clone())
        .await
        .expect("there")
        .into_inner();
    let foreign = pb::GetOrderHistoryRequest {
        order_id: other,
        page_token: page.next_page_token,
        ..first
    };
    let refused = liaison
        .get_order_history(foreign)
        .await
        .expect_err("another order's page");
    assert_eq!(violations(&refused), ["page_token"]);
    let wrong = pb::GetOrderHistoryRequest {
        order_id: "x".to_owned(),
        page_size: -1,
        page_token: "forged".to_owned(),
    };
    let refused = liaison.get_order_history(wrong).await.expect_err("nothing is right");
    assert_eq!(violations(&refused), ["order_id", "page_size", "page_token"]);
}
