//! How long events were on their way here: told when they are in effect, so not while one is parked or waits.

use chrono::{DateTime, Utc};

/// An event that has come into effect in a transaction.
pub(crate) struct Arrival {
    /// Service that owns its log.
    pub source: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
}

/// As steps are called: `routing.consume.intake`.
pub(crate) fn consumer_name(service: &str, source: &str) -> String {
    format!("{service}.consume.{source}")
}

/// From 0 on: what a series begins with is in no rate.
pub(crate) fn begin(service: &'static str, source: &str) {
    drop(delays(service, source));
}

/// Tells them after their transaction has been committed, at `now`.
pub(crate) fn note(service: &'static str, arrivals: &[Arrival], now: DateTime<Utc>) {
    for of_source in arrivals.chunk_by(|one, other| one.source == other.source) {
        let delays = delays(service, &of_source[0].source);
        for arrival in of_source {
            delays.record((now - arrival.occurred_at).as_seconds_f64().max(0.0));
        }
    }
}

fn delays(service: &'static str, source: &str) -> metrics::Histogram {
    metrics::histogram!(
        "hotline_event_delay_seconds",
        "service_name" => service, "consumer" => consumer_name(service, source)
    )
}
