//! Positions are dense and in commit order, with any number of concurrent writers.

use eventlog::NewEvent;
use futures::future::join_all;
use platform::store::StoreError;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use testkit::Database;
use tokio::sync::{Barrier, oneshot};
use uuid::Uuid;

use crate::world::{Node, TABLES, event};

const WRITERS: usize = 32;
const ROUNDS: u64 = 12;

/// Reads as a consumer does: everything after the last position seen, until `total` events are there. Panics at a gap.
async fn follow(pool: &PgPool, total: i64) -> usize {
    testkit::within("a reader of all positions", read_all(pool, total)).await
}

async fn read_all(pool: &PgPool, total: i64) -> usize {
    let mut seen: std::collections::BTreeMap<i32, i64> = std::collections::BTreeMap::new();
    let mut looks = 0;
    loop {
        let (partitions, after): (Vec<i32>, Vec<i64>) = seen.iter().map(|(p, at)| (*p, *at)).unzip();
        let rows: Vec<(i32, i64)> = sqlx::query_as(
            "select log.partition::integer, log.position
               from log left join unnest($1::integer[], $2::bigint[]) as seen (partition, after)
                 on seen.partition = log.partition
              where log.position > coalesce(seen.after, 0) order by 1, 2",
        )
        .bind(partitions)
        .bind(after)
        .fetch_all(pool)
        .await
        .expect("the log");
        for (partition, position) in rows {
            let last = seen.entry(partition).or_default();
            assert_eq!(
                position,
                *last + 1,
                "a reader of partition {partition} would have skipped"
            );
            *last = position;
        }
        looks += 1;
        if seen.values().sum::<i64>() == total {
            return looks;
        }
    }
}

/// Publishes events in a transaction that is rolled back. Their positions must be free again.
async fn undo(node: &Node, events: Vec<NewEvent>) {
    let undone = node.store.run("undone", move |tx| {
        let events = events.clone();
        Box::pin(async move {
            for event in events {
                tx.tell(event);
            }
            Err::<(), _>(StoreError::Absent("thing"))
        })
    });
    undone.await.expect_err("it is rolled back");
}

/// A transaction that ends when every writer has one open. With fewer sessions than writers it would never end.
async fn together(node: &Node, all: &Barrier) {
    let mut connection = node.database.pool.acquire().await.expect("a session of its own");
    sqlx::query("begin").execute(&mut *connection).await.expect("begun");
    testkit::within("a session for each writer", all.wait()).await;
    sqlx::query("rollback").execute(&mut *connection).await.expect("ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_32_writers_a_reader_never_meets_a_hole() {
    let database = testkit::database("eventlog", &TABLES).await;
    // One session for each writer, and some for the reader.
    let pool = PgPoolOptions::new()
        .max_connections(40)
        .connect(&database.url)
        .await
        .expect("Postgres is there");
    let node = Node::over("intake", Database { pool, ..database }, &[]).await;
    let all = Barrier::new(WRITERS);
    let writers = join_all((0..WRITERS).map(|writer| {
        let node = &node;
        let all = &all;
        async move {
            together(node, all).await;
            for round in 1..=ROUNDS {
                // One to three events of different aggregates, so that transactions lock several heads in different
                // orders.
                let count = 1 + (writer as u64 + round) % 3;
                let events: Vec<_> = (0..count).map(|_| event(Uuid::new_v4(), round)).collect();
                if round % 5 == 0 {
                    undo(node, events.clone()).await;
                }
                node.tell_together(events).await;
            }
        }
    }));
    let total: u64 = (0..WRITERS as u64)
        .flat_map(|writer| (1..=ROUNDS).map(move |round| 1 + (writer + round) % 3))
        .sum();
    let (_, looks) = tokio::join!(
        writers,
        follow(&node.database.pool, i64::try_from(total).expect("small"))
    );
    assert!(looks > 1, "the reader polled while they wrote");
    let heads: i64 = sqlx::query_scalar("select sum(position)::bigint from log_head")
        .fetch_one(&node.database.pool)
        .await
        .expect("heads");
    assert_eq!(u64::try_from(heads).expect("positive"), total);
}

/// Two writers numbered by a sequence and by the log. The slow writer takes its number first and commits last.
#[tokio::test]
async fn a_reader_by_sequence_would_have_skipped_what_the_log_does_not() {
    let node = Node::new("intake", &[]).await;
    let pool = &node.database.pool;
    let key = Uuid::new_v4();
    let (slow_told, mut fast_told) = (event(key, 1), event(key, 2));
    fast_told.key = key;
    let (wrote, has_written) = oneshot::channel::<()>();
    let (may_commit, go_on) = oneshot::channel::<()>();
    let gates = std::sync::Mutex::new(Some((wrote, go_on)));
    let slow = node.store.run("slow", |tx| {
        let gates = gates.lock().expect("one attempt").take();
        let event = slow_told.clone();
        Box::pin(async move {
            sqlx::query("insert into by_sequence (writer) values (1)")
                .execute(tx.conn())
                .await?;
            tx.tell(event);
            let (wrote, go_on) = gates.expect("one attempt");
            wrote.send(()).expect("the reader waits");
            go_on.await.expect("the reader lets it go on");
            Ok::<_, StoreError>(())
        })
    });
    let reader = async {
        has_written.await.expect("the slow one writes");
        let fast = fast_told.clone();
        node.store
            .run("fast", move |tx| {
                let event = fast.clone();
                Box::pin(async move {
                    sqlx::query("insert into by_sequence (writer) values (2)")
                        .execute(tx.conn())
                        .await?;
                    tx.tell(event);
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .expect("the fast one does not wait for the slow one");
        let first_look = (numbers(pool, 0).await, positions(pool, 0).await);
        may_commit.send(()).expect("the slow one waits");
        first_look
    };
    let (slow, (by_sequence, by_log)) = tokio::join!(slow, reader);
    slow.expect("the slow one commits");
    assert_eq!(by_sequence, [2], "the fast one's number is the greater one");
    assert_eq!(by_log, [1], "the fast one committed first");
    // Both readers continue after the position that they have seen.
    assert_eq!(
        numbers(pool, 2).await,
        [0_i64; 0],
        "by sequence the slow event is never read"
    );
    assert_eq!(positions(pool, 1).await, [2], "by position it is read");
}

async fn numbers(pool: &PgPool, after: i64) -> Vec<i64> {
    sqlx::query_scalar("select id from by_sequence where id > $1 order by id")
        .bind(after)
        .fetch_all(pool)
        .await
        .expect("the test's table")
}

async fn positions(pool: &PgPool, after: i64) -> Vec<i64> {
    sqlx::query_scalar("select position from log where position > $1 order by position")
        .bind(after)
        .fetch_all(pool)
        .await
        .expect("the log")
}
