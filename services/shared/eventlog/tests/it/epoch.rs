//! A reader of one epoch does not read another epoch. The number of partitions is fixed.

use eventlog::{migrate, partition_of, renew_epoch};
use hotline_proto::access::Role;
use hotline_proto::common::ReadEventsRequest;
use platform::steps::{Step as _, StepError};
use platform::store::StoreError;
use sqlx::PgPool;
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, ids, settle, sorted};

async fn renew(node: &Node) {
    let mut connection = node.database.pool.acquire().await.expect("a connection");
    renew_epoch(&mut connection).await.expect("a log");
}

async fn cursors(node: &Node) -> Vec<(String, i64)> {
    sqlx::query_as("select epoch::text, position from cursor order by partition")
        .fetch_all(&node.database.pool)
        .await
        .expect("the table")
}

#[tokio::test]
async fn a_restored_producer_stops_the_source_and_leaves_the_cursor() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    intake.tell((1..=6).map(|version| event(Uuid::new_v4(), version))).await;
    let consumer = routing.consumer(&intake, Some(NOWHERE));
    settle(&consumer).await.expect("all is there");
    let before = cursors(&routing).await;
    renew(&intake).await;
    intake.tell((1..=6).map(|version| event(Uuid::new_v4(), version))).await;
    for _ in 0..2 {
        let stopped = consumer.run_once().await.expect_err("another epoch");
        assert!(
            matches!(&stopped, StepError::Stopped(why) if why.contains("intake")),
            "{stopped}"
        );
    }
    assert_eq!(cursors(&routing).await, before);
    assert_eq!(routing.effects().await.len(), 6);
}

#[tokio::test]
async fn who_had_read_nothing_follows_the_new_incarnation() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let consumer = routing.consumer(&intake, Some(NOWHERE));
    settle(&consumer).await.expect("all is there");
    renew(&intake).await;
    let events: Vec<_> = (1..=6).map(|version| event(Uuid::new_v4(), version)).collect();
    intake.tell(events.clone()).await;
    settle(&consumer).await.expect("it takes the new epoch");
    assert_eq!(sorted(routing.effects().await), sorted(ids(&events)));
    let epoch = intake.epoch().await;
    assert!(cursors(&routing).await.iter().all(|cursor| cursor.0 == epoch));
}

#[tokio::test]
async fn reading_with_another_epoch_is_refused_with_its_reason() {
    let intake = Node::new("intake", &[]).await;
    let epoch = intake.epoch().await;
    renew(&intake).await;
    let request = ReadEventsRequest {
        epoch,
        ..ReadEventsRequest::default()
    };
    let refused = intake
        .client(Role::Service)
        .read_events(request)
        .await
        .expect_err("the old epoch is refused");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(
        refused.get_details_error_info().expect("details").reason,
        "EPOCH_CHANGED"
    );
}

#[tokio::test]
async fn a_bad_read_names_every_field() {
    let intake = Node::new("intake", &[]).await;
    let request = ReadEventsRequest {
        epoch: "x".to_owned(),
        partition: 4_000_000_000,
        after_position: u64::MAX,
        limit: 0,
    };
    let refused = intake
        .client(Role::Service)
        .read_events(request)
        .await
        .expect_err("bad");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<String> = refused
        .get_details_bad_request()
        .expect("details")
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert!(
        fields.contains(&"epoch".to_owned()) && fields.contains(&"partition".to_owned()),
        "{fields:?}"
    );
    let far = ReadEventsRequest {
        epoch: intake.epoch().await,
        after_position: u64::MAX,
        ..ReadEventsRequest::default()
    };
    let answer = intake.client(Role::Service).read_events(far).await;
    assert!(
        answer.is_ok_and(|found| found.into_inner().events.is_empty()),
        "there are no events past the head"
    );
}

async fn remigrate(pool: &PgPool, partitions: u16) -> Result<(), StoreError> {
    migrate(pool, partitions, Uuid::new_v4()).await
}

#[tokio::test]
async fn migrating_again_changes_nothing_and_another_number_of_partitions_is_refused() {
    let intake = Node::new("intake", &[]).await;
    intake.tell([event(Uuid::new_v4(), 1)]).await;
    let (pool, epoch) = (&intake.database.pool, intake.epoch().await);
    let installed = testkit::databases::PARTITIONS;
    remigrate(pool, installed).await.expect("the same number");
    assert_eq!(intake.epoch().await, epoch, "the epoch stays");
    for other in [0, 1, installed + 1, 256, 257, u16::MAX] {
        let refused = remigrate(pool, other).await;
        assert!(matches!(&refused, Err(StoreError::Unready(_))), "{other}: {refused:?}");
    }
    let heads: i64 = sqlx::query_scalar("select count(*) from log_head")
        .fetch_one(pool)
        .await
        .expect("heads");
    assert_eq!(heads, i64::from(installed), "no head was added");
}

#[tokio::test]
async fn an_event_is_in_the_partition_of_its_key() {
    let intake = Node::new("intake", &[]).await;
    intake
        .tell((1..=30).map(|version| event(Uuid::new_v4(), version)))
        .await;
    let rows: Vec<(i32, Uuid)> = sqlx::query_as("select partition::integer, key from log")
        .fetch_all(&intake.database.pool)
        .await
        .expect("the log");
    for (partition, key) in rows {
        assert_eq!(partition, i32::from(partition_of(key, testkit::databases::PARTITIONS)));
    }
}
