//! Faults that must neither lose nor double an effect: a lost Redis, late facts, callers that hang up.

use std::time::{Duration, Instant};

use futures::future::join_all;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::common::ClockKind;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{CallOutcome, RecordCallRequest};
use hotline_proto::routing::{ListOrdersRequest, SignOrderRequest};
use hotline_proto::supervision::ListCardsRequest;
use platform::auth::{Principal, TokenSource};
use rpc::client::{Peer, peer};
use rpc::time::from_proto;
use sqlx::Connection as _;
use testkit::at;
use tonic::{Code, Request};
use uuid::Uuid;

use crate::fixture::Five;
use crate::fixture::people::request_id;

/// Registers and forwards one appeal. Returns the order's id, before another service has read the event.
async fn forward(five: &Five) -> String {
    five.forward_only(&five.register().await).await
}

async fn cards(five: &Five, order_id: &str) -> (usize, usize) {
    let request = ListCardsRequest {
        order_id: order_id.to_owned(),
        ..ListCardsRequest::default()
    };
    let cards = five
        .clients
        .supervision_analyst()
        .expect("a client")
        .list_cards(request)
        .await
        .expect("listed")
        .into_inner()
        .cards;
    let standing = cards.iter().filter(|card| card.withdrawn_time.is_none()).count();
    (cards.len(), standing)
}

async fn sign_due(five: &Five, order_id: &str) -> chrono::DateTime<chrono::Utc> {
    let orders = five
        .clients
        .routing_analyst()
        .expect("a client")
        .list_orders(ListOrdersRequest::default())
        .await
        .expect("listed")
        .into_inner()
        .orders;
    let order = orders
        .into_iter()
        .find(|order| order.order_id == order_id)
        .expect("the order");
    let due = order.deadline(ClockKind::Sign).and_then(|sign| sign.due_time);
    from_proto(due.as_ref().expect("a deadline")).expect("an instant")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_forgets_everything_in_mid_way_loses_nothing() {
    let five = Five::start(at(1, 9, 0)).await;
    let client = redis::Client::open(testkit::redis_url()).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis runs");
    let mut orders = Vec::new();
    for round in 0..6 {
        orders.push(forward(&five).await);
        if round % 2 == 0 {
            five.rest().await;
        }
        for pool in &five.suite.pools {
            let epoch: Uuid = sqlx::query_scalar("select epoch from log_meta")
                .fetch_one(pool)
                .await
                .expect("an epoch");
            let keys: Vec<String> = redis::AsyncCommands::keys(&mut connection, format!("hotline:*:{epoch}:*"))
                .await
                .expect("keys");
            if !keys.is_empty() {
                let _: () = redis::AsyncCommands::del(&mut connection, keys)
                    .await
                    .expect("forgotten");
            }
        }
    }
    five.rest().await;
    let open: i64 = sqlx::query_scalar("select count(*) from orders")
        .fetch_one(five.suite.pool(Name::Routing))
        .await
        .expect("a count");
    let facts: i64 = sqlx::query_scalar("select count(*) from fact_order")
        .fetch_one(five.suite.pool(Name::Analytics))
        .await
        .expect("a count");
    assert_eq!((open, facts), (6, 6));
    let violations = hosting::examine::examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    five.stop().await;
}

/// A private Redis, which the test kills.
struct OwnRedis {
    directory: tempfile::TempDir,
    process: std::process::Child,
}

impl OwnRedis {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a folder");
        let process = Self::spawn(directory.path());
        Self { directory, process }
    }

    fn spawn(directory: &std::path::Path) -> std::process::Child {
        std::process::Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(directory.join("redis.sock"))
            .arg("--dir")
            .arg(directory)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("redis-server is installed by `make setup`")
    }

    fn url(&self) -> String {
        format!("redis+unix://{}/redis.sock", self.directory.path().display())
    }

    async fn answers(&self) {
        let client = redis::Client::open(self.url()).expect("a URL");
        let connects = async || client.get_multiplexed_async_connection().await.is_ok();
        testkit::until("a Redis that answers", connects).await;
    }

    async fn flush_all(&self) {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client.get_multiplexed_async_connection().await.expect("it answers");
        let held: u64 = redis::cmd("DBSIZE")
            .query_async(&mut connection)
            .await
            .expect("a count");
        assert!(held > 0, "there is something to lose");
        let _: () = redis::cmd("FLUSHALL").query_async(&mut connection).await.expect("done");
    }

    /// Kills it, as a crash does. Its data is lost.
    fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }

    /// Starts a new one at the same address.
    fn start_again(&mut self) {
        self.process = Self::spawn(self.directory.path());
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_is_flushed_and_killed_and_comes_back_empty_loses_nothing() {
    let mut redis = OwnRedis::start();
    redis.answers().await;
    let five = Five::start_with_redis(at(1, 9, 0), redis.url()).await;
    let before = forward(&five).await;
    five.rest().await;
    redis.flush_all().await;
    forward(&five).await;
    redis.kill();
    // Calls are accepted and orders move on while it is away, and after it is back without data.
    forward(&five).await;
    five.rest().await;
    sign_due(&five, &before).await;
    forward(&five).await;
    redis.start_again();
    redis.answers().await;
    forward(&five).await;
    five.rest().await;
    let facts: i64 = sqlx::query_scalar("select count(*) from fact_order where version is not null")
        .fetch_one(five.suite.pool(Name::Analytics))
        .await
        .expect("a count");
    assert_eq!(facts, 5);
    let violations = hosting::examine::examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    five.stop().await;
}

/// Signs in time. Returns whether the signature counted as late.
async fn signs_late(five: &Five, unit: &str, order_id: &str) -> bool {
    let request = SignOrderRequest {
        request_id: request_id(),
        order_id: order_id.to_owned(),
        ..SignOrderRequest::default()
    };
    let mut liaison = five.clients.liaison(unit).expect("a client");
    liaison.sign_order(request).await.expect("signed").into_inner().late
}

/// Supervision does not poll routing's log while the deadline passes. Without that knowledge it issues no card.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_in_time_that_is_read_late_leaves_no_card_and_none_gives_exactly_one() {
    let five = Five::start(at(1, 9, 0)).await;
    let (signed, unsigned) = (forward(&five).await, forward(&five).await);
    five.rest().await;
    let due = sign_due(&five, &signed).await;
    five.clock.move_to(due - chrono::Duration::minutes(1));
    let unit = five.look(&signed).await.lead_unit;
    assert!(!signs_late(&five, &unit, &signed).await);
    five.clock.move_to(due + chrono::Duration::minutes(30));
    let worker = five
        .suite
        .steps
        .iter()
        .find(|driven| driven.step.name() == "supervision.fire_clocks")
        .expect("the worker");
    assert_eq!(
        worker.step.run_once().await.expect("it runs").did,
        0,
        "the signature is still on its way"
    );
    five.rest().await;
    five.rest().await;
    assert_eq!(cards(&five, &signed).await, (0, 0));
    assert_eq!(cards(&five, &unsigned).await, (1, 1));
    five.rest().await;
    assert_eq!(cards(&five, &unsigned).await, (1, 1), "a clock fires once");
    five.stop().await;
}

