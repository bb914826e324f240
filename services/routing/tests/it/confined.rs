//! Supervisors, reviewers, dispatchers and analysts of a unit: each is treated as a liaison of that unit.

use hotline_proto::access::Role;
use hotline_proto::common::AppealType;
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing as pb;
use hotline_proto::routing::get_order_request::Name;
use tonic::Code;

use crate::world::{Client, UNITS, World, appeal, contact, dispatch, reason, sign, units};

const CONFINED: [Role; 4] = [Role::Supervisor, Role::Reviewer, Role::Dispatcher, Role::Analyst];

fn by_id(order: &str, with_text: bool) -> pb::GetOrderRequest {
    pb::GetOrderRequest {
        name: Some(Name::OrderId(order.to_owned())),
        with_text,
    }
}

fn report(category: &str, region: &str, accused: &str) -> AppealFacts {
    AppealFacts {
        r#type: AppealType::Report.into(),
        accused_unit: accused.to_owned(),
        ..appeal(category, region)
    }
}

/// The utilities are responsible for 430302, the water works for a street of 430304.
async fn world() -> World {
    let world = World::new().await;
    let mut next = units(UNITS);
    next.units[0].regions = vec!["430302".to_owned()];
    next.units[1].regions = vec!["430304001".to_owned()];
    world.publish_units(next).await.expect("published");
    world
}

async fn listed(client: &mut Client, request: pb::ListOrdersRequest) -> Vec<String> {
    let page = client.list_orders(request).await.expect("a page").into_inner();
    let mut found: Vec<_> = page.orders.into_iter().map(|order| order.order_id).collect();
    found.sort_unstable();
    found
}

async fn reads(client: &mut Client, order: &str) -> [Option<Code>; 2] {
    let history = pb::GetOrderHistoryRequest {
        order_id: order.to_owned(),
        ..Default::default()
    };
    let one = client.get_order(by_id(order, false)).await.err();
    let other = client.get_order_history(history).await.err();
    [one, other].map(|refused| refused.map(|status| status.code()))
}

#[tokio::test]
async fn own_orders_exist_and_foreign_ones_do_not() {
    let world = world().await;
    let own = world.dispatched().await;
    let below = world.forward(appeal("0102", "430304")).await;
    let foreign = world.forward(appeal("0103", "430302")).await;
    // Led by the utilities, because it accuses the water works.
    let accusing = world.forward(report("0102", "430302", "water")).await;
    let waiting = world.forward(appeal("0999", "430302")).await;
    for role in CONFINED {
        let mut reader = world.confined(role, "water");
        for order in [&own, &below] {
            assert_eq!(reads(&mut reader, order).await, [None, None], "{role:?}");
        }
        for order in [&foreign, &accusing, &waiting] {
            assert_eq!(reads(&mut reader, order).await, [Some(Code::NotFound); 2], "{role:?}");
        }
        let mut mine = vec![own.clone(), below.clone()];
        mine.sort_unstable();
        assert_eq!(
            listed(&mut reader, pb::ListOrdersRequest::default()).await,
            mine,
            "{role:?}"
        );
        let all = listed(&mut world.as_role(role), pb::ListOrdersRequest::default()).await;
        assert_eq!(all.len(), 5, "without a unit: {role:?}");
    }
}

#[tokio::test]
async fn what_accuses_the_unit_or_one_above_it_does_not_exist() {
    let world = world().await;
    let order = world.forward(report("0102", "430304", "gas")).await;
    let moved = [("gas", ""), ("water", "gas"), ("water.north", "water")];
    let moved = crate::world::units_from("2024-04-01", &moved);
    world.publish_units(moved).await.expect("published");
    for role in CONFINED {
        let mut lead = world.confined(role, "water.north");
        assert_eq!(
            reads(&mut lead, &order).await,
            [None, None],
            "{role:?}: the lead still reaches the order"
        );
        for unit in ["gas", "water"] {
            let mut reader = world.confined(role, unit);
            assert_eq!(
                reads(&mut reader, &order).await,
                [Some(Code::NotFound); 2],
                "{role:?} {unit}"
            );
            assert_eq!(listed(&mut reader, pb::ListOrdersRequest::default()).await, [""; 0]);
        }
    }
}

