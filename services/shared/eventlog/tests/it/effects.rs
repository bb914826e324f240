//! One effect per event, with two relays, two replicas and redelivery.

use eventlog::{Consumer, Relay};
use futures::future::join_all;
use platform::steps::Step as _;
use redis::AsyncCommands as _;
use testkit::redis_url;
use uuid::Uuid;

use crate::world::{Node, event, ids, settle, sorted, streams};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_and_two_replicas_give_one_effect() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let keys: Vec<Uuid> = (0..20).map(|_| Uuid::new_v4()).collect();
    let events: Vec<_> = (1..=10)
        .flat_map(|version| keys.iter().map(move |key| event(*key, version)))
        .collect();
    let (relays, url) = ([intake.relay(), intake.relay()], redis_url());
    let replicas = [
        routing.consumer(&intake, Some(&url)).with_batch(7),
        routing.consumer(&intake, Some(&url)).with_batch(11),
    ];
    let writing = intake.tell(events.clone());
    let copying = join_all(relays.iter().map(|relay| copy_until(relay, &intake, events.len())));
    let reading = join_all(replicas.iter().map(|one| read_until(one, &routing, events.len())));
    tokio::join!(writing, copying, reading);
    assert_eq!(sorted(routing.effects().await), sorted(ids(&events)));
    routing.assert_in_order().await;
    assert_eq!(routing.aside().await, (0, 0));
    let streamed = streamed(&intake.epoch().await).await;
    assert_eq!(
        streamed,
        events.len(),
        "Redis refuses an entry that another relay has sent"
    );
}

/// Number of entries in the streams of one log.
async fn streamed(epoch: &str) -> usize {
    let mut total = 0;
    let (mut connection, streams) = streams(epoch).await;
    for stream in streams {
        let length: usize = connection.xlen(stream).await.expect("a stream");
        total += length;
    }
    total
}

async fn copy_until(relay: &Relay, node: &Node, total: usize) {
    testkit::until("all events in the log", async || {
        relay.run_once().await.expect("Redis is there");
        let told: i64 = sqlx::query_scalar("select count(*) from log")
            .fetch_one(&node.database.pool)
            .await
            .expect("the log");
        usize::try_from(told).expect("positive") == total
    })
    .await;
    relay.run_once().await.expect("Redis is there");
}

async fn read_until(consumer: &Consumer, node: &Node, total: usize) {
    testkit::until("an effect of each event", async || {
        consumer.run_once().await.expect("all is there");
        node.effects().await.len() >= total
    })
    .await;
}

#[tokio::test]
async fn what_is_delivered_again_has_no_second_effect() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let events: Vec<_> = (1..=30).map(|version| event(Uuid::new_v4(), version)).collect();
    intake.tell(events.clone()).await;
    intake.relay().run_once().await.expect("Redis is there");
    let url = redis_url();
    assert_eq!(settle(&routing.consumer(&intake, Some(&url))).await.expect("reads"), 30);
    // A new relay and a new consumer, without state, process everything again.
    intake.relay().run_once().await.expect("Redis is there");
    assert_eq!(settle(&routing.consumer(&intake, Some(&url))).await.expect("reads"), 0);
    assert_eq!(sorted(routing.effects().await), sorted(ids(&events)));
}

#[tokio::test]
async fn an_effect_that_tells_is_told_once() {
    use crate::world::{Ledger, NOWHERE};
    use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
    use std::sync::Arc;

    struct Echo(Ledger);
    #[async_trait::async_trait]
    impl Handler for Echo {
        async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
            for one in events {
                tx.tell(event(one.key, one.version));
            }
            self.0.apply(tx, events).await
        }
    }
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let events: Vec<_> = (1..=25).map(|version| event(Uuid::new_v4(), version)).collect();
    intake.tell(events.clone()).await;
    let echo: Arc<Echo> = Arc::new(Echo(Ledger::default()));
    let one = routing.consumer_with(intake.source(Some(NOWHERE)), echo.clone());
    let other = routing.consumer_with(intake.source(Some(NOWHERE)), echo);
    testkit::until("an effect of each event", async || {
        let (a, b) = tokio::join!(one.run_once(), other.run_once());
        a.and(b).expect("all is there");
        routing.effects().await.len() >= events.len()
    })
    .await;
    let told: i64 = sqlx::query_scalar("select count(*) from log")
        .fetch_one(&routing.database.pool)
        .await
        .expect("the log");
    assert_eq!(told, 25);
}