/// The order is signed in time, but the transaction commits after the deadline, because another session holds the log's
/// heads. The signature is unknown until then. The card that is issued meanwhile is taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_in_time_whose_commit_is_held_back_past_the_deadline_leaves_no_card_standing() {
    let five = Five::start(at(1, 9, 0)).await;
    let (signed, unsigned) = (forward(&five).await, forward(&five).await);
    five.rest().await;
    let due = sign_due(&five, &signed).await;
    let unit = five.look(&signed).await.lead_unit;
    five.clock.move_to(due - chrono::Duration::minutes(1));
    let routing = five.suite.pool(Name::Routing);
    let mut holder = routing.begin().await.expect("a transaction");
    sqlx::query("select from log_head for update")
        .execute(&mut *holder)
        .await
        .expect("held");
    let holding_back = async {
        testkit::waiting(routing, 1).await;
        five.at(due + chrono::Duration::minutes(30)).await;
        assert_eq!(cards(&five, &signed).await, (1, 1), "nobody can know of it yet");
        holder.rollback().await.expect("let go");
    };
    let (late, ()) = futures::join!(signs_late(&five, &unit, &signed), holding_back);
    assert!(!late, "it was given before the deadline");
    five.rest().await;
    assert_eq!(cards(&five, &signed).await, (1, 0), "taken back");
    assert_eq!(cards(&five, &unsigned).await, (1, 1));
    five.stop().await;
}

/// Number of callers. Each has its own connection, so calls do not queue behind those of another caller.
const CALLERS: usize = 100;
/// Calls of each caller.
const TIMES: u32 = 100;

/// Number of hurried callers. Each is another person with its own connection, so the rate limit ends no call.
fn callers(five: &Five) -> Vec<IntakeServiceClient<Peer>> {
    let caller = |n: usize| {
        let principal = Principal {
            subject: format!("hurried:{n}"),
            roles: vec![Role::Agent],
            unit: None,
            platform: None,
        };
        let tokens = TokenSource::of(five.suite.issuer.clone(), principal);
        IntakeServiceClient::new(peer(five.suite.url(Name::Intake), &tokens).expect("a URL"))
    };
    (0..CALLERS).map(caller).collect()
}

