//! The binary as operators run it: SIGTERM under load, and errors that say what to do.

use std::path::Path;

use hosting::Name;
use hosting::home::Home;
use hotline_proto::access::Role;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{CallOutcome, RecordCallRequest};
use personal::sealing::{Kek, Sealer};
use platform::auth::{Issuer, Principal, TokenSource};
use platform::config::RedisConfig;
use rpc::client::{Peer, peer};
use testkit::{Database, database, redis_url};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

use crate::fixture::process::Process;

pub fn agent(url: &str, home: &Path) -> IntakeServiceClient<Peer> {
    let mut auth = platform::config::shared_defaults().auth;
    auth.private_key_file = Home::open(home).expect("keys").private_key();
    let principal = Principal {
        subject: "load".to_owned(),
        roles: vec![Role::Agent],
        unit: None,
        platform: None,
    };
    let tokens = TokenSource::of(Issuer::open(&auth).expect("a key"), principal);
    IntakeServiceClient::new(peer(url, &tokens).expect("a URL"))
}

pub fn variables(
    name: Name,
    database: &Database,
    home: &Home,
    listen: &str,
    peers: &[String],
) -> Vec<(String, String)> {
    let key = |section: &str| format!("{}_{section}", name.as_str().to_uppercase());
    let mut all = vec![
        (key("DATABASE__URL"), database.url.clone()),
        (key("REDIS__URL"), redis_url()),
        (key("EVENTS__PARTITIONS"), testkit::databases::PARTITIONS.to_string()),
        (key("SERVER__LISTEN"), listen.to_owned()),
        (key("SERVER__DRAIN_SECONDS"), "0".to_owned()),
        (key("AUTH__PUBLIC_KEY_FILE"), home.public_key().display().to_string()),
        (key("AUTH__PRIVATE_KEY_FILE"), home.private_key().display().to_string()),
        (key("SEALING__KEY_FILE"), home.sealing_key().display().to_string()),
    ];
    for (peer, url) in Name::ALL.iter().zip(peers) {
        all.push((key(&format!("PEERS__{}", peer.as_str().to_uppercase())), url.clone()));
    }
    all
}

