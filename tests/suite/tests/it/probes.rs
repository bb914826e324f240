//! Readiness checks the database over its own connection, in any state of the pool.

use std::str::FromStr as _;

use hosting::Name;
use rpc::readiness::Look;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::{database, listen};

#[tokio::test]
async fn a_full_pool_is_busy_and_a_lost_connection_is_taken_anew() {
    let database = database("intake", Name::Intake.migrator()).await;
    let options = PgConnectOptions::from_str(&database.url).expect("our own URL");
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options.clone().application_name("busy"))
        .await
        .expect("it connects");
    let _all = pool.acquire().await.expect("the only one");
    let mut look = Look::new(pool.connect_options().as_ref().clone().application_name("look"));
    assert!(look.works().await, "the pool is full, the database is there");
    let ended: bool = sqlx::query_scalar(
        "select bool_and(pg_terminate_backend(pid, 5000))
           from pg_stat_activity where application_name = 'look' and datname = current_database()",
    )
    .fetch_one(&database.pool)
    .await
    .expect("we may");
    assert!(ended);
    assert!(!look.works().await, "its connection has ended");
    assert!(look.works().await, "it has taken a new one");
}

#[tokio::test]
async fn a_database_that_is_silent_or_gone_does_not_answer() {
    // The kernel accepts the connection, but no program answers, as on a machine that hangs.
    let (silent, url) = listen().await;
    let address = silent.local_addr().expect("bound");
    let options = PgConnectOptions::from_str(&url.replace("http://", "postgres://nobody@")).expect("a URL");
    assert!(!Look::new(options.clone()).works().await, "{address} is silent");
    drop(silent);
    assert!(!Look::new(options).works().await, "{address} is gone");
}
