//! Routing's events, passed to the handler as by the consumer.

use eventlog::{ApplyError, Effect, Handler as _, Recorded};
use hotline_proto::common::OrderState;
use hotline_proto::events::event::Body;
use hotline_proto::events::{OrderClosed, OrderDispatched, OrderOpened, OrderSigned, UnitsPublished};
use hotline_proto::intake as pb;
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::{LinkedAppeal, Order};
use intake::actions::Error;
use intake::consumers::orders::Orders;
use platform::store::StoreError;
use rpc::time::to_proto;
use testkit::at;
use uuid::Uuid;

use crate::world::{World, fresh, id, world};

fn snapshot(appeal: &str, order: &str, version: u64, state: OrderState) -> Order {
    Order {
        order_id: order.to_owned(),
        number: "W240401-000001-1".to_owned(),
        version,
        appeals: vec![linked(appeal, 0)],
        state: state.into(),
        ..Default::default()
    }
}

/// An appeal linked this many minutes after ten.
fn linked(appeal: &str, minute: u32) -> LinkedAppeal {
    LinkedAppeal {
        facts: Some(AppealFacts {
            appeal_id: appeal.to_owned(),
            ..Default::default()
        }),
        link_time: Some(to_proto(at(1, 10, minute))),
    }
}

fn opened(position: u64, order: Order) -> Recorded {
    recorded(position, Body::OrderOpened(OrderOpened { order: Some(order) }))
}

fn recorded(position: u64, body: Body) -> Recorded {
    Recorded {
        source: "routing".to_owned(),
        partition: 0,
        position,
        event_id: Uuid::new_v4(),
        key: Uuid::new_v4(),
        kind: hotline_proto::event_type(&body).to_owned(),
        version: position,
        actor: "test".to_owned(),
        occurred_at: at(1, 10, 0),
        body,
        traceparent: None,
    }
}

/// Applies events as the consumer does: in its batch's transaction.
async fn apply(world: &World, events: Vec<Recorded>) -> Result<Vec<Effect>, String> {
    let store = testkit::log(intake::NAME, world.pool(), world.clock.clone()).await;
    store
        .run("consume", move |tx| {
            let events = events.clone();
            Box::pin(async move {
                Orders.apply(tx, &events).await.map_err(|error| match error {
                    ApplyError::Permanent(why) => Error::Store(StoreError::Unready(why)),
                    ApplyError::Transient(error) => Error::Store(error),
                })
            })
        })
        .await
        .map_err(|error: Error| match error {
            Error::Store(StoreError::Unready(why)) => why,
            other => panic!("{other}"),
        })
}

#[tokio::test]
async fn the_newest_state_of_the_order_is_kept() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let order = world.forward(&appeal).await.order_id;
    let state = |version, state| Some(snapshot(&appeal, &order, version, state));
    let opened = Body::OrderOpened(OrderOpened {
        order: state(1, OrderState::PendingDispatch),
    });
    let dispatched = Body::OrderDispatched(OrderDispatched {
        order: state(2, OrderState::PendingSign),
        catalogue_row: String::new(),
    });
    let signed = Body::OrderSigned(OrderSigned {
        order: state(3, OrderState::InProgress),
        late: false,
    });
    let units = Body::UnitsPublished(UnitsPublished::default());
    let first = vec![recorded(1, opened), recorded(2, units), recorded(3, signed)];
    let effects = apply(&world, first).await.expect("applied");
    assert_eq!(effects, [Effect::Applied, Effect::Ignored, Effect::Applied]);
    let late = apply(&world, vec![recorded(4, dispatched)]).await.expect("applied");
    assert!(matches!(late[..], [Effect::Superseded(_)]), "{late:?}");
    let seen = world.get(&appeal).await;
    assert_eq!(seen.order_number, "W240401-000001-1");
    assert_eq!(seen.order_state(), OrderState::InProgress);
    let closed = Body::OrderClosed(OrderClosed {
        order: state(9, OrderState::Closed),
    });
    apply(&world, vec![recorded(5, closed)]).await.expect("applied");
    assert_eq!(world.get(&appeal).await.order_state(), OrderState::Closed);
    assert_eq!(
        world.told(&appeal).await.len(),
        2,
        "storing an order's state publishes no event"
    );
}