#[tokio::test]
async fn confidential_appellants_are_hidden() {
    let world = world().await;
    let facts = AppealFacts {
        confidential: true,
        ..appeal("0102", "430302")
    };
    let order = world.forward(facts).await;
    let mut liaison = world.liaison("water");
    liaison.sign_order(sign(&order)).await.expect("signed");
    liaison.record_contact(contact(&order)).await.expect("recorded");
    for (role, persons) in [
        (Role::Supervisor, true),
        (Role::Reviewer, true),
        (Role::Dispatcher, false),
    ] {
        for (mut reader, persons) in [(world.as_role(role), persons), (world.confined(role, "water"), false)] {
            let answer = reader
                .get_order(by_id(&order, true))
                .await
                .expect("its own")
                .into_inner();
            let asked = world.texts.readings.lock().await.pop().expect("intake was asked");
            assert_eq!(asked.with_appellant, persons, "{role:?}");
            let phone = &answer.text.expect("asked for").contacts[0].phone;
            assert_eq!(phone.is_empty(), !persons, "{role:?}");
        }
    }
    let refused = world
        .confined(Role::Analyst, "water")
        .get_order(by_id(&order, true))
        .await;
    assert_eq!(refused.expect_err("never").code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_dispatcher_of_a_unit_finds_what_waits_in_its_regions() {
    let world = world().await;
    let in_district = world.forward(appeal("0999", "430302002")).await;
    let in_street = world.forward(appeal("0999", "430304001003")).await;
    let elsewhere = world.forward(appeal("0999", "430304002")).await;
    let accuses_it = world.forward(report("0999", "430302", "utilities")).await;
    let accuses_below = world.forward(report("0999", "430302", "gas")).await;
    for (unit, seen) in [
        ("utilities", vec![&in_district, &in_street, &accuses_below]),
        ("water", vec![&in_street]),
        ("gas", vec![]),
    ] {
        let mut dispatcher = world.confined(Role::Dispatcher, unit);
        let mut wanted: Vec<String> = seen.iter().map(|order| (*order).clone()).collect();
        wanted.sort_unstable();
        assert_eq!(
            listed(&mut dispatcher, pb::ListOrdersRequest::default()).await,
            wanted,
            "{unit}"
        );
        for order in [&in_district, &in_street, &elsewhere, &accuses_it, &accuses_below] {
            let refused = (!seen.contains(&order)).then_some(Code::NotFound);
            assert_eq!(reads(&mut dispatcher, order).await, [refused; 2], "{unit}");
        }
        let of_unit = pb::ListOrdersRequest {
            unit: unit.to_owned(),
            ..Default::default()
        };
        assert_eq!(
            listed(&mut dispatcher, of_unit).await,
            [""; 0],
            "they have no lead unit"
        );
        for role in [Role::Supervisor, Role::Reviewer, Role::Analyst] {
            let mut reader = world.confined(role, unit);
            assert_eq!(
                listed(&mut reader, pb::ListOrdersRequest::default()).await,
                [""; 0],
                "{role:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_dispatcher_of_a_unit_dispatches_within_it() {
    let world = world().await;
    let order = world.forward(appeal("0999", "430302")).await;
    let elsewhere = world.forward(appeal("0999", "430304002")).await;
    let mut dispatcher = world.confined(Role::Dispatcher, "utilities");
    let refused = dispatcher.dispatch_order(dispatch(&order, "traffic")).await;
    let refused = refused.expect_err("not one of its own");
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "UNKNOWN_UNIT".to_owned()));
    let refused = dispatcher.dispatch_order(dispatch(&elsewhere, "water")).await;
    assert_eq!(refused.expect_err("not its region").code(), Code::NotFound);
    dispatcher
        .dispatch_order(dispatch(&order, "water"))
        .await
        .expect("below it");
    assert_eq!(world.get(&order).await.lead_unit, "water");
    // The hotline's own dispatcher still dispatches to every unit.
    world
        .as_role(Role::Dispatcher)
        .dispatch_order(dispatch(&elsewhere, "traffic"))
        .await
        .expect("anywhere");
}
