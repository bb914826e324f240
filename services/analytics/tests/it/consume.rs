//! The whole way from a producer's log: cursors, two replicas, and a log that is read again.

use std::sync::Arc;

use analytics::App;
use eventlog::NewEvent;
use futures::future::join_all;
use hotline_proto::access::Role;
use hotline_proto::common::RetryParkedEventRequest;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::clock::DrivenClock;
use platform::config::PeersConfig;
use platform::lifecycle::Lifecycle;
use platform::store::StoreError;
use sqlx::AssertSqlSafe;
use testkit::{Database, Edge, at};
use tonic::service::Routes;
use uuid::Uuid;

use crate::april::april;
use crate::world::{figure, settings, state, world};

/// One log that plays all four producers: each consumer takes the events of its own source and ignores the others.
async fn producer() -> Edge {
    let database = testkit::database(analytics::NAME, &analytics::MIGRATOR).await;
    producer_in(&database).await
}

async fn producer_in(database: &Database) -> Edge {
    let clock = Arc::new(DrivenClock::new(at(20, 9, 0)));
    let store = testkit::log("intake", &database.pool, clock.clone()).await;
    for event in april().events {
        let told = NewEvent {
            event_id: event.event_id,
            key: event.key,
            version: event.version,
            actor: event.actor,
            occurred_at: event.occurred_at,
            body: event.body,
        };
        store
            .run("tell", move |tx| {
                let told = told.clone();
                Box::pin(async move {
                    tx.tell(told);
                    Ok::<(), StoreError>(())
                })
            })
            .await
            .expect("told");
    }
    let routes = Routes::new(eventlog::service(store, Vec::new()));
    Edge::serve("intake", routes, &[eventlog::RPC_SERVICE], &clock, &Lifecycle::new()).await
}

/// A replica of analytics that reads from the producer, three events at a time.
async fn replica(database: &Database, producer: &Edge) -> App {
    let clock = Arc::new(DrivenClock::new(at(20, 9, 0)));
    let mut base = Edge::base(analytics::NAME, database, &clock);
    base.redis = None;
    base.peers = PeersConfig {
        intake: producer.url.clone(),
        routing: producer.url.clone(),
        supervision: producer.url.clone(),
        callback: producer.url.clone(),
        ..base.peers
    };
    let mut settings = settings();
    settings.events.batch = 3;
    App::build(&settings, base).await.expect("wired")
}

/// Runs the steps of all replicas at once, until no work is left.
async fn rest(replicas: &[App]) {
    let steps: Vec<_> = replicas.iter().flat_map(App::steps).collect();
    testkit::until("all come to rest", async || {
        let ran = join_all(steps.iter().map(|driven| driven.step.run_once())).await;
        let did: usize = ran.into_iter().map(|ran| ran.expect("a run").did).sum();
        did == 0
    })
    .await;
}

#[tokio::test]
async fn two_replicas_have_one_effect_and_a_second_reading_none() {
    let direct = world().await;
    direct.play(&april().events).await;
    let expected = state(direct.pool()).await;

    let producer = producer().await;
    let world = world().await;
    let replicas = [
        replica(&world.database, &producer).await,
        replica(&world.database, &producer).await,
    ];
    rest(&replicas).await;
    assert_eq!(state(world.pool()).await, expected);

    world.execute("update cursor set position = 0").await;
    rest(&replicas).await;
    assert_eq!(state(world.pool()).await, expected);
    assert_eq!(world.verify().await.differences, []);
}

/// Only raw bytes can carry fields that this program's contracts lack.
#[tokio::test]
async fn an_arm_and_fields_from_the_future_are_passed_over() {
    // The last event of April becomes an unknown arm.
    let mut events = april().events;
    let last = events.pop().expect("a card");
    let direct = world().await;
    direct.play(&events).await;
    let expected = state(direct.pool()).await;

    let database = testkit::database(analytics::NAME, &analytics::MIGRATOR).await;
    let producer = producer_in(&database).await;
    for (change, of) in [
        // Event.99 = { 1: 1 }
        (
            "type = 'order_foreseen', payload = '\\x9a06020801'",
            format!("event_id = '{}'", last.event_id),
        ),
        // Event.appeal_registered.appeal.500 = 1, merged into the appeal that is there; Event.500 = 1
        (
            "payload = payload || '\\x12050a03a01f01a01f01'",
            "type = 'appeal_registered'".to_owned(),
        ),
        // Event.order_opened.order.500 = 1
        (
            "payload = payload || '\\xaa01050a03a01f01'",
            "type = 'order_opened'".to_owned(),
        ),
    ] {
        let update = format!("update log set {change} where {of}");
        let done = sqlx::query(AssertSqlSafe(update)).execute(&database.pool).await;
        assert!(done.expect("rewritten").rows_affected() > 0, "{of}");
    }
    let world = world().await;
    rest(&[replica(&world.database, &producer).await]).await;
    assert_eq!(state(world.pool()).await, expected);
    let parked: i64 = sqlx::query_scalar("select count(*) from parked")
        .fetch_one(world.pool())
        .await
        .expect("counted");
    assert_eq!(parked, 0);
}

#[tokio::test]
async fn an_order_that_cannot_be_written_is_parked_and_retried_when_it_can() {
    let producer = producer().await;
    let world = world().await;
    let replicas = [replica(&world.database, &producer).await];
    sqlx::query("alter table fact_order add constraint planted check (number <> 'G2')")
        .execute(world.pool())
        .await
        .expect("planted");
    rest(&replicas).await;
    let parked: Vec<Uuid> = sqlx::query_scalar("select event_id from parked where state = 'parked'")
        .fetch_all(world.pool())
        .await
        .expect("parked events");
    assert_eq!(parked.len(), 1, "the first state of it; the others stand behind");
    assert_eq!(figure(&world.april().await, "volume.orders").numerator, 5);
    assert_eq!(world.verify().await.differences, []);

    sqlx::query("alter table fact_order drop constraint planted")
        .execute(world.pool())
        .await
        .expect("mended");
    let retry = RetryParkedEventRequest {
        request_id: Uuid::new_v4().to_string(),
        event_id: parked[0].to_string(),
    };
    let mut operator = EventLogServiceClient::new(world.edge.role(Role::Operator));
    operator
        .retry_parked_event(retry)
        .await
        .expect("applied with its followers");
    let direct = crate::world::world().await;
    direct.play(&april().events).await;
    assert_eq!(state(world.pool()).await, state(direct.pool()).await);
}
