//! Lists by unit, state and times, page by page.

use std::collections::BTreeSet;

use hotline_proto::access::Role;
use hotline_proto::common::OrderState;
use hotline_proto::routing as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::world::{Client, World, appeal, violations};

async fn ids(client: &mut Client, request: pb::ListOrdersRequest) -> Vec<String> {
    let answer = client.list_orders(request).await.expect("a page").into_inner();
    answer.orders.into_iter().map(|order| order.order_id).collect()
}

#[tokio::test]
async fn pages_show_every_order_once_oldest_first() {
    let world = World::new().await;
    let mut wanted = Vec::new();
    for minute in [0, 0, 0, 5, 5, 7, 9] {
        world.clock.move_to(at(1, 9, minute));
        wanted.push(world.dispatched().await);
    }
    let mut supervisor = world.as_role(Role::Supervisor);
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListOrdersRequest {
            page_size: 2,
            page_token: token,
            ..pb::ListOrdersRequest::default()
        };
        let page = supervisor.list_orders(request).await.expect("a page").into_inner();
        found.extend(
            page.orders
                .into_iter()
                .map(|order| (order.open_time.expect("always set").seconds, order.order_id)),
        );
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert!(found.is_sorted_by_key(|(opened, _)| *opened));
    let distinct: BTreeSet<&String> = found.iter().map(|(_, id)| id).collect();
    assert_eq!((found.len(), distinct), (7, wanted.iter().collect()));
}

#[tokio::test]
async fn a_liaison_sees_his_unit_and_what_is_below() {
    let world = World::new().await;
    let water = world.dispatched().await;
    let north = world.forward(appeal("0102", "430304")).await;
    let gas = world.forward(appeal("0103", "430302")).await;
    let waiting = world.forward(appeal("0999", "430302")).await;
    let of = |unit: &str| pb::ListOrdersRequest {
        unit: unit.to_owned(),
        ..pb::ListOrdersRequest::default()
    };
    for (reader, unit, wanted) in [
        ("water", "", vec![&water, &north]),
        ("water.north", "", vec![&north]),
        ("utilities", "", vec![&water, &north, &gas]),
        ("utilities", "gas", vec![&gas]),
        ("water", "water.north", vec![&north]),
        ("water", "gas", vec![]),
        ("water", "utilities", vec![]),
        ("traffic", "", vec![]),
    ] {
        let found = ids(&mut world.liaison(reader), of(unit)).await;
        let (found, wanted): (BTreeSet<_>, BTreeSet<_>) = (found.iter().collect(), wanted.into_iter().collect());
        assert_eq!(found, wanted, "{reader} asks for {unit:?}");
    }
    let mut supervisor = world.as_role(Role::Supervisor);
    assert_eq!(ids(&mut supervisor, of("water")).await.len(), 2);
    let mut dispatcher = world.as_role(Role::Dispatcher);
    let queue = pb::ListOrdersRequest {
        state: OrderState::PendingDispatch.into(),
        ..pb::ListOrdersRequest::default()
    };
    assert_eq!(ids(&mut dispatcher, queue).await, [waiting]);
}

#[tokio::test]
async fn times_bound_the_list() {
    let world = World::new().await;
    let first = world.dispatched().await;
    world.clock.move_to(at(2, 9, 0));
    let second = world.dispatched().await;
    let mut supervisor = world.as_role(Role::Supervisor);
    let from = |from, to| pb::ListOrdersRequest {
        from_time: Some(to_proto(from)),
        to_time: Some(to_proto(to)),
        ..pb::ListOrdersRequest::default()
    };
    assert_eq!(
        ids(&mut supervisor, from(at(1, 9, 0), at(2, 9, 0))).await,
        [first.as_str()]
    );
    assert_eq!(ids(&mut supervisor, from(at(1, 9, 1), at(2, 9, 1))).await, [second]);
    let due = |before| pb::ListOrdersRequest {
        due_before_time: Some(to_proto(before)),
        ..pb::ListOrdersRequest::default()
    };
    assert_eq!(ids(&mut supervisor, due(at(9, 18, 0))).await, [] as [&str; 0]);
    assert_eq!(ids(&mut supervisor, due(at(9, 18, 1))).await, [first]);
}

#[tokio::test]
async fn foreign_tokens_and_impossible_filters_are_refused() {
    let world = World::new().await;
    for _ in 0..3 {
        world.dispatched().await;
    }
    let mut supervisor = world.as_role(Role::Supervisor);
    let request = pb::ListOrdersRequest {
        page_size: 1,
        ..pb::ListOrdersRequest::default()
    };
    let token = supervisor
        .list_orders(request)
        .await
        .expect("a page")
        .into_inner()
        .next_page_token;
    let wrong = pb::ListOrdersRequest {
        page_size: -1,
        page_token: token,
        unit: "a b".to_owned(),
        state: 77,
        due_before_time: Some(prost_types::Timestamp {
            seconds: -62_135_596_800,
            nanos: 0,
        }),
        from_time: Some(to_proto(at(2, 0, 0))),
        to_time: Some(to_proto(at(1, 0, 0))),
    };
    let refused = supervisor.list_orders(wrong).await.expect_err("nothing is right");
    assert_eq!(
        violations(&refused),
        ["unit", "state", "due_before_time", "to_time", "page_size", "page_token"]
    );
}