/// The way in which a caller waits.
#[derive(Clone, Copy)]
enum Patience {
    /// Without a limit. Retries when the server is overloaded by the work of callers that hung up.
    Endless,
    /// With a deadline in the call, at which both sides end it.
    Deadline(Duration),
    /// Drops the call after this time without a notice.
    HangsUp(Duration),
}

/// Lets all callers call once. Returns the answered ones.
async fn all_call(callers: &mut [IntakeServiceClient<Peer>], patience: impl Fn(u32) -> Patience) -> Vec<bool> {
    let calls = callers.iter_mut().zip(0..).map(|(agent, n)| {
        let patience = patience(n);
        async move {
            let mut request = Request::new(RecordCallRequest {
                request_id: request_id(),
                outcome: CallOutcome::Answered.into(),
                phone: String::new(),
                offered_time: None,
            });
            match patience {
                Patience::Endless => loop {
                    match agent.record_call(request.get_ref().clone()).await {
                        Ok(_) => break true,
                        Err(shed) => assert_eq!(shed.code(), Code::Unavailable, "{shed}"),
                    }
                },
                Patience::Deadline(within) => {
                    request.set_timeout(within);
                    agent.record_call(request).await.is_ok()
                }
                Patience::HangsUp(after) => {
                    let answer = tokio::time::timeout(after, agent.record_call(request)).await;
                    answer.is_ok_and(|answer| match answer {
                        Ok(_) => true,
                        Err(shed) => {
                            assert_eq!(shed.code(), Code::Unavailable, "{shed}");
                            false
                        }
                    })
                }
            }
        }
    });
    join_all(calls).await
}

/// 10,000 calls with deadlines of 1 to 20 ms, and 2,000 whose callers wait, hang up or let their deadline pass. Their
/// times range from zero to twice the time of an answer. Each call takes effect completely or not at all, and no
/// session stays in a transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_hang_up_leave_no_session_in_a_transaction() {
    let five = Five::start(at(1, 9, 0)).await;
    let mut callers = callers(&five);
    all_call(&mut callers, |_| Patience::Endless).await;
    let began = Instant::now();
    all_call(&mut callers, |_| Patience::Endless).await;
    let usual = began.elapsed();

    let (mut answered, mut cut_off) = (0, 0);
    for round in 0..TIMES + TIMES / 5 {
        let short = |n: u32| Patience::Deadline(Duration::from_millis(u64::from(1 + (round * 7 + n * 13) % 20)));
        let of_usual = |n: u32| usual * ((round * 7 + n * 13) % 100) / 50;
        let outcomes = all_call(&mut callers, |n| match (round % 6, n % 5) {
            (5, 0) => Patience::Endless,
            (5, 1 | 2) => Patience::HangsUp(of_usual(n)),
            (5, _) => Patience::Deadline(of_usual(n)),
            _ => short(n),
        })
        .await;
        answered += outcomes.iter().filter(|answered| **answered).count();
        cut_off += outcomes.iter().filter(|answered| !**answered).count();
    }
    assert_eq!(answered + cut_off, 12_000);
    assert!(answered > 0 && cut_off > 0, "{answered} answered, {cut_off} cut off");

    let intake = five.suite.pool(Name::Intake).clone();
    five.suite.lifecycle.stop();
    assert!(
        five.suite.lifecycle.finish(Duration::from_secs(20)).await,
        "every call was worked to its end"
    );
    // Over its own connection: the pool might first have to clean the one that it lends.
    let options = intake.connect_options().as_ref().clone();
    let mut look = sqlx::PgConnection::connect_with(&options).await.expect("connected");
    let idle: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    )
    .fetch_one(&mut look)
    .await
    .expect("a count");
    assert_eq!(idle, 0);
    let events: i64 = sqlx::query_scalar("select count(*) from log where type = 'call_recorded'")
        .fetch_one(&intake)
        .await
        .expect("a count");
    let calls: i64 = sqlx::query_scalar("select count(*) from call")
        .fetch_one(&intake)
        .await
        .expect("a count");
    assert_eq!(calls, events, "a call and its event are one commit");
    let done = usize::try_from(calls).expect("positive") - 2 * CALLERS;
    assert!(
        answered < done && done <= 12_000,
        "{done} done, {answered} answered: some were cut off in the middle, and were done nevertheless"
    );
}
