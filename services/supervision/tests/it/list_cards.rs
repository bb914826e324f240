//! `ListCards`: a liaison sees the cards of its unit, a supervisor sees all.

use hotline_proto::access::Role;
use hotline_proto::supervision::ListCardsRequest;
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use platform::auth::Principal;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::orders::Order;
use crate::world::{World, violations};

async fn overdue<'w>(world: &'w World, unit: (&str, &str), hour: u32) -> Order<'w> {
    let mut order = Order::open(world, at(1, 9, 0)).await;
    let limits = (at(1, hour, 0), at(7, 18, 0), at(9, 18, 0));
    order.dispatch(at(1, 9, 5), unit, limits).await;
    order
}

#[tokio::test]
async fn a_liaison_sees_the_cards_of_its_unit_and_of_those_below_its_top_unit() {
    let world = World::new().await;
    overdue(&world, ("water", "utilities"), 10).await;
    overdue(&world, ("gas", "utilities"), 11).await;
    overdue(&world, ("yuhu", "yuhu"), 12).await;
    world.pass(at(1, 13, 0)).await;
    for (unit, expected) in [
        ("water", vec!["water"]),
        ("utilities", vec!["water", "gas"]),
        ("yuhu", vec!["yuhu"]),
        ("water-west", vec![]),
        ("", vec![]),
    ] {
        let mut client = SupervisionServiceClient::new(world.edge.liaison(unit));
        let answer = client.list_cards(ListCardsRequest::default()).await;
        let cards = answer.expect("a liaison lists cards").into_inner().cards;
        let mut units: Vec<_> = cards.iter().map(|c| c.unit.as_str()).collect();
        units.sort_by_key(|unit| expected.iter().position(|e| e == unit));
        assert_eq!(units, expected, "{unit}");
    }
    let nobody = Principal {
        unit: None,
        ..testkit::role(Role::Liaison)
    };
    let mut client = SupervisionServiceClient::new(world.edge.caller(nobody));
    match client.list_cards(ListCardsRequest::default()).await {
        Ok(answer) => assert_eq!(answer.into_inner().cards, []),
        Err(status) => assert_eq!(status.code(), Code::PermissionDenied),
    }
    assert_eq!(world.cards().await.len(), 3);
}

#[tokio::test]
async fn lists_are_narrowed_by_order_and_time_and_go_on_page_by_page() {
    let world = World::new().await;
    let first = overdue(&world, ("water", "utilities"), 10).await;
    overdue(&world, ("water", "utilities"), 11).await;
    overdue(&world, ("water", "utilities"), 12).await;
    for hour in [10, 11, 12] {
        world.pass(at(1, hour, 30)).await;
    }
    let mut client = world.client(Role::Analyst);
    let of_order = ListCardsRequest {
        order_id: first.id.to_string(),
        ..Default::default()
    };
    let cards = client.list_cards(of_order).await.expect("a list").into_inner().cards;
    assert_eq!(cards.len(), 1);
    assert_eq!(cards[0].due_time, Some(to_proto(at(1, 10, 0))));
    assert_eq!(cards[0].issued_time, Some(to_proto(at(1, 10, 30))));
    let window = ListCardsRequest {
        from_time: Some(to_proto(at(1, 11, 30))),
        to_time: Some(to_proto(at(1, 12, 30))),
        ..Default::default()
    };
    let cards = client.list_cards(window).await.expect("a list").into_inner().cards;
    assert_eq!(cards.len(), 1);
    let page = ListCardsRequest {
        page_size: 2,
        ..Default::default()
    };
    let answer = client.list_cards(page.clone()).await.expect("a list").into_inner();
    assert_eq!(answer.cards.len(), 2);
    let rest = ListCardsRequest {
        page_token: answer.next_page_token,
        ..page
    };
    let answer = client.list_cards(rest.clone()).await.expect("a list").into_inner();
    assert_eq!((answer.cards.len(), answer.next_page_token.as_str()), (1, ""));
    let mut liaison = SupervisionServiceClient::new(world.edge.liaison("water"));
    let refused = liaison.list_cards(rest).await.expect_err("another's token");
    assert_eq!(violations(&refused), ["page_token"]);
    let wrong = ListCardsRequest {
        order_id: "1".to_owned(),
        page_size: -1,
        ..Default::default()
    };
    let refused = client.list_cards(wrong).await.expect_err("all wrong");
    assert_eq!(violations(&refused), ["order_id", "page_size"]);
}
