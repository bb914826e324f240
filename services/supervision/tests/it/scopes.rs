//! A reviewer, supervisor or analyst whose token names a unit is treated as a liaison of that unit.

use hotline_proto::access::Role::{self, Analyst, Liaison, Reviewer, Supervisor};
use hotline_proto::supervision::get_review_request::Name;
use hotline_proto::supervision::{GetReviewRequest, ListCardsRequest, ListClocksRequest, ListReviewsRequest};
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::orders::Order;
use crate::review_reply::pass;
use crate::world::{Client, World};

/// An order with a late signature (one card), three clocks and an open review.
struct Case {
    name: &'static str,
    order: Uuid,
    reply: Uuid,
}

async fn case(world: &World, name: &'static str, lead: (&str, &str), accused: &str) -> Case {
    let mut order = Order::open(world, at(1, 9, 0)).await;
    if !accused.is_empty() {
        order.accuse(accused);
    }
    let limits = (at(1, 9, 30), at(7, 18, 0), at(9, 18, 0));
    order.dispatch(at(1, 9, 5), lead, limits).await;
    order.sign(at(1, 10, 0)).await;
    let reply = order.reply(at(1, 11, 0), false).await;
    Case {
        name,
        order: order.id,
        reply,
    }
}

/// Water is below utilities: one order of each kind that a reader of one of them may or may not see.
async fn cases(world: &World) -> Vec<Case> {
    let cases = vec![
        case(world, "of water", ("water", "utilities"), "").await,
        case(world, "of gas", ("gas", "utilities"), "").await,
        case(world, "of yuhu", ("yuhu", "yuhu"), "").await,
        case(world, "accuses water", ("utilities", "utilities"), "water").await,
        case(world, "accuses utilities", ("water", "utilities"), "utilities").await,
    ];
    world.clock.move_to(at(1, 12, 0));
    world.read().await;
    assert_eq!(world.parked().await, [""; 0]);
    cases
}

/// Readers, and the orders that exist for each.
const READERS: [(&str, &[&str]); 5] = [
    // Water still sees its own orders, whichever unit they accuse.
    ("water", &["of water", "accuses utilities"]),
    ("utilities", &["of water", "of gas", "accuses water"]),
    ("gas", &["of gas"]),
    ("yuhu", &["of yuhu"]),
    ("water-west", &[]),
];

/// Names of the cases in a list, each once.
fn shown(cases: &[Case], orders: impl Iterator<Item = String>) -> Vec<&'static str> {
    let orders: Vec<String> = orders.collect();
    let found = cases.iter().filter(|case| orders.contains(&case.order.to_string()));
    found.map(|case| case.name).collect()
}

async fn reviews(client: &mut Client) -> Vec<String> {
    let answer = client.list_reviews(ListReviewsRequest::default()).await;
    let reviews = answer.expect("a list").into_inner().reviews;
    reviews.into_iter().map(|review| review.order_id).collect()
}

async fn cards(client: &mut Client) -> Vec<String> {
    let answer = client.list_cards(ListCardsRequest::default()).await;
    let cards = answer.expect("a list").into_inner().cards;
    cards.into_iter().map(|card| card.order_id).collect()
}

async fn clocks(client: &mut Client) -> Vec<String> {
    let answer = client.list_clocks(ListClocksRequest::default()).await;
    let clocks = answer.expect("a list").into_inner().clocks;
    clocks.into_iter().map(|clock| clock.order_id).collect()
}

#[tokio::test]
async fn lists_show_a_role_with_a_unit_what_exists_for_that_unit() {
    let world = World::new().await;
    let cases = cases(&world).await;
    for (unit, expected) in READERS {
        for role in [Reviewer, Supervisor, Analyst] {
            let found = reviews(&mut world.of_unit(role, unit)).await;
            assert_eq!(shown(&cases, found.into_iter()), expected, "reviews, {role:?} {unit}");
        }
        for role in [Liaison, Supervisor, Analyst] {
            let found = cards(&mut world.of_unit(role, unit)).await;
            assert_eq!(shown(&cases, found.into_iter()), expected, "cards, {role:?} {unit}");
        }
        for role in [Supervisor, Analyst] {
            let found = clocks(&mut world.of_unit(role, unit)).await;
            assert_eq!(found.len(), 3 * expected.len(), "clocks, {role:?} {unit}");
            assert_eq!(shown(&cases, found.into_iter()), expected, "clocks, {role:?} {unit}");
        }
    }
    let mut everyone = world.client(Supervisor);
    assert_eq!(reviews(&mut everyone).await.len(), 5);
    assert_eq!(cards(&mut everyone).await.len(), 5);
    assert_eq!(clocks(&mut everyone).await.len(), 15);
}

#[tokio::test]
async fn a_review_exists_for_a_role_with_a_unit_as_its_order_does() {
    let world = World::new().await;
    let cases = cases(&world).await;
    for (unit, expected) in READERS {
        for role in [Liaison, Reviewer, Supervisor] {
            let mut client = world.of_unit(role, unit);
            for case in &cases {
                let name = Some(Name::ReplyId(case.reply.to_string()));
                let read = client.get_review(GetReviewRequest { name }).await;
                let found = read.map(drop).map_err(|status| status.code());
                let right = if expected.contains(&case.name) {
                    Ok(())
                } else {
                    Err(Code::NotFound)
                };
                assert_eq!(found, right, "{role:?} {unit}, {}", case.name);
            }
        }
    }
}

#[tokio::test]
async fn a_reviewer_with_a_unit_judges_what_exists_for_that_unit() {
    for (unit, expected) in READERS {
        let world = World::new().await;
        let cases = cases(&world).await;
        let mut client = world.of_unit(Reviewer, unit);
        for case in &cases {
            let judged = client.review_reply(pass(case.order, case.reply)).await;
            let found = judged.map(drop).map_err(|status| status.code());
            let right = if expected.contains(&case.name) {
                Ok(())
            } else {
                Err(Code::NotFound)
            };
            assert_eq!(found, right, "{unit}, {}", case.name);
        }
        let told = world.told().await;
        let judged = told.iter().filter(|(_, _, kind, _)| kind == "reply_reviewed").count();
        assert_eq!(judged, expected.len(), "{unit}");
    }
}

#[tokio::test]
async fn a_page_of_one_unit_is_no_page_of_another() {
    let world = World::new().await;
    cases(&world).await;
    let request = ListReviewsRequest {
        page_size: 1,
        ..ListReviewsRequest::default()
    };
    let first = world.of_unit(Supervisor, "water").list_reviews(request.clone()).await;
    let next = ListReviewsRequest {
        page_token: first.expect("a list").into_inner().next_page_token,
        ..request
    };
    assert!(!next.page_token.is_empty());
    let own = world.of_unit(Supervisor, "water").list_reviews(next.clone()).await;
    assert_eq!(own.expect("the second page").into_inner().reviews.len(), 1);
    for mut client in [world.of_unit(Supervisor, "gas"), world.client(Role::Supervisor)] {
        let refused = client.list_reviews(next.clone()).await;
        assert_eq!(refused.expect_err("another filter").code(), Code::InvalidArgument);
    }
    let request = ListClocksRequest {
        page_size: 1,
        ..ListClocksRequest::default()
    };
    let first = world.of_unit(Supervisor, "water").list_clocks(request.clone()).await;
    let next = ListClocksRequest {
        page_token: first.expect("a list").into_inner().next_page_token,
        ..request
    };
    let refused = world.client(Role::Supervisor).list_clocks(next).await;
    assert_eq!(refused.expect_err("another filter").code(), Code::InvalidArgument);
}
