//! An order answers one appeal or several. All are published and shown, and each counts for hiding persons.

use hotline_proto::access::Role;
use hotline_proto::common::Seat;
use hotline_proto::events::Event;
use hotline_proto::events::event::Body;
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing as pb;
use hotline_proto::routing::get_order_request::Name;
use prost::Message as _;
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, appeal, contact, dispatch, reason, sign};

/// Links a copy of the order's first appeal, as a merging verb would.
async fn link(world: &World, order: &str, accused: Option<&str>, confidential: bool) {
    let linked = "insert into linked_appeal
         select (jsonb_populate_record(first, jsonb_build_object(
                     'place', 1, 'appeal_id', $2::uuid, 'accused_unit', $3::text, 'confidential', $4::boolean))).*
           from linked_appeal as first where order_id = $1 and place = 0";
    sqlx::query(linked)
        .bind(order.parse::<Uuid>().expect("an id"))
        .bind(Uuid::new_v4())
        .bind(accused)
        .bind(confidential)
        .execute(&world.database.pool)
        .await
        .expect("linked");
    sqlx::query("update orders set accused_units = array_remove(array[$2], null) where id = $1")
        .bind(order.parse::<Uuid>().expect("an id"))
        .bind(accused)
        .execute(&world.database.pool)
        .await
        .expect("written");
}

#[tokio::test]
async fn facts_are_kept_whole_and_people_do_not_see_the_person_key() {
    let world = World::new().await;
    let facts = AppealFacts {
        tags: vec!["a".to_owned(), "b".to_owned()],
        defects: vec![1, 2],
        platform: "province".to_owned(),
        upstream_number: "P-1".to_owned(),
        source_time: Some(prost_types::Timestamp {
            seconds: 1_711_900_000,
            nanos: 0,
        }),
        no_channel: true,
        person_key: vec![7; 16],
        seat: Seat::LeaderDay.into(),
        deputy_level: 77,
        leader_day_id: Uuid::new_v4().to_string(),
        complex: true,
        ..appeal("0102", "430302")
    };
    let order = world.forward(facts.clone()).await;
    let payloads: Vec<Vec<u8>> =
        sqlx::query_scalar("select payload from log where type like 'order_%' order by position")
            .fetch_all(&world.database.pool)
            .await
            .expect("told");
    let told = payloads
        .iter()
        .map(|payload| Event::decode(payload.as_slice()).expect("an event").body);
    let told: Vec<pb::Order> = told
        .map(|body| match body {
            Some(Body::OrderOpened(opened)) => opened.order.expect("always set"),
            Some(Body::OrderDispatched(dispatched)) => dispatched.order.expect("always set"),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told.len(), 2);
    for told in &told {
        assert_eq!(told.opening(), Some(&facts), "as intake published them");
        assert_eq!(told.appeals[0].link_time, told.open_time);
    }
    let mut shown = told[1].clone();
    shown.appeals[0].facts.as_mut().expect("always set").person_key.clear();
    assert_eq!(world.get(&order).await, shown, "the same message without the key");
    let listed = world
        .as_role(Role::Analyst)
        .list_orders(pb::ListOrdersRequest::default())
        .await;
    assert_eq!(listed.expect("a page").into_inner().orders, [shown]);
    // Later events carry the same facts of the appeal.
    world.liaison("water").sign_order(sign(&order)).await.expect("signed");
    let payload: Vec<u8> = sqlx::query_scalar("select payload from log where type = 'order_signed'")
        .fetch_one(&world.database.pool)
        .await
        .expect("told");
    let Some(Body::OrderSigned(signed)) = Event::decode(payload.as_slice()).expect("an event").body else {
        panic!("another event");
    };
    assert_eq!(signed.order.as_ref().and_then(pb::Order::opening), Some(&facts));
}

#[tokio::test]
async fn one_confidential_appeal_hides_the_persons_of_the_order() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    liaison.record_contact(contact(&order)).await.expect("recorded");
    let request = pb::GetOrderRequest {
        name: Some(Name::OrderId(order.clone())),
        with_text: true,
    };
    for (confidential, shown) in [(false, "13812345678"), (true, "")] {
        if confidential {
            link(&world, &order, None, true).await;
        }
        let answer = liaison.get_order(request.clone()).await.expect("its own").into_inner();
        let found = answer.order.expect("always set");
        assert_eq!(found.appeals.len(), 1 + usize::from(confidential));
        assert_eq!(answer.text.expect("asked for").contacts[0].phone, shown);
    }
}

#[tokio::test]
async fn each_report_of_an_order_keeps_the_unit_that_it_accuses_away() {
    let world = World::new().await;
    let order = world.forward(appeal("0999", "430302")).await;
    link(&world, &order, Some("water"), false).await;
    let mut dispatcher = world.as_role(Role::Dispatcher);
    for unit in ["water", "water.north"] {
        let refused = dispatcher
            .dispatch_order(dispatch(&order, unit))
            .await
            .expect_err("accused");
        assert_eq!(reason(&refused), (Code::FailedPrecondition, "ACCUSED_UNIT".to_owned()));
    }
    dispatcher
        .dispatch_order(dispatch(&order, "gas"))
        .await
        .expect("another");
}
