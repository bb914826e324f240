//! `ListClocks`: by the time they are due.

use hotline_proto::access::Role;
use hotline_proto::common::ClockKind;
use hotline_proto::supervision::{ClockState, ListClocksRequest};
use rpc::time::to_proto;
use testkit::at;

use crate::orders::Order;
use crate::world::{World, violations};

#[tokio::test]
async fn clocks_are_listed_by_due_time_and_state() {
    let world = World::new().await;
    let mut order = Order::open(&world, at(1, 9, 0)).await;
    let limits = (at(1, 10, 0), at(7, 18, 0), at(9, 18, 0));
    order.dispatch(at(1, 9, 5), ("water", "utilities"), limits).await;
    let mut other = Order::open(&world, at(1, 9, 0)).await;
    other.dispatch(at(1, 9, 5), ("gas", "utilities"), limits).await;
    other.sign(at(1, 9, 30)).await;
    world.pass(at(1, 11, 0)).await;
    let mut client = world.client(Role::Supervisor);
    for (state, count) in [
        (ClockState::Unspecified, 6),
        (ClockState::Open, 4),
        (ClockState::Stopped, 1),
        (ClockState::Fired, 1),
    ] {
        let request = ListClocksRequest {
            state: state.into(),
            ..Default::default()
        };
        let clocks = client.list_clocks(request).await.expect("a list").into_inner().clocks;
        assert_eq!(clocks.len(), count, "{state:?}");
        assert!(clocks.is_sorted_by_key(|c| c.due_time.map(|t| t.seconds)));
    }
    let request = ListClocksRequest {
        order_id: order.id.to_string(),
        page_size: 1,
        ..Default::default()
    };
    let answer = client.list_clocks(request.clone()).await.expect("a list").into_inner();
    let first = &answer.clocks[0];
    assert_eq!((first.kind(), first.state()), (ClockKind::Sign, ClockState::Fired));
    assert_eq!(first.due_time, Some(to_proto(at(1, 10, 0))));
    let next = ListClocksRequest {
        page_token: answer.next_page_token,
        ..request
    };
    let answer = client.list_clocks(next).await.expect("a list").into_inner();
    assert_eq!(answer.clocks[0].due_time, Some(to_proto(at(7, 18, 0))));
    let wrong = ListClocksRequest {
        state: 9,
        order_id: "x".to_owned(),
        ..Default::default()
    };
    let refused = client.list_clocks(wrong).await.expect_err("all wrong");
    assert_eq!(violations(&refused), ["order_id", "state"]);
}
