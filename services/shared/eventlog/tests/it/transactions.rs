//! A named transaction: only a lost race runs it again. A rollback publishes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use platform::store::StoreError;
use tokio::sync::{Barrier, Semaphore};
use uuid::Uuid;

use crate::world::{Node, event};

/// Two transactions that lock two rows in opposite orders. Postgres ends one of them, and that one runs again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_runs_the_action_again() {
    let node = Node::new("intake", &[]).await;
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    sqlx::query("insert into thing (id) values ($1), ($2)")
        .bind(a)
        .bind(b)
        .execute(&node.database.pool)
        .await
        .expect("two things");
    let (barrier, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let through = Arc::new(Semaphore::new(0));
    let cross = |first: Uuid, second: Uuid| {
        let (store, barrier, runs, through) = (node.store.clone(), barrier.clone(), runs.clone(), through.clone());
        let other = through.clone();
        let own_runs = Arc::new(AtomicU32::new(0));
        async move {
            let done = store
                .run("cross", move |tx| {
                    let (barrier, runs, own_runs, other) =
                        (barrier.clone(), runs.clone(), own_runs.clone(), other.clone());
                    Box::pin(async move {
                        runs.fetch_add(1, Ordering::SeqCst);
                        let again = own_runs.fetch_add(1, Ordering::SeqCst) > 0;
                        if again {
                            // Without this wait, one transaction could lock its first row again before the other has
                            // locked it.
                            let _ = other.acquire().await.expect("open");
                        }
                        touch(tx.conn(), first).await?;
                        if !again {
                            barrier.wait().await;
                        }
                        touch(tx.conn(), second).await?;
                        tx.tell(event(first, 1));
                        Ok::<_, StoreError>(())
                    })
                })
                .await;
            through.add_permits(1);
            done
        }
    };
    let (one, other) = tokio::join!(cross(a, b), cross(b, a));
    one.and(other).expect("both get through");
    assert_eq!(runs.load(Ordering::SeqCst), 3, "one of them ran twice");
    assert_eq!(told(&node).await, 2, "the lost run has published nothing");
}

async fn touch(conn: &mut sqlx::PgConnection, thing: Uuid) -> Result<(), StoreError> {
    sqlx::query("update thing set id = id where id = $1")
        .bind(thing)
        .execute(conn)
        .await?;
    Ok(())
}

async fn told(node: &Node) -> i64 {
    sqlx::query_scalar("select count(*) from log")
        .fetch_one(&node.database.pool)
        .await
        .expect("the log")
}

#[tokio::test]
async fn an_error_rolls_back_what_was_written_and_told_and_is_not_run_again() {
    let node = Node::new("intake", &[]).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let refused = node
        .store
        .run("refuse", move |tx| {
            let counted = counted.clone();
            Box::pin(async move {
                counted.fetch_add(1, Ordering::SeqCst);
                sqlx::query("insert into thing (id) values ($1)")
                    .bind(Uuid::new_v4())
                    .execute(tx.conn())
                    .await?;
                tx.tell(event(Uuid::new_v4(), 1));
                Err::<(), _>(StoreError::Absent("order"))
            })
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Absent("order"))));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(told(&node).await, 0);
    let things: i64 = sqlx::query_scalar("select count(*) from thing")
        .fetch_one(&node.database.pool)
        .await
        .expect("the table");
    assert_eq!(things, 0);
    let idle: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    )
    .fetch_one(&node.database.pool)
    .await
    .expect("Postgres' own view");
    assert_eq!(idle, 0, "no session idles in a transaction");
}

#[tokio::test]
async fn a_commit_that_told_something_rings_and_one_that_did_not_does_not() {
    use futures::FutureExt as _;
    let node = Node::new("intake", &[]).await;
    let wake = node.store.wake();
    node.tell_together(Vec::new()).await;
    assert!(wake.notified().now_or_never().is_none());
    node.tell([event(Uuid::new_v4(), 1)]).await;
    assert!(wake.notified().now_or_never().is_some());
}
