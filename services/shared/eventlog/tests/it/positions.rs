//! Positions are gapless and in commit order, and reading by a sequence would have skipped.

use futures::future::join_all;
use platform::store::StoreError;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::fixture::{Producer, event};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_are_gapless_and_in_commit_order_under_32_writers() {
    let producer = Producer::start(None).await;
    sqlx::query("create table committed (n bigint generated always as identity, event_id uuid)")
        .execute(&producer.database.pool)
        .await
        .expect("a table");
    let keys: Vec<Uuid> = (0..16).map(|_| Uuid::new_v4()).collect();
    let writers = (0..32).map(|writer| {
        let (store, keys) = (producer.store.clone(), keys.clone());
        async move {
            for round in 0..10_u64 {
                let events = vec![event(keys[writer % 16], round), event(keys[(writer + 5) % 16], round)];
                let undone = round % 5 == 4;
                let result = store
                    .run("write", move |tx| {
                        let events = events.clone();
                        Box::pin(async move {
                            for event in events {
                                tx.tell(event);
                            }
                            if undone {
                                Err(StoreError::Absent("thing"))
                            } else {
                                Ok(())
                            }
                        })
                    })
                    .await;
                assert_eq!(result.is_err(), undone);
            }
        }
    });
    join_all(writers).await;
    let holes: i64 = sqlx::query_scalar(
        "select count(*) from (select position - row_number() over (partition by partition order by position) as off from log) as x where off <> 0",
    )
    .fetch_one(&producer.database.pool)
    .await
    .expect("a count");
    let total: i64 = sqlx::query_scalar("select count(*) from log")
        .fetch_one(&producer.database.pool)
        .await
        .expect("a count");
    let heads: i64 = sqlx::query_scalar("select sum(position)::bigint from log_head")
        .fetch_one(&producer.database.pool)
        .await
        .expect("a sum");
    assert_eq!((holes, total, heads), (0, 32 * 8 * 2, 32 * 8 * 2));
}

/// The fault that positions avoid: a number taken before the commit is seen after a later one.
#[tokio::test]
async fn a_reader_by_sequence_would_have_skipped_and_a_reader_by_position_does_not() {
    let producer = Producer::start(None).await;
    let url = &producer.database.url;
    let mut slow = sqlx::PgConnection::connect(url).await.expect("a connection");
    let mut fast = sqlx::PgConnection::connect(url).await.expect("a connection");
    sqlx::query("create table outbox (id bigint generated always as identity)")
        .execute(&mut slow)
        .await
        .expect("a table");
    let mut open = slow.begin().await.expect("a transaction");
    sqlx::query("insert into outbox default values")
        .execute(&mut *open)
        .await
        .expect("number 1, not committed");
    sqlx::query("insert into outbox default values")
        .execute(&mut fast)
        .await
        .expect("number 2, committed");
    let seen: i64 = sqlx::query_scalar("select max(id) from outbox where id > 0")
        .fetch_one(&mut fast)
        .await
        .expect("2");
    open.commit().await.expect("number 1 commits late");
    let later: Vec<i64> = sqlx::query_scalar("select id from outbox where id > $1")
        .bind(seen)
        .fetch_all(&mut fast)
        .await
        .expect("none");
    assert!(later.is_empty(), "the classic outbox never sees number 1");

    // The log: a transaction that has taken a position holds the head, so nobody commits a later one before it.
    let key = Uuid::new_v4();
    let (held, go_on) = (
        std::sync::Arc::new(tokio::sync::Notify::new()),
        std::sync::Arc::new(tokio::sync::Notify::new()),
    );
    let first = {
        let (store, held, go_on) = (producer.store.clone(), held.clone(), go_on.clone());
        async move {
            store
                .run("slow", move |tx| {
                    let (held, go_on) = (held.clone(), go_on.clone());
                    Box::pin(async move {
                        tx.tell(event(key, 1));
                        held.notify_one();
                        go_on.notified().await;
                        Ok::<_, StoreError>(())
                    })
                })
                .await
        }
    };
    let second = async {
        held.notified().await;
        let id = producer.tell(key, 2).await;
        go_on.notify_one();
        id
    };
    let (first, _) = tokio::join!(first, second);
    first.expect("both commit");
    let versions: Vec<i64> = sqlx::query_scalar("select version from log where key = $1 order by position")
        .bind(key)
        .fetch_all(&producer.database.pool)
        .await
        .expect("two rows");
    assert_eq!(
        versions,
        [2, 1],
        "the order is that of the commits, whoever began first"
    );
}
