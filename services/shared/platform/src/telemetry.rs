//! Logs and traces. A trace continues through calls in `traceparent` headers, and through the event log in its rows.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::{LogConfig, LogFormat, OtlpConfig};

/// Version of the semantic conventions that name spans, their attributes and the metrics of docs/metrics.md.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.40.0";

/// Held by `main`. [`Telemetry::shutdown`] sends the spans that are still in memory.
#[derive(Default)]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

fn filter(written: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(written).map_err(|error| format!("log.filter: {error}; write something like \"info,sqlx=warn\""))
}

/// Checks that `log.filter` can be parsed.
///
/// # Errors
/// What is wrong with it.
pub fn check_filter(written: &str) -> Result<(), String> {
    filter(written).map(|_| ())
}

/// Checks that `otlp.endpoint` is empty or a plaintext gRPC address.
///
/// # Errors
/// What is wrong with it.
pub fn check_endpoint(written: &str) -> Result<(), String> {
    let speaks = |uri: http::Uri| uri.scheme_str() == Some("http") && uri.host().is_some();
    if written.is_empty() || written.parse().is_ok_and(speaks) {
        return Ok(());
    }
    Err(format!(
        "otlp.endpoint is \"{written}\"; write something like \"http://127.0.0.1:4317\": plaintext, to a collector beside the \
         service, which speaks TLS to others"
    ))
}

/// Starts logs, and traces if an endpoint is set. Call it inside the runtime, because the exporter needs its reactor.
///
/// # Errors
/// One sentence that names the invalid setting.
pub fn init(log: &LogConfig, otlp: &OtlpConfig, service: &str) -> Result<Telemetry, String> {
    let filter = filter(&log.filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Human => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let lines = lines.with_filter(filter);
    let provider = if otlp.endpoint.is_empty() {
        None
    } else {
        Some(provider(otlp, service)?)
    };
    let traces = provider
        .as_ref()
        .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer_with_scope(scope())))
        // Traces do not follow the log's filter.
        .map(|traces| traces.with_filter(LevelFilter::INFO));
    tracing_subscriber::registry()
        .with(lines)
        .with(traces)
        .try_init()
        .map_err(|_| "logging was started twice".to_owned())?;
    Ok(Telemetry { provider })
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("hotline")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(SCHEMA_URL)
        .build()
}

fn provider(otlp: &OtlpConfig, service: &str) -> Result<SdkTracerProvider, String> {
    check_endpoint(&otlp.endpoint)?;
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&otlp.endpoint)
        .build()
        .map_err(|error| format!("otlp.endpoint: {error}"))?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(
            Resource::builder()
                .with_service_name(service.to_owned())
                .with_schema_url(
                    [KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))],
                    SCHEMA_URL,
                )
                .build(),
        )
        .build())
}

impl Telemetry {
    /// Sends the remaining spans. The call blocks, so it gets a thread of its own: on the runtime's only worker it
    /// would hang.
    pub async fn shutdown(self) {
        if let Some(provider) = self.provider {
            let done = tokio::task::spawn_blocking(move || provider.shutdown()).await;
            if !matches!(done, Ok(Ok(()))) {
                tracing::warn!("the last spans could not be sent");
            }
        }
    }
}

/// Limits a log line to one per minute.
#[derive(Default)]
pub struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether the line may be logged now. If so, the next minute is silent.
    pub fn may_tell(&self) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = told.is_none_or(|at| at.elapsed() >= Duration::from_secs(60));
        if may {
            *told = Some(Instant::now());
        }
        may
    }
}

/// W3C traceparent of the current span; `None` without a trace.
#[must_use]
pub fn current_traceparent() -> Option<String> {
    traceparent(&Span::current())
}

/// W3C traceparent of a span; `None` without a trace.
#[must_use]
pub fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove("traceparent")
}

/// Trace id of a span, as collectors show it; `None` without a trace.
#[must_use]
pub fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let known = context.span().span_context().clone();
    known.is_valid().then(|| known.trace_id().to_string())
}

fn remote(traceparent: &str) -> Option<Context> {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    context.span().span_context().is_valid().then_some(context)
}

/// Sets the parent of a span that was not entered yet.
fn go_on(span: &Span, context: Context) {
    // This fails only for a span that has started already. That span stays a root.
    let _ = span.set_parent(context);
}

/// Continues the trace of `traceparent` in a span that was not entered yet, and links to the span of `traceparent`.
pub fn adopt_and_link(span: &Span, traceparent: &str) {
    if let Some(context) = remote(traceparent) {
        span.add_link(context.span().span_context().clone());
        go_on(span, context);
    }
}

/// Continues the trace of a request's headers.
pub fn adopt_headers(span: &Span, headers: &HeaderMap) {
    let text = headers.get("traceparent").and_then(|value| value.to_str().ok());
    if let Some(context) = text.and_then(remote) {
        go_on(span, context);
    }
}
