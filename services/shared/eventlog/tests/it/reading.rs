//! One effect per event, whatever happens to relays, replicas and Redis.

use futures::future::join_all;
use platform::steps::Step as _;
use redis::AsyncCommands as _;
use uuid::Uuid;

use crate::fixture::{Producer, drain, now};

#[tokio::test]
async fn what_was_told_takes_effect_once_and_in_order() {
    let producer = Producer::with_redis().await;
    let reader = producer.reader().await;
    let key = Uuid::new_v4();
    for version in 1..=20 {
        producer.tell(key, version).await;
    }
    assert_eq!(producer.relay().run_once().await.expect("it copies").did, 20);
    drain(&producer.consumer(&reader)).await;
    assert_eq!(reader.effects(Some(key)).await, (1..=20).collect::<Vec<i64>>());
    drain(&producer.consumer(&reader)).await;
    assert_eq!(reader.effects(None).await.len(), 20);
}

#[tokio::test]
async fn two_relays_send_nothing_twice() {
    let producer = Producer::with_redis().await;
    let keys: Vec<Uuid> = (0..8).map(|_| Uuid::new_v4()).collect();
    let (one, other) = (producer.relay(), producer.relay());
    for version in 1..=10 {
        producer
            .tell_all(&keys.iter().map(|key| (*key, version)).collect::<Vec<_>>())
            .await;
        let (first, second) = tokio::join!(one.run_once(), other.run_once());
        first.expect("it copies");
        second.expect("it copies");
    }
    let reader = producer.reader().await;
    drain(&producer.consumer(&reader)).await;
    assert_eq!(reader.effects(None).await.len(), 80);
    assert_eq!(streamed(&producer).await, 80, "an id that was there was refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_replicas_have_one_effect() {
    let producer = Producer::with_redis().await;
    let reader = producer.reader().await;
    let keys: Vec<Uuid> = (0..8).map(|_| Uuid::new_v4()).collect();
    for version in 1..=25 {
        producer
            .tell_all(&keys.iter().map(|key| (*key, version)).collect::<Vec<_>>())
            .await;
    }
    producer.relay().run_once().await.expect("it copies");
    let replicas: Vec<_> = (0..4).map(|_| producer.consumer(&reader)).collect();
    while reader.effects(None).await.len() < 200 {
        for run in join_all(replicas.iter().map(platform::steps::Step::run_once)).await {
            run.expect("it runs");
        }
    }
    for key in keys {
        assert_eq!(reader.effects(Some(key)).await, (1..=25).collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn a_stream_that_is_gone_costs_nothing() {
    let producer = Producer::with_redis().await;
    let reader = producer.reader().await;
    let (relay, consumer) = (producer.relay(), producer.consumer(&reader));
    let key = Uuid::new_v4();
    for version in 1..=5 {
        producer.tell(key, version).await;
    }
    relay.run_once().await.expect("it copies");
    forget_streams(&producer).await;
    for version in 6..=9 {
        producer.tell(key, version).await;
    }
    // The relay does not know that the stream is empty: the consumer finds a gap before what it sends now.
    relay.run_once().await.expect("it copies");
    drain(&consumer).await;
    assert_eq!(reader.effects(Some(key)).await, (1..=9).collect::<Vec<i64>>());
    forget_streams(&producer).await;
    drain(&consumer).await;
    producer.tell(key, 10).await;
    drain(&consumer).await;
    assert_eq!(
        reader.effects(Some(key)).await,
        (1..=10).collect::<Vec<i64>>(),
        "the tail is read from the log"
    );
}

#[tokio::test]
async fn without_redis_everything_arrives_by_grpc() {
    for redis in [None, Some("redis://127.0.0.1:1".to_owned())] {
        let producer = Producer::start(redis).await;
        let reader = producer.reader().await;
        let key = Uuid::new_v4();
        for version in 1..=20 {
            producer.tell(key, version).await;
        }
        producer
            .relay()
            .run_once()
            .await
            .expect("a relay without Redis is no error");
        drain(&producer.consumer(&reader)).await;
        assert_eq!(reader.effects(Some(key)).await, (1..=20).collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn what_is_known_is_known_only_after_it_took_effect() {
    let producer = Producer::start(None).await;
    let reader = producer.reader().await;
    let key = Uuid::new_v4();
    for version in 1..=20 {
        producer.tell(key, version).await;
    }
    let consumer = producer.consumer(&reader);
    let partition = u32::from(eventlog::partition_of(key, producer.store.partitions()));
    let known = async || {
        let mut connection = reader.database.pool.acquire().await.expect("a connection");
        let all = eventlog::known_until(&mut connection, "intake").await.expect("cursors");
        all.into_iter().find(|(found, _)| *found == partition).map(|(_, at)| at)
    };
    consumer.run_once().await.expect("it applies the first seven");
    assert!(known().await.expect("a cursor") < now(), "thirteen are still to come");
    drain(&consumer).await;
    assert_eq!(known().await, Some(now()));
}

#[tokio::test]
async fn a_source_with_another_epoch_stops_instead_of_skipping() {
    let producer = Producer::start(None).await;
    let reader = producer.reader().await;
    let consumer = producer.consumer(&reader);
    let key = Uuid::new_v4();
    drain(&consumer).await;
    let mut connection = producer.database.pool.acquire().await.expect("a connection");
    eventlog::renew_epoch(&mut connection).await.expect("a new epoch");
    drain(&consumer).await;
    producer.tell(key, 1).await;
    drain(&consumer).await;
    assert_eq!(
        reader.effects(None).await,
        [1],
        "nothing had been read: the new epoch is taken"
    );
    eventlog::renew_epoch(&mut connection).await.expect("a new epoch");
    producer.tell(key, 2).await;
    let error = consumer.run_once().await.expect_err("something had been read");
    assert!(error.to_string().contains("another epoch"), "{error}");
    assert_eq!(reader.effects(None).await, [1]);
}

async fn streams(producer: &Producer) -> (redis::aio::MultiplexedConnection, Vec<String>) {
    let client = redis::Client::open(testkit::redis_url()).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis runs");
    let pattern = format!("hotline:intake:{}:*", producer.store.epoch());
    let keys: Vec<String> = connection.keys(pattern).await.expect("keys");
    (connection, keys)
}

async fn forget_streams(producer: &Producer) {
    let (mut connection, keys) = streams(producer).await;
    let _: () = connection.del(keys).await.expect("deleted");
}

async fn streamed(producer: &Producer) -> usize {
    let (mut connection, keys) = streams(producer).await;
    let mut total = 0;
    for key in keys {
        let length: usize = connection.xlen(key).await.expect("a length");
        total += length;
    }
    total
}