/// An order that answers several appeals updates each of them, whichever order was opened for it.
#[tokio::test]
async fn every_appeal_that_an_order_answers_hears_of_it() {
    let world = world().await;
    let first = world.registered().await.appeal_id;
    let second = world.registered().await.appeal_id;
    let order = world.forward(&first).await.order_id;
    let own = world.forward(&second).await.order_id;
    apply(
        &world,
        vec![opened(1, snapshot(&second, &own, 6, OrderState::PendingSign))],
    )
    .await
    .expect("applied");
    let mut both = snapshot(&first, &order, 2, OrderState::InProgress);
    both.appeals.push(linked(&second, 5));
    let effects = apply(&world, vec![opened(2, both.clone())]).await.expect("applied");
    assert_eq!(effects, [Effect::Applied]);
    for appeal in [&first, &second] {
        let seen = world.get(appeal).await;
        assert_eq!(
            (seen.order_id.as_str(), seen.order_state()),
            (order.as_str(), OrderState::InProgress)
        );
    }
    // The second appeal's own order is then older; the common order is newer for both.
    let late = opened(3, snapshot(&second, &own, 7, OrderState::Closed));
    both.version = 3;
    both.state = OrderState::PendingReview.into();
    let effects = apply(&world, vec![late, opened(4, both)]).await.expect("applied");
    assert!(
        matches!(effects[..], [Effect::Superseded(_), Effect::Applied]),
        "{effects:?}"
    );
    assert_eq!(world.get(&second).await.order_state(), OrderState::PendingReview);
    // Routing may vouch for readers of either order.
    for behind in [&order, &own] {
        let request = pb::ReadAppealTextRequest {
            appeal_id: second.clone(),
            order_id: behind.clone(),
            reader: "test:liaison".to_owned(),
            unit: "water".to_owned(),
            with_appellant: true,
        };
        let text = world.service("routing").read_appeal_text(request).await;
        assert_eq!(text.expect("behind it").into_inner().title, "水管破裂");
    }
}

#[tokio::test]
async fn a_batch_about_many_appeals_is_applied_whole() {
    let world = world().await;
    let mut events = Vec::new();
    let mut appeals = Vec::new();
    for position in 1..=20 {
        let appeal = world.registered().await.appeal_id;
        let order = world.forward(&appeal).await.order_id;
        let order = Some(snapshot(&appeal, &order, 1, OrderState::PendingDispatch));
        events.push(recorded(position, Body::OrderOpened(OrderOpened { order })));
        appeals.push(appeal);
    }
    apply(&world, events).await.expect("applied");
    for appeal in appeals {
        assert_eq!(world.get(&appeal).await.order_state(), OrderState::PendingDispatch);
    }
}

#[tokio::test]
async fn what_never_can_be_applied_says_why() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let forwarded = world.registered().await.appeal_id;
    let order = world.forward(&forwarded).await.order_id;
    let state = OrderState::PendingDispatch;
    for (order, expected) in [
        (None, "order is missing".to_owned()),
        (
            Some(Order {
                appeals: Vec::new(),
                ..snapshot(&forwarded, &order, 1, state)
            }),
            "appeals are missing".to_owned(),
        ),
        (
            Some(Order {
                appeals: vec![LinkedAppeal::default()],
                ..snapshot(&forwarded, &order, 1, state)
            }),
            "facts is missing".to_owned(),
        ),
        (
            Some(Order {
                state: i32::MAX,
                ..snapshot(&forwarded, &order, 1, state)
            }),
            format!("state is {}", i32::MAX),
        ),
        (Some(snapshot("x", &order, 1, state)), "appeal_id is no UUID".to_owned()),
        (Some(snapshot(&forwarded, &order, 0, state)), "version is 0".to_owned()),
        (
            Some(snapshot(&forwarded, &order, 1, OrderState::Unspecified)),
            "state is unspecified".to_owned(),
        ),
        (
            Some(snapshot(&appeal, &order, 1, state)),
            format!("appeal {appeal} has no order"),
        ),
        (
            Some(snapshot(&forwarded, &fresh(), 1, state)),
            format!("appeal {forwarded} has no order"),
        ),
        (
            Some(snapshot(&fresh(), &order, 1, state)),
            "there is no such appeal".to_owned(),
        ),
    ] {
        let event = recorded(1, Body::OrderOpened(OrderOpened { order }));
        let why = apply(&world, vec![event]).await.expect_err("never");
        assert!(why.contains(&expected), "{why}");
    }
    let untouched: Option<i64> = sqlx::query_scalar("select order_version from appeal where id = $1")
        .bind(id(&forwarded))
        .fetch_one(world.pool())
        .await
        .expect("a row");
    assert_eq!(untouched, None);
}
