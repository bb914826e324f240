//! Metrics for Prometheus, under the names of docs/metrics.md.
//!
//! Durations are histograms in seconds. Values of a database are sampled into gauges. No metric names a person, an
//! order or a caller: labels come from closed sets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use crate::lifecycle::Lifecycle;
use crate::store::StoreError;

/// Bucket bounds of calls and statements, in seconds (OpenTelemetry's conventions for RPC durations).
const CALLS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// Bucket bounds of the delay from an event's commit to its effect, in seconds. The objective is 5.
const EVENTS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Bucket bounds of the delay of a clock that fires, in seconds. The promise is 60.
const CLOCKS: &[f64] = &[1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];
/// Pause between two samples of a database: four samples in the minute of a usual alert.
const SAMPLE_EVERY: Duration = Duration::from_secs(15);

/// A value that is sampled from a database or a state, with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Name, as in docs/metrics.md.
    pub name: &'static str,
    /// Labels besides the service's name. Every value of a closed set is sampled each time, also when it is 0.
    pub labels: Vec<(&'static str, String)>,
    /// Value in the unit that the name ends in.
    pub value: f64,
}

impl Gauge {
    /// Without labels.
    #[must_use]
    pub fn new(name: &'static str, value: f64) -> Self {
        Self {
            name,
            labels: Vec::new(),
            value,
        }
    }

    /// With a label.
    #[must_use]
    pub fn with(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((label, value.into()));
        self
    }
}

/// A count as a gauge's value; exact up to 2⁵³.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
pub fn count(number: i64) -> f64 {
    number as f64
}

/// Samples gauges.
#[async_trait]
pub trait Observer: Send + Sync + 'static {
    /// Pause between two samples.
    fn every(&self) -> Duration {
        SAMPLE_EVERY
    }

    /// All its gauges, as of now.
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError>;
}

/// The metrics of the process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts counting, once per process.
    ///
    /// # Errors
    /// When another recorder is installed already.
    pub fn install() -> Result<Self, String> {
        let buckets = [
            ("rpc_server_call_duration_seconds", CALLS),
            ("rpc_client_call_duration_seconds", CALLS),
            ("db_client_operation_duration_seconds", CALLS),
            ("hotline_event_delay_seconds", EVENTS),
            ("hotline_clock_fire_delay_seconds", CLOCKS),
        ];
        let mut builder = PrometheusBuilder::new();
        for (name, bounds) in buckets {
            builder = builder
                .set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds)
                .map_err(|error| format!("{name}: {error}"))?;
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| "metrics were started twice".to_owned())?;
        Ok(Self(handle))
    }

    /// All metrics so far, in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Serves `/metrics` by HTTP until the lifecycle stops. Returns the address.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn serve(&self, listen: &str, lifecycle: &Lifecycle) -> Result<SocketAddr, String> {
        let failed = |error: std::io::Error| format!("server.metrics_listen {listen}: {error}");
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let handle = self.0.clone();
        let router = Router::new().route("/metrics", get(async move || handle.render()));
        let stopping = lifecycle.stopping();
        lifecycle.spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned());
            if let Err(error) = served.await {
                tracing::error!(%error, "/metrics ended");
            }
        });
        let (handle, stopping) = (self.0.clone(), lifecycle.stopping());
        lifecycle.spawn(async move {
            // Without this, values recorded between scrapes would fill the memory when nothing scrapes them.
            while !stopping.is_cancelled() {
                handle.run_upkeep();
                tokio::select! {
                    () = stopping.cancelled() => {}
                    () = tokio::time::sleep(Duration::from_secs(5)) => {}
                }
            }
        });
        Ok(address)
    }
}

/// Samples `observers`, each at its own pace, until the lifecycle stops.
pub fn sample(service: &'static str, observers: Vec<Arc<dyn Observer>>, lifecycle: &Lifecycle) {
    gauge!("hotline_build_info", "service_name" => service, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    for observer in observers {
        let stopping = lifecycle.stopping();
        lifecycle.spawn(async move {
            while !stopping.is_cancelled() {
                take(service, observer.as_ref()).await;
                tokio::select! {
                    () = stopping.cancelled() => {}
                    () = tokio::time::sleep(observer.every()) => {}
                }
            }
        });
    }
}

/// Longest sample. A slower one is abandoned; the next one may succeed.
const LONGEST_SAMPLE: Duration = Duration::from_secs(30);

/// Takes one sample.
pub async fn take(service: &'static str, observer: &dyn Observer) {
    let Ok(seen) = tokio::time::timeout(LONGEST_SAMPLE, observer.observe()).await else {
        tracing::debug!(service, "not sampled: no answer");
        return;
    };
    match seen {
        Ok(gauges) => gauges.into_iter().for_each(|gauge| set(service, gauge)),
        Err(error) => tracing::debug!(service, error = %crate::steps::chain(&error), "not sampled"),
    }
}

fn set(service: &'static str, sampled: Gauge) {
    let mut labels = vec![metrics::Label::new("service_name", service)];
    labels.extend(
        sampled
            .labels
            .into_iter()
            .map(|(name, value)| metrics::Label::new(name, value)),
    );
    gauge!(sampled.name, labels).set(sampled.value);
}

/// Records the end of a call.
pub fn call(side: Side, service: &'static str, method: &str, status: &'static str, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    match side {
        Side::Server => answers(service, method, status),
        Side::Client(server) => histogram!(
            "rpc_client_call_duration_seconds",
            "service_name" => service, "rpc_system_name" => "grpc", "rpc_method" => method.to_owned(),
            "rpc_response_status_code" => status, "server_address" => server
        ),
    }
    .record(seconds);
}

fn answers(service: &'static str, method: &str, status: &'static str) -> metrics::Histogram {
    histogram!(
        "rpc_server_call_duration_seconds",
        "service_name" => service, "rpc_system_name" => "grpc", "rpc_method" => method.to_owned(),
        "rpc_response_status_code" => status
    )
}

/// Statuses that count in an objective (`helm/hotline/files/rules/slo.yaml`).
const JUDGED: [&str; 7] = [
    "OK",
    "UNAVAILABLE",
    "INTERNAL",
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "DATA_LOSS",
    "CANCELLED",
];

/// Creates the series of a method at 0, for an objective. Prometheus takes a rate between two samples and would miss
/// the call that creates a series.
pub fn judged(service: &'static str, method: &str) {
    for status in JUDGED {
        drop(answers(service, method, status));
    }
}

/// The side that measures a call.
#[derive(Clone, Debug)]
pub enum Side {
    /// The side that answers.
    Server,
    /// The side that calls, with the name of the peer.
    Client(Arc<str>),
}

/// Records the end of a unit of work on a database.
pub fn unit_of_work(service: &'static str, name: &'static str, began: Instant) {
    histogram!(
        "db_client_operation_duration_seconds",
        "service_name" => service, "db_system_name" => "postgresql", "db_query_summary" => name
    )
    .record(began.elapsed().as_secs_f64());
}

/// Counts a failed run of a step.
pub fn step_failed(step: &str) {
    let service = step.split('.').next().unwrap_or_default().to_owned();
    counter!("hotline_step_failures_total", "service_name" => service, "step" => step.to_owned()).increment(1);
}

/// Counts a failed read of a consumer from Redis. It reads those events by gRPC.
pub fn consumer_redis_failed(consumer: &str) {
    let service = consumer.split('.').next().unwrap_or_default().to_owned();
    counter!("hotline_consumer_redis_failures_total", "service_name" => service, "consumer" => consumer.to_owned())
        .increment(1);
}
