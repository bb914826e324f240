//! 举报: the unit that a report accuses never leads its order and never learns of it. Its superior leads.

use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, OrderState};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing as pb;
use tonic::Code;

use crate::world::{World, appeal, contact, dispatch, reason, reply, sign, units_from};

fn report(category: &str, accused: &str) -> AppealFacts {
    AppealFacts {
        r#type: AppealType::Report.into(),
        accused_unit: accused.to_owned(),
        ..appeal(category, "430304")
    }
}

#[tokio::test]
async fn the_catalogue_dispatches_to_the_superior_or_leaves_it_to_a_person() {
    let world = World::new().await;
    for (accused, lead) in [
        ("", "water.north"),
        ("gas", "water.north"),
        ("water.north", "water"),
        ("water", "utilities"),
        ("utilities", ""),
        ("nobody", ""),
    ] {
        let order = world.get(&world.forward(report("0102", accused)).await).await;
        assert_eq!(
            (
                order.opening().map_or("", |facts| facts.accused_unit.as_str()),
                order.lead_unit.as_str()
            ),
            (accused, lead),
            "{accused}"
        );
        let state = if lead.is_empty() {
            OrderState::PendingDispatch
        } else {
            OrderState::PendingSign
        };
        assert_eq!(order.state(), state, "{accused}");
    }
}

#[tokio::test]
async fn nobody_dispatches_to_the_accused_or_below_it() {
    let world = World::new().await;
    let order = world.forward(report("0999", "water")).await;
    let mut dispatcher = world.as_role(Role::Dispatcher);
    for unit in ["water", "water.north"] {
        let refused = dispatcher.dispatch_order(dispatch(&order, unit)).await;
        let refused = refused.expect_err("accused");
        assert_eq!(reason(&refused), (Code::FailedPrecondition, "ACCUSED_UNIT".to_owned()));
    }
    assert_eq!(world.get(&order).await.version, 1, "the order is unchanged");
    dispatcher
        .dispatch_order(dispatch(&order, "utilities"))
        .await
        .expect("its superior");
    // A code that no unit has accuses no unit in force. The dispatcher sees the code on the order and decides.
    let order = world.forward(report("0102", "nobody")).await;
    dispatcher
        .dispatch_order(dispatch(&order, "water"))
        .await
        .expect("the dispatcher decides");
}

/// Units move: the lead is now below the accused unit. The accused unit reaches everything below it but this order.
#[tokio::test]
async fn an_order_does_not_exist_for_the_accused_wherever_its_lead_has_moved() {
    let world = World::new().await;
    let order = world.forward(report("0102", "gas")).await;
    let other = world.forward(appeal("0102", "430304")).await;
    let moved = [
        ("gas", ""),
        ("water", "gas"),
        ("water.north", "water"),
        ("gas.office", "gas"),
    ];
    let moved = units_from("2024-04-01", &moved);
    world.publish_units(moved).await.expect("published");
    let listed = |unit: &'static str| {
        let mut liaison = world.liaison(unit);
        async move {
            let page = liaison.list_orders(pb::ListOrdersRequest::default()).await;
            let mut found: Vec<String> = page
                .expect("a page")
                .into_inner()
                .orders
                .into_iter()
                .map(|order| order.order_id)
                .collect();
            found.sort_unstable();
            found
        }
    };
    let mut both = vec![order.clone(), other.clone()];
    both.sort_unstable();
    assert_eq!(listed("water.north").await, both, "the lead still reaches the order");
    for unit in ["gas", "water"] {
        assert_eq!(
            listed(unit).await,
            [other.as_str()],
            "{unit}: it is above the lead and accused"
        );
    }
    for unit in ["gas", "gas.office", "water"] {
        let mut liaison = world.liaison(unit);
        let by_id = |with_text| pb::GetOrderRequest {
            name: Some(pb::get_order_request::Name::OrderId(order.clone())),
            with_text,
        };
        let history = pb::GetOrderHistoryRequest {
            order_id: order.clone(),
            ..Default::default()
        };
        for refused in [
            liaison.get_order(by_id(false)).await.err(),
            liaison.get_order(by_id(true)).await.err(),
            liaison.get_order_history(history).await.err(),
            liaison.sign_order(sign(&order)).await.err(),
            liaison.record_contact(contact(&order)).await.err(),
            liaison.submit_reply(reply(&order)).await.err(),
        ] {
            assert_eq!(refused.expect("not its own").code(), Code::NotFound, "{unit}");
        }
    }
    let mut above = world.liaison("gas");
    above
        .sign_order(sign(&other))
        .await
        .expect("an order that accuses no unit is in reach");
    the_lead_goes_on(&world, &order, &other).await;
}

/// A unit that is now below the accused one does not learn the informant.
async fn the_lead_goes_on(world: &World, order: &str, other: &str) {
    let mut lead = world.liaison("water.north");
    lead.sign_order(sign(order)).await.expect("the lead's own");
    lead.record_contact(contact(order)).await.expect("in progress");
    for (order, persons) in [(order, false), (other, true)] {
        let request = pb::GetOrderRequest {
            name: Some(pb::get_order_request::Name::OrderId(order.to_owned())),
            with_text: true,
        };
        let answer = lead.get_order(request).await.expect("his").into_inner();
        let text = answer.text.expect("asked for");
        let asked = world.texts.readings.lock().await.pop().expect("intake was asked");
        assert_eq!(asked.with_appellant, persons);
        assert!(
            text.contacts.iter().all(|said| said.phone.is_empty()),
            "{:?}",
            text.contacts
        );
    }
}
