//! Migrates after an interrupted run, and with two migrators at once.

use hosting::Name;
use hosting::databases::migrate;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::databases::PARTITIONS;
use testkit::{Database, database};

const INDEX: &str = "callback_task_to_judge";
const VERSION: i64 = 20_261_126_000_002;

/// A database without the migration that builds an index concurrently.
async fn all_but_one() -> Database {
    let database = database("callback", Name::Callback.migrator()).await;
    let undo = format!("drop index {INDEX}; delete from _sqlx_migrations where version = {VERSION}");
    sqlx::raw_sql(AssertSqlSafe(undo))
        .execute(&database.pool)
        .await
        .expect("undone");
    database
}

async fn is_valid(database: &Database) -> bool {
    sqlx::query_scalar("select indisvalid from pg_index where indexrelid = $1::regclass")
        .bind(INDEX)
        .fetch_one(&database.pool)
        .await
        .expect("there is an index")
}

#[tokio::test]
async fn an_index_that_was_left_half_built_is_built_anew() {
    let database = all_but_one().await;
    // A long transaction makes the concurrent build time out. It leaves an invalid index.
    let mut reader = database.pool.begin().await.expect("a transaction");
    sqlx::raw_sql("set transaction isolation level repeatable read; select from callback_task")
        .execute(&mut *reader)
        .await
        .expect("a snapshot");
    let mut builder = PgConnection::connect(&database.url).await.expect("a connection");
    sqlx::query("set lock_timeout = '20ms'")
        .execute(&mut builder)
        .await
        .expect("set");
    let migration = Name::Callback
        .migrator()
        .iter()
        .find(|migration| migration.version == VERSION)
        .expect("it is a migration");
    let refused = sqlx::raw_sql(AssertSqlSafe(migration.sql.as_str().to_owned()))
        .execute(&mut builder)
        .await;
    refused.expect_err("the reader is in its way");
    assert!(!is_valid(&database).await);
    reader.rollback().await.expect("he has read");
    migrate(Name::Callback, &database.pool, PARTITIONS)
        .await
        .expect("migrated");
    assert!(is_valid(&database).await);
}

#[tokio::test]
async fn two_at_once_are_in_each_other_s_way_with_nothing() {
    let database = all_but_one().await;
    let (one, other) = futures::join!(
        migrate(Name::Callback, &database.pool, PARTITIONS),
        migrate(Name::Callback, &database.pool, PARTITIONS)
    );
    one.expect("migrated");
    other.expect("nothing to do");
    assert!(is_valid(&database).await);
}
