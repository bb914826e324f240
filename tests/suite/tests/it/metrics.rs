//! Compares the exported metrics with docs/metrics.md, name by name and label by label. Rules, dashboards and runbooks
//! are checked against that page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use eventlog::{ApplyError, Consumer, Effect, Handler, Recorded, Source, Tx};
use hosting::Name;
use hotline_proto::callback::{LeaseTasksRequest, ListTasksRequest};
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::auth::{TokenSource, Verifier, generate_key_pair};
use platform::clock::SystemClock;
use platform::config::{AuthConfig, ClientCertificates, TlsConfig};
use platform::metrics::{Metrics, take};
use platform::steps::{Ran, Step, StepError, drive};
use platform::tls::Certificates;
use rpc::client::peer;
use testkit::{Authority, at};

use crate::fixture::Five;
use crate::way_of_an_order::brought_and_forwarded;

const PAGE: &str = include_str!("../../../../docs/metrics.md");

/// Metrics exported only after a failure, or with TLS.
const ON_OCCASION: [&str; 6] = [
    "hotline_step_failures_total",
    "hotline_consumer_redis_failures_total",
    "hotline_tls_reload_failures_total",
    "hotline_jwks_refresh_failures_total",
    "hotline_jwks_refresh_failing",
    "hotline_tls_certificate_expiry_timestamp_seconds",
];

struct Fails;

#[async_trait::async_trait]
impl Step for Fails {
    fn name(&self) -> &'static str {
        "intake.relay"
    }

    async fn run_once(&self) -> Result<Ran, StepError> {
        Err(StepError::Stopped("as it has to".to_owned()))
    }
}

#[async_trait::async_trait]
impl Handler for Fails {
    async fn apply(&self, _: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        Ok(vec![Effect::Applied; events.len()])
    }
}

/// A consumer with an unreachable Redis.
async fn deaf(five: &Five) -> Arc<Consumer> {
    let pool = five.suite.pool(Name::Routing);
    let store = testkit::log("routing", pool, Arc::new(SystemClock)).await;
    let tokens = TokenSource::service(five.suite.issuer.clone(), "routing");
    let source = Source {
        service: "intake",
        client: EventLogServiceClient::new(peer(five.suite.url(Name::Intake), &tokens).expect("a URL")),
        // Nobody listens on the first port.
        redis: Some(platform::redis::Client::open("redis://127.0.0.1:1").expect("a URL")),
    };
    Arc::new(Consumer::new(&store, source, Arc::new(Fails)))
}

/// Causes each failure until it is counted: a failing step, an unreachable Redis and issuer, an overwritten
/// certificate.
async fn occasions(metrics: &Metrics, five: &Five) {
    let lifecycle = &five.suite.lifecycle;
    drive(lifecycle, Arc::new(Fails), Duration::from_secs(3_600), Arc::default());
    lifecycle.spawn(eventlog::doorbell(&deaf(five).await)(lifecycle.clone()));

    let authority = Authority::new();
    authority.sign("intake", "spiffe://hotline/service/intake", 2099);
    let tls = TlsConfig {
        reload_seconds: 0,
        ..authority.config("intake", ClientCertificates::Optional)
    };
    let certificates = Certificates::open(&tls).expect("a pair").expect("with TLS");
    certificates.watch("intake", lifecycle);
    std::fs::write(&tls.certificate_file, "no certificate").expect("written");

    let (_, public) = generate_key_pair();
    let key = authority.path("services.pem");
    std::fs::write(&key, public).expect("written");
    let auth = AuthConfig {
        // Nobody listens on the first port.
        jwks_url: "http://127.0.0.1:1/keys".to_owned(),
        service_public_key_file: key,
        ..platform::config::shared_defaults().auth
    };
    let _verifier = Verifier::open(&auth, "intake", lifecycle).expect("right settings");
    let counted = async || ON_OCCASION.iter().all(|name| metrics.render().contains(name));
    testkit::until("each is counted", counted).await;
}

/// Labels by metric, from the table of the page.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let section = PAGE.split("## What the services export").nth(1).expect("the section");
    let section = section.split("\n## ").next().expect("its rows");
    let quoted = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            let name = quoted(cells[1]).remove(0);
            (name, quoted(cells[3]).into_iter().collect())
        })
        .collect()
}

/// Labels by metric, from a scrape. The three series of a histogram count as one.
fn exported(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let kinds: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" histogram"))
        .collect();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (series, _) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        let name = base.filter(|base| kinds.contains(base)).unwrap_or(name);
        let labels = labels.trim_end_matches('}').split("\",");
        let names = labels.filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        let entry = found.entry(name.to_owned()).or_default();
        entry.extend(names.filter(|label| !matches!(label.as_str(), "le" | "service_name")));
    }
    found
}

/// The metrics of objectives exist before the first event, because a rate ignores the first value of a series.
fn judged_from_the_start(text: &str) {
    for (series, label) in [
        (
            "rpc_server_call_duration_seconds_count",
            "rpc_response_status_code=\"DATA_LOSS\"",
        ),
        ("hotline_clock_fire_delay_seconds_count", "clock=\"rework\""),
        (
            "hotline_event_delay_seconds_count",
            "consumer=\"analytics.consume.callback\"",
        ),
    ] {
        let mut lines = text.lines().filter(|line| line.starts_with(series));
        assert!(lines.any(|line| line.contains(label)), "no {series} with {label}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_is_what_is_documented() {
    let metrics = Metrics::install().expect("nobody else counts in this process");
    let five = Five::start(at(1, 9, 0)).await;
    judged_from_the_start(&metrics.render());
    brought_and_forwarded(&five).await;
    // The order is overdue, so clocks fire. Calls come from outside, so they are counted.
    five.at(at(12, 9, 0)).await;
    let lease = LeaseTasksRequest {
        request_id: uuid::Uuid::new_v4().to_string(),
        count: 1,
    };
    let mut agent = five.clients.callback_agent(0).expect("a client");
    agent.lease_tasks(lease).await.expect("leased, or none there");
    agent.list_tasks(ListTasksRequest::default()).await.expect("a list");
    for name in Name::ALL {
        for observer in &five.suite.observers[name as usize] {
            take(name.as_str(), observer.as_ref()).await;
        }
    }
    platform::metrics::sample("intake", vec![], &five.suite.lifecycle);
    occasions(&metrics, &five).await;
    let text = metrics.render();
    let exported = exported(&text);
    let documented = documented();
    assert!(documented.len() > 20, "{documented:?}");
    let unknown: Vec<_> = exported
        .iter()
        .filter(|(name, _)| !documented.contains_key(*name))
        .collect();
    assert!(unknown.is_empty(), "not in docs/metrics.md: {unknown:?}");
    for (name, labels) in &documented {
        match exported.get(name) {
            Some(found) => assert_eq!(found, labels, "labels of {name}"),
            None => panic!("{name} is not exported:\n{text}"),
        }
    }
    assert!(
        text.contains("hotline_orders{service_name=\"routing\",state=\"pending_sign\"} 1"),
        "the one order waits for its signature"
    );
    five.stop().await;
}
