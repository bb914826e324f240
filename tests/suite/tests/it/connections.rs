//! Lifetimes of connections and calls, to other services and to Postgres.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hotline_proto::access::Role;
use hotline_proto::common::GetHeadsRequest;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::config::DatabaseConfig;
use platform::lifecycle::Lifecycle;
use rpc::balance::Security;
use rpc::client::Dialer;
use sqlx::postgres::PgConnectOptions;
use testkit::listen;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::secured::{ask, caller, plain, routing, serve, serve_for, tokens};

/// Accepts connections until the lifecycle stops, each in its own task.
fn each_caller<F>(listener: TcpListener, lifecycle: &Lifecycle, mut serve: impl FnMut(TcpStream) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (inner, stopping) = (lifecycle.clone(), lifecycle.stopping());
    lifecycle.spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stopping.cancelled() => return,
            };
            let (serving, stopping) = (serve(accepted.expect("a caller").0), inner.stopping());
            inner.spawn(async move {
                tokio::select! {
                    () = serving => {}
                    () = stopping.cancelled() => {}
                }
            });
        }
    });
}

/// A proxy that counts the connections through it.
async fn counting(server: std::net::SocketAddr, before: &Lifecycle) -> (String, Arc<AtomicUsize>) {
    let (listener, url) = listen().await;
    let count: Arc<AtomicUsize> = Arc::default();
    let counted = count.clone();
    each_caller(listener, before, move |mut caller| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut server = TcpStream::connect(server).await.expect("it lives");
            let _ = tokio::io::copy_bidirectional(&mut caller, &mut server).await;
        }
    });
    (url, count)
}

/// A connection ends for its age. Open calls are answered, later calls use a new connection, and no call fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_connection_ends_when_its_calls_are_answered() {
    let database = routing().await;
    let (listener, _) = listen().await;
    let address = listener.local_addr().expect("bound");
    let (lifecycle, _) = serve_for(1, &database, listener, plain()).await;
    let before = Lifecycle::new();
    let (url, connections) = counting(address, &before).await;
    let dialer = Dialer::new(
        "test",
        tokens("service:test", Role::Service),
        Security::Plain,
        Duration::from_secs(1),
    );
    let peer = dialer.peer(&url).expect("a right URL");
    let client = EventLogServiceClient::new(peer.clone());
    ask(&client).await.expect("it lives");
    // A call that waits as long as another session holds its lock.
    let mut held = database.pool.begin().await.expect("a transaction");
    sqlx::query("lock table log_head in access exclusive mode")
        .execute(&mut *held)
        .await
        .expect("locked");
    let mut health = HealthClient::new(peer);
    let renewed = async {
        while connections.load(Ordering::SeqCst) < 2 {
            health
                .check(HealthCheckRequest::default())
                .await
                .expect("no call fails");
        }
    };
    let given_back = async {
        testkit::within("a second connection", renewed).await;
        held.rollback().await.expect("given back");
    };
    let (answered, ()) = tokio::join!(ask(&client), given_back);
    answered.expect("it is answered over the first connection");
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}

/// A slow replica does not count as dead and the call is not retried. The caller's deadline ends the call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_ends_with_the_callers_time() {
    let database = routing().await;
    let (listener, _) = listen().await;
    let address = listener.local_addr().expect("bound");
    let (lifecycle, _) = serve(&database, listener, plain()).await;
    let before = Lifecycle::new();
    let (url, connections) = counting(address, &before).await;
    let client = caller("service:test", Role::Service, Security::Plain, &url);
    ask(&client).await.expect("it lives");
    let mut held = database.pool.begin().await.expect("a transaction");
    sqlx::query("lock table log_head in access exclusive mode")
        .execute(&mut *held)
        .await
        .expect("locked");
    let mut request = tonic::Request::new(GetHeadsRequest {});
    request.set_timeout(Duration::from_millis(300));
    let late = client.clone().get_heads(request).await.expect_err("nobody answers");
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late:?}");
    testkit::waiting(&database.pool, 1).await;
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from pg_locks join pg_database as d on d.oid = database
             where not granted and d.datname = current_database() and relation = 'log_head'::regclass",
    )
    .fetch_one(&database.pool)
    .await
    .expect("Postgres tells");
    assert_eq!(waiting, 1, "it was asked once");
    held.rollback().await.expect("given back");
    ask(&client).await.expect("it is not taken for dead");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}

/// A proxy before Postgres. When it is muted, its open connections are neither read nor closed, as when a machine is
/// gone. Later connections work.
async fn muting(server: PathBuf, lifecycle: &Lifecycle) -> (std::net::SocketAddr, watch::Sender<bool>) {
    let (listener, _) = listen().await;
    let address = listener.local_addr().expect("bound");
    let (mute, muted) = watch::channel(false);
    each_caller(listener, lifecycle, move |mut caller| {
        let (server, mut muted) = (server.clone(), muted.clone());
        muted.mark_unchanged();
        async move {
            let mut server = UnixStream::connect(&server).await.expect("Postgres is there");
            tokio::select! {
                biased;
                _ = muted.changed() => std::future::pending().await,
                _ = tokio::io::copy_bidirectional(&mut caller, &mut server) => {}
            }
        }
    });
    (address, mute)
}

/// Work that is dropped inside `begin` leaves an open transaction. Its connection is not used again.
#[tokio::test]
async fn a_connection_that_comes_back_within_a_transaction_is_closed() {
    let database = routing().await;
    let config = DatabaseConfig {
        url: database.url.clone(),
        max_connections: 1,
        ..platform::config::shared_defaults().database
    };
    let pool = platform::store::connect(&config).await.expect("Postgres is there");
    let process = "select pg_backend_pid()";
    let mut left = pool.acquire().await.expect("the only one");
    let first: i32 = sqlx::query_scalar(process).fetch_one(&mut *left).await.expect("told");
    drop(left);
    let mut left = pool.acquire().await.expect("the only one");
    let again: i32 = sqlx::query_scalar(process).fetch_one(&mut *left).await.expect("told");
    assert_eq!(again, first, "one that is well is used again");
    sqlx::raw_sql("begin").execute(&mut *left).await.expect("begun");
    drop(left);
    let other: i32 = sqlx::query_scalar(process).fetch_one(&pool).await.expect("told");
    assert_ne!(other, first);
}

/// A silent connection frees its place in the pool, even when it is never closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_falls_silent_keeps_no_place_in_the_pool() {
    let database = routing().await;
    let lifecycle = Lifecycle::new();
    let options: PgConnectOptions = database.url.parse().expect("a URL");
    let folder = options.get_socket().expect("a private server has one");
    let server = folder.join(format!(".s.PGSQL.{}", options.get_port()));
    let (address, mute) = muting(server, &lifecycle).await;
    let (user, name) = (options.get_username(), options.get_database().expect("named"));
    let config = DatabaseConfig {
        url: format!("postgres://{user}@{address}/{name}"),
        max_connections: 1,
        ..platform::config::shared_defaults().database
    };
    let pool = platform::store::connect(&config).await.expect("Postgres is there");
    let mut work = pool.begin().await.expect("a transaction");
    mute.send(true).expect("somebody listens");
    let asked = sqlx::query("select 1").execute(&mut *work);
    let waited = tokio::time::timeout(Duration::from_millis(100), asked).await;
    assert!(waited.is_err(), "nobody answers");
    drop(work);
    let one: i32 = sqlx::query_scalar("select 1")
        .fetch_one(&pool)
        .await
        .expect("another connection is made in its place");
    assert_eq!(one, 1);
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}
