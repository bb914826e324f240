//! Each decision of a handler about an event is recorded: no event is dropped silently.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use platform::steps::{Step as _, StepError};
use platform::store::StoreError;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, ids, settle, sorted};

struct TooLate;

#[async_trait]
impl Handler for TooLate {
    async fn apply(&self, _: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let odd = |event: &Recorded| event.version % 2 == 1;
        Ok(events
            .iter()
            .map(|event| {
                if odd(event) {
                    Effect::Superseded("round 2 has begun")
                } else {
                    Effect::Ignored
                }
            })
            .collect())
    }
}

#[tokio::test]
async fn what_came_too_late_is_on_record_and_what_nobody_needs_is_not() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let events: Vec<_> = (1..=8).map(|version| event(Uuid::new_v4(), version)).collect();
    intake.tell(events.clone()).await;
    let consumer = routing.consumer_with(intake.source(Some(NOWHERE)), Arc::new(TooLate));
    assert_eq!(settle(&consumer).await.expect("all is there"), 8);
    let found: Vec<Uuid> =
        sqlx::query_scalar("select event_id from superseded where source = 'intake' and reason = 'round 2 has begun'")
            .fetch_all(&routing.database.pool)
            .await
            .expect("the table");
    let odd: Vec<_> = events.into_iter().filter(|event| event.version % 2 == 1).collect();
    assert_eq!(sorted(found), sorted(ids(&odd)));
    assert_eq!(routing.aside().await, (0, 0));
}

/// Fails once, as a database that is unreachable does.
struct Away {
    failed: AtomicBool,
    then: Arc<dyn Handler>,
}

#[async_trait]
impl Handler for Away {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let effects = self.then.apply(tx, events).await?;
        if self.failed.swap(true, Ordering::SeqCst) {
            return Ok(effects);
        }
        Err(StoreError::Database(sqlx::Error::PoolTimedOut).into())
    }
}

#[tokio::test]
async fn a_transient_error_aborts_the_batch_and_the_next_run_applies_it() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let key = Uuid::new_v4();
    let events: Vec<_> = (1..=5).map(|version| event(key, version)).collect();
    intake.tell(events.clone()).await;
    let away = Away {
        failed: AtomicBool::new(false),
        then: routing.ledger.clone(),
    };
    let consumer = routing.consumer_with(intake.source(Some(NOWHERE)), Arc::new(away));
    let failed = consumer.run_once().await.expect_err("the database is unreachable");
    assert!(matches!(failed, StepError::Store(_)), "{failed}");
    assert!(routing.effects().await.is_empty());
    assert_eq!(routing.aside().await, (0, 0), "it parks nothing");
    settle(&consumer).await.expect("the database is reachable again");
    assert_eq!(routing.effects().await, ids(&events));
}

/// A schema that does not fit the program is a fault of the rollout, not of the events.
struct OldSchema;

#[async_trait]
impl Handler for OldSchema {
    async fn apply(&self, tx: &mut Tx, _: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let missing = sqlx::query("select from a_table_that_the_next_migration_brings")
            .execute(tx.conn())
            .await
            .expect_err("it is not there");
        Err(StoreError::from(missing).into())
    }
}

#[tokio::test]
async fn a_schema_that_does_not_fit_stops_the_source_and_parks_nothing() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let events: Vec<_> = (1..=5).map(|version| event(Uuid::new_v4(), version)).collect();
    intake.tell(events.clone()).await;
    let early = routing.consumer_with(intake.source(Some(NOWHERE)), Arc::new(OldSchema));
    early.run_once().await.expect_err("the table is missing");
    assert_eq!(routing.aside().await, (0, 0));
    settle(&routing.consumer(&intake, Some(NOWHERE)))
        .await
        .expect("the schema fits now");
    assert_eq!(sorted(routing.effects().await), sorted(ids(&events)));
}

/// Loses a race once, with the error code of Postgres.
struct Loses {
    lost: AtomicBool,
    then: Arc<dyn Handler>,
}

#[async_trait]
impl Handler for Loses {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        if !self.lost.swap(true, Ordering::SeqCst) {
            let lost = sqlx::raw_sql("do $$ begin raise exception 'lost' using errcode = '40P01'; end $$")
                .execute(tx.conn())
                .await
                .expect_err("it raises");
            return Err(StoreError::from(lost).into());
        }
        self.then.apply(tx, events).await
    }
}

#[tokio::test]
async fn a_lost_race_is_run_again_at_once() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let one = event(Uuid::new_v4(), 1);
    intake.tell([one.clone()]).await;
    let loses = Loses {
        lost: AtomicBool::new(false),
        then: routing.ledger.clone(),
    };
    let consumer = routing.consumer_with(intake.source(Some(NOWHERE)), Arc::new(loses));
    assert_eq!(consumer.run_once().await.expect("the named transaction retries").did, 1);
    assert_eq!(routing.effects().await, [one.event_id]);
}

/// Handler that fails on one partition. The other partitions must advance.
struct OneFails(Uuid, Arc<dyn Handler>);

#[async_trait]
impl Handler for OneFails {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        if events.iter().any(|event| event.key == self.0) {
            return Err(StoreError::Database(sqlx::Error::PoolTimedOut).into());
        }
        self.1.apply(tx, events).await
    }
}

#[tokio::test]
async fn a_partition_that_fails_does_not_hold_up_the_others() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let partitions = testkit::databases::PARTITIONS;
    let in_partition = |wanted: u16| {
        std::iter::repeat_with(Uuid::new_v4)
            .find(|key| eventlog::partition_of(*key, partitions) == wanted)
            .expect("keys spread")
    };
    let keys: Vec<Uuid> = (0..partitions).map(in_partition).collect();
    intake.tell(keys.iter().map(|key| event(*key, 1))).await;
    let handler = OneFails(keys[0], routing.ledger.clone());
    let consumer = routing.consumer_with(intake.source(Some(NOWHERE)), Arc::new(handler));
    consumer.run_once().await.expect_err("the failure is reported");
    assert_eq!(routing.effects().await.len(), usize::from(partitions) - 1);
}
