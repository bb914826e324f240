//! A request takes effect once. The same request again gets the first answer; other content is refused.

use eventlog::{Call, Forget};
use futures::future::join_all;
use hotline_proto::common::RetryParkedEventResponse as Answer;
use platform::steps::Step as _;
use platform::store::StoreError;
use testkit::at;
use uuid::Uuid;

use crate::world::{Node, event};

fn call(request_id: Uuid, content: &str) -> Call {
    Call {
        caller: "test:agent".to_owned(),
        rpc: "RecordCall".to_owned(),
        request_id,
        content: content.as_bytes().to_vec(),
        now: at(1, 9, 0),
    }
}

/// A verb that publishes an event and answers with the number of its runs.
async fn act(node: &Node, call: &Call) -> Result<Answer, StoreError> {
    node.store
        .once(call, "act", |tx| {
            Box::pin(async move {
                let count: i64 = sqlx::query_scalar(
                    "with written as (insert into thing (id) values ($1) returning id)
                     select count(*) from thing full join written on thing.id = written.id",
                )
                .bind(Uuid::new_v4())
                .fetch_one(tx.conn())
                .await?;
                tx.tell(event(Uuid::new_v4(), 1));
                Ok(Answer {
                    applied_count: u32::try_from(count).expect("small"),
                })
            })
        })
        .await
}

async fn counts(node: &Node) -> (i64, i64) {
    sqlx::query_as("select (select count(*) from thing), (select count(*) from log)")
        .fetch_one(&node.database.pool)
        .await
        .expect("the tables")
}

#[tokio::test]
async fn the_same_again_gets_the_first_answer() {
    let node = Node::new("intake", &[]).await;
    let (one, other) = (call(Uuid::new_v4(), "a"), call(Uuid::new_v4(), "a"));
    let first = act(&node, &one).await.expect("new");
    assert_eq!(act(&node, &one).await.expect("known"), first);
    let second = act(&node, &other).await.expect("another request_id is another request");
    assert_ne!(second, first);
    assert_eq!(act(&node, &one).await.expect("known"), first);
    assert_eq!(counts(&node).await, (2, 2));
}

#[tokio::test]
async fn caller_and_rpc_have_request_ids_of_their_own() {
    let node = Node::new("intake", &[]).await;
    let one = call(Uuid::new_v4(), "a");
    let somebody_else = Call {
        caller: "test:other".to_owned(),
        content: b"b".to_vec(),
        ..one.clone()
    };
    let something_else = Call {
        rpc: "AnswerAppeal".to_owned(),
        content: b"c".to_vec(),
        ..one.clone()
    };
    for call in [&one, &somebody_else, &something_else] {
        act(&node, call).await.expect("new");
    }
    assert_eq!(counts(&node).await, (3, 3));
}