pub async fn record(agent: &mut IntakeServiceClient<Peer>) -> Option<String> {
    let request = RecordCallRequest {
        request_id: Uuid::new_v4().to_string(),
        outcome: CallOutcome::Answered.into(),
        phone: String::new(),
        offered_time: None,
    };
    agent
        .record_call(request)
        .await
        .ok()
        .map(|answer| answer.into_inner().call_id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_ended_under_load_loses_nothing_that_it_acknowledged() {
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let database = database("intake", Name::Intake.migrator()).await;
    let peers = vec!["http://127.0.0.1:1".to_owned(); 5];
    let mut process = Process::start(
        &["serve", "intake"],
        &variables(Name::Intake, &database, &home, "127.0.0.1:0", &peers),
    );
    let url = process.url("intake");
    let mut loads = Vec::new();
    for _ in 0..8 {
        let mut agent = agent(&url, directory.path());
        loads.push(async move {
            let mut acknowledged = Vec::new();
            while let Some(id) = record(&mut agent).await {
                acknowledged.push(id);
            }
            acknowledged
        });
    }
    let watcher = async {
        let mut watch = agent(&url, directory.path());
        for _ in 0..50 {
            record(&mut watch).await.expect("it serves");
        }
        process.signal("TERM");
    };
    let (acknowledged, ()) = tokio::join!(futures::future::join_all(loads), watcher);
    assert!(process.ended(), "it ends in order");
    let acknowledged: Vec<Uuid> = acknowledged
        .into_iter()
        .flatten()
        .map(|id| id.parse().expect("a UUID"))
        .collect();
    assert!(!acknowledged.is_empty());
    let found: i64 = sqlx::query_scalar("select count(*) from call where id = any($1)")
        .bind(&acknowledged)
        .fetch_one(&database.pool)
        .await
        .expect("a count");
    assert_eq!(usize::try_from(found).expect("positive"), acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_without_redis_works_and_says_so() {
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let database = database("intake", Name::Intake.migrator()).await;
    let peers = vec!["http://127.0.0.1:1".to_owned(); 5];
    let mut settings = variables(Name::Intake, &database, &home, "127.0.0.1:0", &peers);
    settings.retain(|(key, _)| key != "INTAKE_REDIS__URL");
    settings.push(("INTAKE_REDIS__URL".to_owned(), "redis://127.0.0.1:1".to_owned()));
    let mut process = Process::start(&["serve", "intake"], &settings);
    let url = process.url("intake");
    assert!(record(&mut agent(&url, directory.path())).await.is_some(), "it works");
    process.signal("TERM");
    let log = process.log();
    assert!(
        log.contains("Redis is away; works without it, slower") && log.contains("127.0.0.1:1"),
        "{log}"
    );
}

pub async fn probe(url: &str, service: &str) -> Option<ServingStatus> {
    let channel = tonic::transport::Endpoint::from_shared(url.to_owned())
        .expect("a URL")
        .connect_lazy();
    let mut client = HealthClient::new(channel);
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    Some(client.check(request).await.ok()?.into_inner().status())
}

async fn until_serving(url: &str, service: &str) {
    let serves = async || probe(url, service).await == Some(ServingStatus::Serving);
    testkit::until("SERVING", serves).await;
}

/// A new replica is ready only when it has the keys of people, but other services may call it before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_ready_when_it_knows_the_keys_of_people() {
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let database = database("intake", Name::Intake.migrator()).await;
    let peers = vec!["http://127.0.0.1:1".to_owned(); 5];
    let (issuer, keys) = testkit::listen().await;
    let mut settings = variables(Name::Intake, &database, &home, "127.0.0.1:0", &peers);
    settings.retain(|(key, _)| key != "INTAKE_AUTH__PUBLIC_KEY_FILE");
    let public = home.public_key();
    for (key, value) in [
        ("AUTH__JWKS_URL", keys),
        ("AUTH__SERVICE_PUBLIC_KEY_FILE", public.display().to_string()),
        ("SERVER__PROBE_LISTEN", "127.0.0.1:0".to_owned()),
    ] {
        settings.push((format!("INTAKE_{key}"), value));
    }
    let mut process = Process::start(&["serve", "intake"], &settings);
    let probes = process.url("probes");
    process.url("intake");
    // The kubelet kills a container that does not start. This one starts and waits.
    until_serving(&probes, "startup").await;
    assert_eq!(probe(&probes, "readiness").await, Some(ServingStatus::NotServing));
    assert_eq!(probe(&probes, "liveness").await, Some(ServingStatus::Serving));
    // The base point of the curve: a key without an owner.
    let key =
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","x":"WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY"}]}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{key}",
        key.len()
    );
    let serving = async {
        loop {
            let (mut stream, _) = issuer.accept().await.expect("a connection");
            // The request is read to its end. Closing with unread bytes would reset the connection and lose the answer.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {}
            // A client that waited too long has gone.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    };
    tokio::select! {
        () = serving => unreachable!("it serves for ever"),
        () = until_serving(&probes, "readiness") => {}
    }
    process.signal("TERM");
    let log = process.log();
    assert!(!log.contains("no key is known"), "nothing failed: {log}");
}

/// More spans than the exporter queues, with a collector that never answers, and with no collector. Every call is
/// answered, and the process stops in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_dead_costs_no_call() {
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let peers = vec!["http://127.0.0.1:1".to_owned(); 5];
    let (_silent, silent) = testkit::listen().await;
    for endpoint in [silent.as_str(), "http://127.0.0.1:1"] {
        let database = database("intake", Name::Intake.migrator()).await;
        let mut settings = variables(Name::Intake, &database, &home, "127.0.0.1:0", &peers);
        settings.push(("INTAKE_OTLP__ENDPOINT".to_owned(), endpoint.to_owned()));
        settings.push(("INTAKE_SERVER__MAX_CALLS_PER_SECOND".to_owned(), "100000".to_owned()));
        let mut process = Process::start(&["serve", "intake"], &settings);
        let url = process.url("intake");
        let loads = (0..10).map(|_| {
            let mut agent = agent(&url, directory.path());
            async move {
                for _ in 0..300 {
                    record(&mut agent).await.expect("it serves");
                }
            }
        });
        futures::future::join_all(loads).await;
        process.signal("TERM");
        let log = process.log();
        // A silent collector delays the stop up to its limit; a missing one refuses at once.
        let waited = log.contains("the last spans could not be sent");
        assert_eq!(waited, endpoint == silent, "{endpoint}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_said_with_what_to_do() {
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let right = database("intake", Name::Intake.migrator()).await;
    let peers = vec!["http://127.0.0.1:1".to_owned(); 5];
    let settings = variables(Name::Intake, &right, &home, "127.0.0.1:0", &peers);
    let with = |key: &str, value: &str| {
        let mut changed = settings.clone();
        changed.retain(|(found, _)| found != key);
        changed.push((key.to_owned(), value.to_owned()));
        changed
    };
    let nowhere = "postgres://hotline@127.0.0.1:1/hotline_intake";
    // The service has sealed data, and then gets the key of another service.
    let key = Kek::read(&home.sealing_key()).expect("a key");
    let sealer = Sealer::new(right.pool.clone(), "intake", key);
    sealer.key_for(testkit::at(1, 9, 0)).await.expect("a data key");
    let other = Home::open(&directory.path().join("other")).expect("keys");
    for (settings, told) in [
        (with("INTAKE_DATABASE__URL", nowhere), "no Postgres at 127.0.0.1:1"),
        (with("INTAKE_DATABASE__ULR", "x"), "ulr"),
        (
            with("INTAKE_SEALING__KEY_FILE", "/nowhere/key"),
            "sealing.key_file /nowhere/key",
        ),
        (
            with("INTAKE_SEALING__KEY_FILE", &other.sealing_key().display().to_string()),
            "sealing.key_file holds another key",
        ),
        (
            with("INTAKE_AUTH__PUBLIC_KEY_FILE", "/nowhere/pem"),
            "auth.public_key_file /nowhere/pem",
        ),
        (with("INTAKE_PEERS__ROUTING", "not an address"), "not an address"),
    ] {
        let output = Process::start(&["serve", "intake"], &settings).output();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(told), "{told}: {errors}");
    }
}

#[tokio::test]
async fn a_postgres_that_is_too_old_is_named_with_what_to_install() {
    let right = database("intake", Name::Intake.migrator()).await;
    let config = platform::config::DatabaseConfig {
        url: right.url,
        ..platform::config::shared_defaults().database
    };
    let error = platform::store::connect_requiring(&config, 99)
        .await
        .expect_err("nobody has 99");
    let told = error.to_string();
    assert!(
        told.contains("the oldest that works is 99") && told.contains("install postgresql-99"),
        "{told}"
    );
    platform::store::connect(&config)
        .await
        .expect("the one that is here is new enough");
}

fn redis(url: &str) -> Result<platform::redis::Client, String> {
    let config = RedisConfig {
        url: url.to_owned(),
        ..platform::config::shared_defaults().redis
    };
    platform::redis::client(&config).map(|client| client.expect("a URL was given"))
}

#[tokio::test]
async fn a_redis_that_is_too_old_is_named_with_what_to_install() {
    let told = platform::redis::check_requiring(&redis(&testkit::redis_url()).expect("a client"), 99)
        .await
        .expect_err("nobody has 99");
    assert!(
        told.contains("the oldest that works is 99") && told.contains("apt-get install redis-server"),
        "{told}"
    );
    let here = platform::redis::check(&redis(&testkit::redis_url()).expect("a client")).await;
    here.expect("the one that is here is new enough");
    let away = platform::redis::check(&redis("redis://:secret@127.0.0.1:1").expect("a client")).await;
    away.expect("one that is away stops nobody");
    let nonsense = redis("http://x").expect_err("no URL of Redis");
    assert!(nonsense.contains("redis.url"), "{nonsense}");
}
