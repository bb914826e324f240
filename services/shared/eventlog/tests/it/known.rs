//! The instant up to which everything is known. The timers of supervision fire on it.

use chrono::{DateTime, Utc};
use eventlog::known_until;
use platform::steps::Step as _;
use testkit::at;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, settle};

async fn known(node: &Node) -> Vec<(u32, DateTime<Utc>)> {
    let mut connection = node.database.pool.acquire().await.expect("a connection");
    known_until(&mut connection, "intake").await.expect("the table")
}

#[tokio::test]
async fn at_the_heads_it_is_known_until_they_were_asked() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let consumer = routing.consumer(&intake, Some(NOWHERE));
    settle(&consumer).await.expect("all is there");
    let all: Vec<_> = (0..u32::from(testkit::databases::PARTITIONS))
        .map(|p| (p, at(1, 9, 0)))
        .collect();
    assert_eq!(known(&routing).await, all, "an empty log is known too");
    routing.clock.move_to(at(1, 9, 30));
    consumer.run_once().await.expect("all is there");
    assert!(known(&routing).await.iter().all(|(_, until)| *until == at(1, 9, 30)));
}

#[tokio::test]
async fn a_partition_that_is_behind_is_not_known_further() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let consumer = routing.consumer(&intake, Some(NOWHERE)).with_batch(1);
    settle(&consumer).await.expect("all is there");
    let key = Uuid::new_v4();
    intake.tell((1..=3).map(|version| event(key, version))).await;
    routing.clock.move_to(at(1, 10, 0));
    let home = u32::from(eventlog::partition_of(key, testkit::databases::PARTITIONS));
    for (round, until) in [(1, at(1, 9, 0)), (2, at(1, 9, 0)), (3, at(1, 10, 0))] {
        consumer.run_once().await.expect("all is there");
        for (partition, found) in known(&routing).await {
            let expected = if partition == home { until } else { at(1, 10, 0) };
            assert_eq!(found, expected, "partition {partition} after {round}");
        }
    }
}

#[tokio::test]
async fn with_the_producer_away_nothing_is_known_and_that_is_told() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let consumer = routing.consumer(&intake, Some(NOWHERE));
    settle(&consumer).await.expect("all is there");
    let before = known(&routing).await;
    intake.edge.lifecycle.stop();
    assert!(intake.edge.lifecycle.finish(std::time::Duration::from_secs(10)).await);
    routing.clock.move_to(at(1, 12, 0));
    let away = consumer.run_once().await.expect_err("the source is unreachable");
    assert!(
        matches!(&away, platform::steps::StepError::Unreachable { service, .. } if service == "intake"),
        "{away}"
    );
    assert_eq!(known(&routing).await, before);
}
