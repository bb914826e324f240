//! Redis wakes consumers and caches events. No fault of Redis loses an event.

use std::sync::Arc;
use std::time::Duration;

use eventlog::Relay;
use platform::lifecycle::Lifecycle;
use platform::steps::Step as _;
use redis::AsyncCommands as _;
use testkit::redis_url;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, PLENTY, event, ids, redis_at, settle, sorted, streams};

/// Deletes the streams of one log, as FLUSHALL would. Other tests on this server keep theirs.
async fn flush(epoch: &str) -> usize {
    let (mut connection, keys) = streams(epoch).await;
    if !keys.is_empty() {
        let _: () = connection.del(&keys).await.expect("deleted");
    }
    keys.len()
}

#[tokio::test]
async fn streams_that_vanish_midway_lose_nothing() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let (relay, url, epoch) = (intake.relay(), redis_url(), intake.epoch().await);
    let consumer = routing.consumer(&intake, Some(&url)).with_batch(5);
    let mut told = Vec::new();
    for round in 0..6_u64 {
        let events: Vec<_> = (0..20).map(|_| event(Uuid::new_v4(), round + 1)).collect();
        intake.tell(events.clone()).await;
        told.extend(ids(&events));
        // Three cases: relayed and lost before it is read; lost and not relayed; read halfway and lost.
        if round % 3 != 1 {
            relay.run_once().await.expect("Redis is there");
        }
        if round % 3 == 2 {
            consumer.run_once().await.expect("reads");
        }
        let found = flush(&epoch).await;
        assert_eq!(found > 0, round % 3 != 1, "round {round} flushed {found} streams");
        if round % 2 == 0 {
            consumer.run_once().await.expect("reads");
        }
    }
    settle(&consumer).await.expect("reads");
    assert_eq!(sorted(routing.effects().await), sorted(told));
    routing.assert_in_order().await;
}

#[tokio::test]
async fn without_redis_everything_arrives_by_grpc() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let relay = Relay::new(&intake.store, Some(redis_at(NOWHERE)), PLENTY);
    let events: Vec<_> = (1..=40).map(|version| event(Uuid::new_v4(), version)).collect();
    intake.tell(events.clone()).await;
    assert_eq!(relay.run_once().await.expect("a dead Redis is no failure").did, 0);
    for redis in [Some(NOWHERE), None] {
        settle(&routing.consumer(&intake, redis).with_batch(3))
            .await
            .expect("a dead Redis is no failure");
    }
    assert_eq!(sorted(routing.effects().await), sorted(ids(&events)));
    routing.assert_in_order().await;
}

#[tokio::test]
async fn a_relay_that_comes_late_starts_with_the_tail_and_the_rest_is_read_by_grpc() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let key = Uuid::new_v4();
    let events: Vec<_> = (1..=300).map(|version| event(key, version)).collect();
    intake.tell_together(events.clone()).await;
    let copied = Relay::new(&intake.store, Some(redis_at(&redis_url())), 20)
        .run_once()
        .await
        .expect("Redis is there");
    assert_eq!(copied.did, 20);
    let url = redis_url();
    assert_eq!(
        settle(&routing.consumer(&intake, Some(&url))).await.expect("reads"),
        300
    );
    assert_eq!(routing.effects().await, ids(&events));
}

/// A Redis database for the next test only, so that its connections can be told from those of other tests.
const OWN_DATABASE: &str = "13";

fn own_url() -> String {
    let url = redis_url();
    let separator = if url.starts_with("redis+unix") { "?db=" } else { "/" };
    format!("{}{separator}{OWN_DATABASE}", url.trim_end_matches('/'))
}

#[tokio::test]
async fn a_cut_connection_is_made_again() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let url = own_url();
    let relay = Relay::new(&intake.store, Some(redis_at(&url)), PLENTY);
    let consumer = routing.consumer(&intake, Some(&url));
    let mut told = Vec::new();
    for round in 1..=4 {
        let events: Vec<_> = (0..10).map(|_| event(Uuid::new_v4(), round)).collect();
        intake.tell(events.clone()).await;
        told.extend(ids(&events));
        // The first run after a cut finds the connection dead, and a later one reconnects.
        let copies = async || relay.run_once().await.expect("a lost connection is no failure").did > 0;
        testkit::until("the relay copies", copies).await;
        settle(&consumer).await.expect("a lost connection is no failure");
        assert!(cut().await > 0, "there was a connection to cut in round {round}");
    }
    assert_eq!(sorted(routing.effects().await), sorted(told));
    routing.assert_in_order().await;
}

/// Closes the connections to this test's database; returns their number.
async fn cut() -> usize {
    let client = redis_at(&redis_url());
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis runs");
    let list: String = redis::cmd("CLIENT")
        .arg("LIST")
        .query_async(&mut connection)
        .await
        .expect("a list");
    let own = format!(" db={OWN_DATABASE} ");
    let mut cut = 0;
    for line in list.lines().filter(|line| line.contains(&own)) {
        let id = line
            .split_whitespace()
            .find_map(|part| part.strip_prefix("id="))
            .expect("an id");
        let killed: i64 = redis::cmd("CLIENT")
            .arg("KILL")
            .arg("ID")
            .arg(id)
            .query_async(&mut connection)
            .await
            .expect("killed or gone");
        cut += usize::from(killed == 1);
    }
    cut
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doorbell_rings_when_something_arrives() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let url = redis_url();
    let consumer = Arc::new(routing.consumer(&intake, Some(&url)));
    settle(&consumer).await.expect("reads");
    let lifecycle = Lifecycle::new();
    lifecycle.spawn(eventlog::doorbell(&consumer)(lifecycle.clone()));
    let (relay, wake) = (intake.relay(), consumer.wake());
    // The doorbell listens only some time after its start, so events are published until one wakes the consumer.
    let ringing = testkit::until("it rings", async || {
        intake.tell([event(Uuid::new_v4(), 1)]).await;
        relay.run_once().await.expect("Redis is there");
        let rang = tokio::time::timeout(Duration::from_millis(100), wake.notified()).await;
        rang.is_ok()
    });
    Box::pin(ringing).await;
    lifecycle.stop();
    assert!(
        lifecycle.finish(Duration::from_secs(5)).await,
        "the doorbell ends after the drain"
    );
}

/// A published directory has hundreds of KB. A batch of them must fit into the answers of the source.
#[tokio::test]
async fn large_events_are_read_in_answers_that_fit() {
    use hotline_proto::events::UnitsPublished;
    use hotline_proto::events::event::Body;
    use hotline_proto::routing::Unit;

    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let key = Uuid::new_v4();
    let named = |n: u32| Unit {
        code: n.to_string(),
        name: "市".repeat(60),
        ..Unit::default()
    };
    let large = |version| UnitsPublished {
        version,
        valid_from: None,
        units: (0..2_000).map(named).collect(),
    };
    let events: Vec<_> = (1..=16)
        .map(|version| crate::world::new_event(key, version, Body::UnitsPublished(large(version))))
        .collect();
    intake.tell(events.clone()).await;
    assert_eq!(
        settle(&routing.consumer(&intake, Some(NOWHERE)))
            .await
            .expect("each answer fits"),
        16
    );
    assert_eq!(routing.effects().await, ids(&events));
}
