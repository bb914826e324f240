//! Tasks from before an order could have several appeals are migrated.

use std::borrow::Cow;

use callback::domain::task::State;
use callback::store::tasks;
use sqlx::migrate::Migrator;
use uuid::Uuid;

/// The first migration that knows several appeals.
const APPEALS: i64 = 20_261_201_000_001;

static NONE: Migrator = Migrator::DEFAULT;

#[tokio::test]
async fn a_task_of_before_is_read_and_its_order_is_numbered_on() {
    let database = testkit::database(callback::NAME, &NONE).await;
    let before: Vec<_> = callback::MIGRATOR
        .iter()
        .filter(|migration| migration.version < APPEALS)
        .cloned()
        .collect();
    let before = Migrator {
        migrations: Cow::Owned(before),
        ..Migrator::DEFAULT
    };
    before.run(&database.pool).await.expect("the schema of before");
    let (order, silent) = (Uuid::new_v4(), Uuid::new_v4());
    for (order, round, told) in [(order, 0, 3_i64), (order, 1, 4), (silent, 0, 0)] {
        sqlx::query(
            "insert into callback_task (id, order_id, order_number, appeal_id, round, unit, urgency, anonymous,
                    confidential, state, opened_at, changed_at, told, token, attempt_count, reached)
             values ($1, $2, 'W', $3, $4, 'water', 1, false, false, 'open', $5, $5, $6, 0, 0, false)",
        )
        .bind(Uuid::new_v4())
        .bind(order)
        .bind(Uuid::new_v4())
        .bind(round)
        .bind(testkit::at(1, 9, 0))
        .bind(told)
        .execute(&database.pool)
        .await
        .expect("a task of before");
    }
    callback::MIGRATOR.run(&database.pool).await.expect("migrated");
    let mut conn = database.pool.acquire().await.expect("a connection");
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from callback_task")
        .fetch_all(&mut *conn)
        .await
        .expect("tasks");
    assert_eq!(ids.len(), 3);
    for id in ids {
        let task = tasks::get(&mut conn, id).await.expect("readable");
        assert_eq!(
            (task.version, task.about.top_unit, task.about.accused),
            (1, None, vec![])
        );
        assert_eq!(task.state, State::Open { lease: None });
    }
    for (orders, next) in [(vec![order], vec![5]), (vec![silent, order, order], vec![1, 6, 7])] {
        assert_eq!(tasks::next_told(&mut conn, &orders).await.expect("numbered"), next);
    }
}
