//! A routing newer than this intake: a log served by the test, with an unknown state, arm and field.

use std::sync::Arc;

use eventlog::NewEvent;
use hotline_proto::events::event::Body;
use hotline_proto::events::{OrderOpened, OrderSigned};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::{LinkedAppeal, Order};
use platform::clock::DrivenClock;
use platform::lifecycle::Lifecycle;
use platform::store::StoreError;
use rpc::time::to_proto;
use testkit::{Edge, at};
use tonic::service::Routes;
use uuid::Uuid;

use crate::world::{World, id, publishing, reading, reference, settings};

/// A state that no current program has.
const LATER: i32 = 77;
/// Field 9999, an empty message: an arm or field that no current program has.
const UNKNOWN: [u8; 4] = [0xfa, 0xf0, 0x04, 0x00];

struct Routing {
    database: testkit::Database,
    clock: Arc<DrivenClock>,
    edge: Edge,
}

impl Routing {
    async fn new() -> Self {
        let database = testkit::database(intake::NAME, &intake::MIGRATOR).await;
        let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
        let store = testkit::log("routing", &database.pool, clock.clone()).await;
        let routes = Routes::new(eventlog::service(store, Vec::new()));
        let edge = Edge::serve("routing", routes, &[eventlog::RPC_SERVICE], &clock, &Lifecycle::new()).await;
        Self { database, clock, edge }
    }

    async fn tell(&self, order: Uuid, version: u64, body: Body) -> Uuid {
        let event = NewEvent {
            event_id: Uuid::new_v4(),
            key: order,
            version,
            actor: "test:routing".to_owned(),
            occurred_at: at(1, 9, 0),
            body,
        };
        let event_id = event.event_id;
        let store = testkit::log("routing", &self.database.pool, self.clock.clone()).await;
        let told = store.run("tell", move |tx| {
            let event = event.clone();
            Box::pin(async move {
                tx.tell(event);
                Ok::<_, StoreError>(())
            })
        });
        told.await.expect("told");
        event_id
    }

    /// Rewrites the payload, as a newer program would have written it.
    async fn rewrite(&self, event: Uuid, payload: &[u8]) {
        sqlx::query("update log set payload = $2 where event_id = $1")
            .bind(event)
            .bind(payload)
            .execute(&self.database.pool)
            .await
            .expect("rewritten");
    }
}

async fn consume(world: &World) {
    let steps = world.app.steps();
    let consumer = steps
        .iter()
        .find(|driven| driven.step.name() == "intake.consume.routing");
    let step = &consumer.expect("it reads routing").step;
    while step.run_once().await.expect("nothing of it stops the source").did > 0 {}
}

#[tokio::test]
async fn a_state_an_arm_and_a_field_of_the_future_hold_nothing_up() {
    let routing = Routing::new().await;
    let database = testkit::database(intake::NAME, &intake::MIGRATOR).await;
    let world = reading(database, settings(), Some(&routing.edge.url)).await;
    let mut operator = world.client(hotline_proto::access::Role::Operator);
    let published = operator.publish_reference(publishing("2024-01-01", reference())).await;
    published.expect("published");
    let appeal = world.registered().await.appeal_id;
    let order = world.forward(&appeal).await.order_id;
    let state = |version, state| {
        Some(Order {
            order_id: order.clone(),
            number: "W240401-000001-1".to_owned(),
            version,
            state,
            appeals: vec![LinkedAppeal {
                facts: Some(AppealFacts {
                    appeal_id: appeal.clone(),
                    r#type: LATER,
                    defects: vec![LATER],
                    ..AppealFacts::default()
                }),
                link_time: Some(to_proto(at(1, 9, 0))),
            }],
            ..Order::default()
        })
    };
    let key = id(&order);
    let opened = Body::OrderOpened(OrderOpened { order: state(1, LATER) });
    let first = routing.tell(key, 1, opened.clone()).await;
    consume(&world).await;
    assert_eq!(world.get(&appeal).await.order_state, LATER, "returned as it came");

    let other = routing.tell(key, 2, opened).await;
    routing.rewrite(other, &UNKNOWN).await;
    let signed = OrderSigned {
        order: state(3, 3),
        late: false,
    };
    let signed = routing.tell(key, 3, Body::OrderSigned(signed)).await;
    let payload: Vec<u8> = sqlx::query_scalar("select payload from log where event_id = $1")
        .bind(signed)
        .fetch_one(&routing.database.pool)
        .await
        .expect("told");
    routing.rewrite(signed, &[payload, UNKNOWN.to_vec()].concat()).await;
    consume(&world).await;
    assert_eq!(world.get(&appeal).await.order_state, 3, "{first}");
    assert_eq!(world.count("select count(*) from parked").await, 0);
}
