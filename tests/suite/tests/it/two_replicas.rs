//! Two replicas of all five services. Every consumer, worker and relay runs in both at the same moment, and every event
//! has one effect.

use hosting::Name;
use hosting::examine::examine;
use hotline_proto::common::{Cause, OrderState, Rating};
use hotline_proto::routing::GetOrderHistoryRequest;
use hotline_proto::supervision::Verdict;
use testkit::at;

use crate::fixture::Five;

/// Orders handled in parallel, from registration to the end.
const ORDERS: usize = 8;

async fn count(five: &Five, name: Name, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .fetch_one(five.suite.pool(name))
        .await
        .expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_of_all_five_have_the_effect_of_one() {
    let five = Five::start(at(1, 9, 0)).await.doubled().await;
    let mut orders = Vec::new();
    for _ in 0..ORDERS {
        orders.push(five.forward_only(&five.register().await).await);
    }
    five.rest().await;
    // The sign clocks of all orders but one pass. Each gives one card, from the first replica.
    five.sign(&orders[0]).await;
    five.at(at(9, 9, 0)).await;
    for order in &orders {
        five.work(order).await;
    }
    five.review(&orders[0], Verdict::Reject).await;
    five.reply(&orders[0]).await;
    for order in &orders {
        five.review(order, Verdict::Pass).await;
    }
    let unhappy = orders[1].clone();
    let rated = |order: &str| {
        if order == unhappy {
            Rating::Dissatisfied
        } else {
            Rating::Satisfied
        }
    };
    let tasks = five.call_back(rated).await;
    assert_eq!(tasks.len(), ORDERS, "a task each");
    let (_, task) = tasks
        .iter()
        .find(|(order, _)| *order == unhappy)
        .expect("it was called back");
    five.judge(task, Cause::Unit).await;
    five.work(&unhappy).await;
    five.review(&unhappy, Verdict::Pass).await;
    assert_eq!(five.call_back(|_| Rating::Satisfied).await.len(), 1);

    let mut dispatcher = five.clients.dispatcher().expect("a client");
    for order_id in &orders {
        let order = five.look(order_id).await;
        assert_eq!(order.state, OrderState::Closed as i32);
        let request = GetOrderHistoryRequest {
            order_id: order_id.clone(),
            ..Default::default()
        };
        let history = dispatcher.get_order_history(request).await;
        let history = history.expect("a history").into_inner();
        let versions: Vec<u64> = history.transitions.iter().map(|step| step.version).collect();
        assert_eq!(versions, (1..=order.version).collect::<Vec<_>>());
    }
    let closed = "select count(*) from appeal where order_state = 6";
    let sign_cards = "select count(*) from card join watch_clock c on c.id = clock_id where c.kind = 1";
    let many = i64::try_from(ORDERS).expect("few");
    for (name, query, expected) in [
        (Name::Routing, "select count(*) from orders", many),
        (Name::Callback, "select count(*) from callback_task", many + 1),
        (Name::Supervision, "select count(*) from review", many + 2),
        (Name::Supervision, sign_cards, many - 1),
        (Name::Analytics, "select count(*) from fact_order", many),
        (Name::Intake, closed, many),
    ] {
        assert_eq!(count(&five, name, query).await, expected, "{name}: {query}");
    }
    for name in Name::ALL {
        for table in ["select count(*) from parked", "select count(*) from waiting"] {
            assert_eq!(count(&five, name, table).await, 0, "{name}: {table}");
        }
    }
    let violations = examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    five.stop().await;
}
