//! A passed reply opens one task per round and appeal.

use callback::actions::open_tasks::open_tasks;
use callback::domain::task::About;
use callback::events::Passed;
use callback::store::tasks;
use eventlog::Effect;
use hotline_proto::callback::TaskState;
use hotline_proto::events::event::Body;
use hotline_proto::events::{OrderClosed, OrderOpened};
use platform::store::StoreError;
use rpc::time::to_proto;
use testkit::{at, statements};
use uuid::Uuid;

use crate::world::{World, passed, snapshot};

async fn count(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from callback_task")
        .fetch_one(world.pool())
        .await
        .expect("tasks")
}

#[tokio::test]
async fn a_passed_reply_opens_a_task_and_nothing_else_does() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let order = Some(snapshot(id));
    world
        .tell(id, at(1, 9, 0), Body::OrderOpened(OrderOpened { order: order.clone() }))
        .await;
    world.tell(id, at(1, 9, 30), passed(snapshot(id))).await;
    world
        .tell(id, at(1, 9, 40), Body::OrderClosed(OrderClosed { order }))
        .await;
    world.read().await;
    assert_eq!(count(&world).await, 1);
    let task = world.task_of(id).await;
    assert_eq!(task.state(), TaskState::Open);
    assert_eq!(task.open_time, Some(to_proto(at(1, 9, 30))));
    assert_eq!((task.round, task.unit.as_str()), (0, "water"));
    assert_eq!((task.attempt_count, task.reached, task.rating), (0, false, 0));
}

#[tokio::test]
async fn a_round_has_one_task_and_another_round_another() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let mut order = snapshot(id);
    for round in [0, 0, 1] {
        order.round = round;
        world.tell(id, at(1, 9, 30), passed(order.clone())).await;
        world.read().await;
    }
    assert_eq!(count(&world).await, 2);
    let superseded: i64 = sqlx::query_scalar("select count(*) from superseded")
        .fetch_one(world.pool())
        .await
        .expect("superseded events");
    assert_eq!(superseded, 1);
}

#[tokio::test]
async fn two_replicas_open_each_task_once() {
    let world = World::new().await;
    let other = world.replica().await;
    for _ in 0..20 {
        let id = Uuid::new_v4();
        world.tell(id, at(1, 9, 30), passed(snapshot(id))).await;
    }
    tokio::join!(
        testkit::settled(world.consumer.as_ref()),
        testkit::settled(other.as_ref())
    );
    world.read().await;
    assert_eq!(count(&world).await, 20);
}

#[tokio::test]
async fn what_contradicts_the_contract_is_parked() {
    let world = World::new().await;
    let mut order = snapshot(Uuid::new_v4());
    order.appeals[0].facts = None;
    world.tell(Uuid::new_v4(), at(1, 9, 0), passed(order)).await;
    world.read().await;
    let parked: Vec<String> = sqlx::query_scalar("select reason from parked")
        .fetch_all(world.pool())
        .await
        .expect("parked events");
    assert!(
        matches!(parked.as_slice(), [one] if one.contains("facts is missing")),
        "{parked:?}"
    );
}

/// Half of the appellants left no usable number, so their tasks end at once.
#[tokio::test]
async fn many_tasks_are_opened_and_ended_in_the_statements_of_few() {
    let world = World::new().await;
    let store = testkit::log(callback::NAME, world.pool(), world.clock.clone()).await;
    let mut counted = Vec::new();
    for (orders, appeals) in [(1, 2), (20, 100)] {
        let passed: Vec<Passed> = (0..orders).map(|_| passed_reply(appeals)).collect();
        let told = passed.clone();
        let sent = statements::of(async {
            let opening = store.run::<_, StoreError, _>("open_tasks", move |tx| {
                let passed = passed.clone();
                Box::pin(async move { open_tasks(tx, &passed).await })
            });
            let effects = opening.await.expect("Postgres answers");
            assert_eq!(effects, vec![Effect::Applied; orders]);
        });
        counted.push(sent.await);
        let (_, about) = &told[orders - 1].asks[0];
        let versions: Vec<i64> = world.told(about.order_id).await.iter().map(|told| told.0).collect();
        let dense: Vec<i64> = (1..).take(appeals / 2).collect();
        assert_eq!(versions, dense);
        let mut conn = world.pool().acquire().await.expect("a connection");
        for (id, about) in &told[orders - 1].asks {
            let task = tasks::get(&mut conn, *id).await.expect("it was opened");
            assert_eq!(task.about, *about);
        }
    }
    assert!(counted[0].len() > 5, "{counted:?}");
    assert_eq!(counted[0], counted[1]);
    assert_eq!(count(&world).await, 2002);
}

fn passed_reply(appeals: usize) -> Passed {
    let order_id = Uuid::new_v4();
    let ask = |at: usize| {
        let about = About {
            order_id,
            order_number: "W240401-000001-1".to_owned(),
            appeal_id: Uuid::new_v4(),
            round: 0,
            unit: "water".to_owned(),
            top_unit: Some("utilities".to_owned()),
            accused: ["gas", "heat"]
                .iter()
                .take(at % 3)
                .map(|unit| (*unit).to_owned())
                .collect(),
            urgency: 1,
            anonymous: false,
            no_channel: at % 2 == 1,
            confidential: false,
        };
        (Uuid::new_v4(), about)
    };
    Passed {
        asks: (0..appeals).map(ask).collect(),
        at: at(1, 9, 30),
    }
}
