//! A Postgres that cannot be written, as after a failover, and its recovery.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use hosting::Name;
use hosting::databases::database_name;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{CallOutcome, RecordCallRequest};
use platform::config::DatabaseConfig;
use platform::store::StoreError;
use private_servers::{Durability, Servers, running_postgres_url};
use rpc::client::Peer;
use rpc::readiness::Look;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::database;
use tonic::{Code, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_types::StatusExt as _;

use crate::commands::Running;
use crate::fixture::people::request_id;
use crate::processes::{agent, probe};

/// Longest time until all works again.
const SOON: Duration = Duration::from_secs(10);

/// From its next session on, each service's role may only read, or may write again.
async fn turn(admin: &mut PgConnection, read_only: bool) {
    for name in Name::ALL {
        let role = database_name(name);
        let statement = if read_only {
            format!("alter role {role} set default_transaction_read_only = on")
        } else {
            format!("alter role {role} reset default_transaction_read_only")
        };
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *admin)
            .await
            .expect("altered");
    }
}

async fn all_say(urls: &[String], status: ServingStatus) -> bool {
    for url in urls {
        if probe(url, "").await != Some(status) {
            return false;
        }
    }
    true
}

async fn call(agent: &mut IntakeServiceClient<Peer>) -> Result<(), Status> {
    let request = RecordCallRequest {
        request_id: request_id(),
        outcome: CallOutcome::Answered.into(),
        ..RecordCallRequest::default()
    };
    agent.record_call(request).await.map(|_| ())
}

fn assert_away(refused: &Status) {
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let retry = refused.get_details_retry_info().and_then(|info| info.retry_delay);
    assert!(retry.is_some(), "{refused}");
}

/// All five services in one process, on a private Postgres, with the small city.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_may_only_read_are_unavailable_and_work_soon_after() {
    let running = Running::start();
    let data = running.folder.path().join("data");
    let urls = Name::ALL.map(|name| running.url(name));
    let mut agent = agent(&urls[Name::Intake as usize], &data);
    call(&mut agent).await.expect("it works");
    assert!(running.says(&["smoke"]).contains("events travel both ways"));
    let admin = running_postgres_url(&data.join("servers"), "postgres", "postgres").expect("it runs");
    let mut admin = PgConnection::connect(&admin).await.expect("connected");

    turn(&mut admin, true).await;
    let ended = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where usename like 'hotline_%'";
    let ended: i64 = sqlx::query_scalar(ended).fetch_one(&mut admin).await.expect("ended");
    assert!(ended >= 5, "{ended}");
    testkit::until("nobody serves", async || {
        assert_away(&call(&mut agent).await.expect_err("nothing can be written"));
        all_say(&urls, ServingStatus::NotServing).await
    })
    .await;

    turn(&mut admin, false).await;
    let back = Instant::now();
    testkit::until("all serve and a call is taken", async || {
        let taken = call(&mut agent).await;
        if let Err(refused) = &taken {
            assert_away(refused);
        }
        taken.is_ok() && all_say(&urls, ServingStatus::Serving).await
    })
    .await;
    let took = back.elapsed();
    assert!(took < SOON, "it works after {took:?}");
    // Also relays and consumers.
    assert!(running.says(&["smoke"]).contains("events travel both ways"));
    running.process.signal("TERM");
    assert!(running.process.ended(), "it ends in order");
}

/// A session opened while the server was read-only stays read-only, so the pool drops it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_session_is_not_used_again() {
    let database = database("intake", Name::Intake.migrator()).await;
    let options = PgConnectOptions::from_str(&database.url).expect("our own URL");
    let name = options.get_database().expect("a test's database has a name").to_owned();
    let mut admin = PgConnection::connect_with(&options.database("postgres"))
        .await
        .expect("connected");
    let config = DatabaseConfig {
        url: database.url.clone(),
        max_connections: 1,
        ..platform::config::shared_defaults().database
    };
    let pool = platform::store::connect(&config).await.expect("it may write");
    for read_only in ["on", "off", "on", "off"] {
        let statement = format!("alter database {name} set default_transaction_read_only = {read_only}");
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut admin)
            .await
            .expect("altered");
        sqlx::query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1 and $2 = 'on'")
            .bind(&name)
            .bind(read_only)
            .execute(&mut admin)
            .await
            .expect("ended");
        let write = "insert into superseded (source, event_id, reason) values ('x', gen_random_uuid(), 'y')";
        for _ in 0..3 {
            let written = sqlx::query(write).execute(&pool).await.map_err(StoreError::from);
            match written {
                Ok(_) => assert_eq!(read_only, "off"),
                Err(error) => assert!(error.is_away() && read_only == "on", "{read_only}: {error:?}"),
            }
        }
        let works = Look::new(pool.connect_options().as_ref().clone()).works().await;
        assert_eq!(works, read_only == "off");
        let started = platform::store::connect(&config).await.map(|_| ());
        match started {
            Ok(()) => assert_eq!(read_only, "off"),
            Err(refused) => assert!(refused.to_string().contains("is read-only"), "{read_only}: {refused}"),
        }
        platform::store::connect_reading(&config).await.expect("it may be read");
    }
}

/// A standby on its own server, which is promoted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_is_waited_for_until_it_takes_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let first = Servers::start(folder.path(), Durability::Durable)
        .await
        .expect("it starts");
    first.stop().await;
    std::fs::write(folder.path().join("postgres/standby.signal"), "").expect("written");
    let standby = Servers::start(folder.path(), Durability::Durable)
        .await
        .expect("it starts");
    let config = DatabaseConfig {
        url: standby.postgres_url("postgres", "postgres"),
        ..platform::config::shared_defaults().database
    };
    let refused = platform::store::connect(&config).await.expect_err("it follows another");
    assert!(matches!(refused, StoreError::Unreachable(_)), "{refused}");
    let reading = platform::store::connect_reading(&config).await.expect("it may be read");
    let mut look = Look::new(reading.connect_options().as_ref().clone());
    assert!(!look.works().await, "it cannot be written");
    let promoted: bool = sqlx::query_scalar("select pg_promote()")
        .fetch_one(&reading)
        .await
        .expect("told");
    assert!(promoted);
    assert!(look.works().await, "it has taken over");
    let pool = platform::store::connect(&config).await.expect("it has taken over");
    sqlx::query("create table written ()")
        .execute(&pool)
        .await
        .expect("written");
    for pool in [pool, reading] {
        pool.close().await;
    }
    drop(look);
    standby.stop().await;
}