#[tokio::test]
async fn another_content_is_refused_and_changes_nothing() {
    let node = Node::new("intake", &[]).await;
    let id = Uuid::new_v4();
    act(&node, &call(id, "a")).await.expect("new");
    let refused = act(&node, &call(id, "b")).await;
    assert!(matches!(refused, Err(StoreError::RequestReused)), "{refused:?}");
    assert_eq!(counts(&node).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_have_one_effect_and_one_answer() {
    let node = Node::new("intake", &[]).await;
    let call = call(Uuid::new_v4(), "a");
    let answers = join_all((0..50).map(|_| act(&node, &call))).await;
    let first = answers[0].as_ref().expect("one of them did it");
    for answer in &answers {
        assert_eq!(answer.as_ref().expect("the others wait for it"), first);
    }
    assert_eq!(counts(&node).await, (1, 1));
}

/// A row whose second taker is refused.
async fn take(node: &Node, call: &Call) -> Result<Answer, StoreError> {
    node.store
        .once(call, "take", |tx| {
            Box::pin(async move {
                let taken = sqlx::query("insert into thing (id) values ($1) on conflict do nothing")
                    .bind(Uuid::nil())
                    .execute(tx.conn())
                    .await?;
                if taken.rows_affected() == 0 {
                    return Err(StoreError::Absent("thing"));
                }
                tx.tell(event(Uuid::nil(), 1));
                Ok(Answer { applied_count: 1 })
            })
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_refused_by_what_its_twin_did_gets_the_answer_of_its_twin() {
    let node = Node::new("intake", &[]).await;
    let (one, other) = (call(Uuid::new_v4(), "a"), call(Uuid::new_v4(), "a"));
    let answers = join_all((0..20).map(|_| take(&node, &one))).await;
    for answer in answers {
        assert_eq!(answer.expect("the others wait for the first one").applied_count, 1);
    }
    let refused = take(&node, &other).await;
    assert!(matches!(refused, Err(StoreError::Absent("thing"))), "{refused:?}");
    assert_eq!(counts(&node).await, (1, 1));
}

#[tokio::test]
async fn of_several_at_once_each_has_its_own_result() {
    let node = Node::new("intake", &[]).await;
    let calls: Vec<Call> = (0..4).map(|_| call(Uuid::new_v4(), "a")).collect();
    let known = act(&node, &calls[1]).await.expect("new");
    let reused = Call {
        content: b"b".to_vec(),
        ..calls[1].clone()
    };
    let all = [
        calls[0].clone(),
        calls[1].clone(),
        reused,
        calls[2].clone(),
        calls[3].clone(),
    ];
    // The action gets the first, the fourth and the fifth, and refuses the last.
    let several = async || {
        node.store
            .once_all(&all, "several", |tx, fresh| {
                Box::pin(async move {
                    let mut results = Vec::new();
                    for at in fresh {
                        if at == 4 {
                            results.push(Err(StoreError::Absent("thing")));
                            continue;
                        }
                        tx.tell(event(Uuid::new_v4(), 1));
                        let applied_count = u32::try_from(at).expect("small") + 100;
                        results.push(Ok(Answer { applied_count }));
                    }
                    Ok(results)
                })
            })
            .await
            .expect("the store works")
    };
    for _ in 0..2 {
        let results = several().await;
        assert!(
            matches!(&results[0], Ok(answer) if answer.applied_count == 100),
            "{results:?}"
        );
        assert!(matches!(&results[1], Ok(answer) if *answer == known), "{results:?}");
        assert!(matches!(results[2], Err(StoreError::RequestReused)), "{results:?}");
        assert!(
            matches!(&results[3], Ok(answer) if answer.applied_count == 103),
            "{results:?}"
        );
        assert!(matches!(results[4], Err(StoreError::Absent("thing"))), "{results:?}");
        assert_eq!(counts(&node).await, (1, 3), "the second time changes nothing");
    }
}

#[tokio::test]
async fn a_refusal_is_not_kept_and_tells_nothing() {
    let node = Node::new("intake", &[]).await;
    let call = call(Uuid::new_v4(), "a");
    let refused: Result<Answer, StoreError> = node
        .store
        .once(&call, "refuse", |tx| {
            Box::pin(async move {
                tx.tell(event(Uuid::new_v4(), 1));
                Err(StoreError::Absent("thing"))
            })
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Absent("thing"))));
    assert_eq!(counts(&node).await, (0, 0));
    act(&node, &call)
        .await
        .expect("a retry of a refused request may succeed");
    assert_eq!(counts(&node).await, (1, 1));
}

#[tokio::test]
async fn nothing_of_the_content_is_kept() {
    let node = Node::new("intake", &[]).await;
    act(&node, &call(Uuid::new_v4(), "13800138000")).await.expect("new");
    let kept: String = sqlx::query_scalar("select request::text || log::text from request, log")
        .fetch_one(&node.database.pool)
        .await
        .expect("rows as text");
    assert!(
        !kept.contains("13800138000") && !kept.contains("3133383030313338303030"),
        "{kept}"
    );
}

/// There are few telephone numbers. An attacker could find the number behind a plain hash by trying all of them.
#[tokio::test]
async fn the_hash_of_a_request_is_under_a_key_that_is_in_no_database() {
    let node = Node::new("intake", &[]).await;
    act(&node, &call(Uuid::new_v4(), "13800138000")).await.expect("new");
    let hash: Vec<u8> = sqlx::query_scalar("select content_hash from request")
        .fetch_one(&node.database.pool)
        .await
        .expect("one request");
    assert_eq!(hash, testkit::request_key("intake").hash(b"13800138000"));
    let keys: i64 =
        sqlx::query_scalar("select count(*) from information_schema.columns where column_name = 'request_key'")
            .fetch_one(&node.database.pool)
            .await
            .expect("a count");
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn what_was_asked_long_ago_is_forgotten_and_the_rest_is_not() {
    let node = Node::new("intake", &[]).await;
    let (old, young) = (call(Uuid::new_v4(), "a"), call(Uuid::new_v4(), "a"));
    let first = act(&node, &old).await.expect("new");
    node.clock.move_to(at(20, 9, 0));
    let young = Call {
        now: at(20, 9, 0),
        ..young
    };
    let second = act(&node, &young).await.expect("new");
    let forget = Forget::new(&node.store, 20);
    for (now, forgotten) in [(at(21, 9, 0), 0), (at(21, 10, 0), 1), (at(21, 10, 0), 0)] {
        node.clock.move_to(now);
        assert_eq!(forget.run_once().await.expect("it runs").did, forgotten, "{now}");
    }
    assert_eq!(act(&node, &young).await.expect("known"), second);
    assert_ne!(act(&node, &old).await.expect("a deleted request counts as new"), first);
}
