//! The same request again gets the first answer.

use eventlog::{Call, Store};
use futures::future::join_all;
use hotline_proto::common::Head;
use platform::store::StoreError;
use uuid::Uuid;

use crate::fixture::{Producer, event, now};

async fn add(store: &Store, request_id: Uuid, content: &[u8], position: u64) -> Result<Head, StoreError> {
    let call = Call {
        caller: "a".to_owned(),
        rpc: "Add",
        request_id,
        content: content.to_vec(),
        now: now(),
    };
    store
        .once(&call, "add", move |tx| {
            Box::pin(async move {
                tx.tell(event(Uuid::new_v4(), 1));
                Ok(Head { partition: 0, position })
            })
        })
        .await
}

async fn told(producer: &Producer) -> i64 {
    sqlx::query_scalar("select count(*) from log")
        .fetch_one(&producer.database.pool)
        .await
        .expect("a count")
}

#[tokio::test]
async fn the_same_again_gets_the_first_answer_and_another_content_is_refused() {
    let producer = Producer::start(None).await;
    let id = Uuid::new_v4();
    let first = add(&producer.store, id, b"x", 7).await.expect("new");
    let again = add(&producer.store, id, b"x", 8).await.expect("known");
    assert_eq!((first.position, again.position), (7, 7));
    assert!(matches!(
        add(&producer.store, id, b"y", 9).await,
        Err(StoreError::RequestReused)
    ));
    assert_eq!(told(&producer).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_have_one_effect_and_one_answer() {
    let producer = Producer::start(None).await;
    let id = Uuid::new_v4();
    let answers = join_all((0..50).map(|n| add(&producer.store, id, b"x", n))).await;
    let positions: Vec<u64> = answers
        .into_iter()
        .map(|answer| answer.expect("answered").position)
        .collect();
    assert!(
        positions.iter().all(|position| *position == positions[0]),
        "{positions:?}"
    );
    assert_eq!(told(&producer).await, 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let producer = Producer::start(None).await;
    let id = Uuid::new_v4();
    let call = Call {
        caller: "a".to_owned(),
        rpc: "Add",
        request_id: id,
        content: b"x".to_vec(),
        now: now(),
    };
    let refused: Result<Head, StoreError> = producer
        .store
        .once(&call, "add", |tx| {
            Box::pin(async move {
                tx.tell(event(Uuid::new_v4(), 1));
                Err(StoreError::Absent("thing"))
            })
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Absent("thing"))));
    assert_eq!(told(&producer).await, 0);
    assert_eq!(add(&producer.store, id, b"x", 5).await.expect("as new").position, 5);
}
