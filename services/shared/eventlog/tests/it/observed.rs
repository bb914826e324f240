//! A process reports its own gauges while its database gives no connection.

use std::sync::Arc;
use std::time::Duration;

use eventlog::observers;
use platform::metrics::Gauge;
use platform::steps::Step as _;
use sqlx::postgres::PgPoolOptions;

use crate::world::{NOWHERE, Node, event};

fn value(gauges: &[Gauge], name: &str, state: Option<&str>) -> f64 {
    let is_of = |gauge: &Gauge| {
        state.is_none_or(|state| gauge.labels.contains(&("db_client_connection_state", state.to_owned())))
    };
    let found = gauges.iter().find(|gauge| gauge.name == name && is_of(gauge));
    found
        .unwrap_or_else(|| panic!("no {name} {state:?} in {gauges:?}"))
        .value
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_seen_and_so_is_the_lag() {
    let intake = Node::new("intake", &[]).await;
    let routing = Node::new("routing", &["intake"]).await;
    intake.tell([event(uuid::Uuid::new_v4(), 1)]).await;
    // A pool like the service's own, with both connections in use and a short wait.
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_millis(50))
        .connect(&routing.database.url)
        .await
        .expect("Postgres is there");
    let store = testkit::log("routing", &pool, routing.clock.clone()).await;
    let consumer = Arc::new(routing.consumer(&intake, Some(NOWHERE)));
    let relay = Arc::new(routing.relay());
    let watching = observers(&store, &relay, &[consumer]);
    let held = [pool.acquire().await.expect("one"), pool.acquire().await.expect("two")];
    let seen = watching[0].observe().await.expect("it needs no connection");
    assert_eq!((value(&seen, "db_client_connection_max", None), held.len()), (2.0, 2));
    assert!(value(&seen, "db_client_connection_count", Some("idle")).abs() < 0.5);
    assert!((value(&seen, "db_client_connection_count", Some("used")) - 2.0).abs() < 0.5);
    value(&seen, "hotline_event_lag_seconds", None);
    watching[1]
        .observe()
        .await
        .expect_err("the database gives no connection");
    drop(held);
    let seen = watching[1].observe().await.expect("a connection is free again");
    assert!(value(&seen, "hotline_events_parked", None).abs() < 0.5);
}

/// A partition that another replica holds counts as behind until its events are applied.
#[tokio::test]
async fn what_another_replica_is_at_is_behind_until_it_is_done() {
    let intake = Node::new("intake", &[]).await;
    let routing = Node::new("routing", &["intake"]).await;
    intake.tell([event(uuid::Uuid::new_v4(), 1)]).await;
    let consumer = routing.consumer(&intake, Some(NOWHERE));
    consumer.run_once().await.expect("it applies");
    assert_eq!(consumer.lag().positions, 0);
    let thing = uuid::Uuid::new_v4();
    intake.tell((1..=3).map(|version| event(thing, version))).await;
    let mut other = routing.database.pool.begin().await.expect("a transaction");
    sqlx::query("select 1 from cursor for update")
        .execute(&mut *other)
        .await
        .expect("locked");
    assert_eq!(consumer.run_once().await.expect("it skips locked partitions").did, 0);
    assert_eq!(consumer.lag().positions, 3);
    other.rollback().await.expect("rolled back");
    consumer.run_once().await.expect("it applies");
    assert_eq!(consumer.lag().positions, 0);
}
