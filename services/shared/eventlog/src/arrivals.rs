//! The delay of an event: from its business time until it takes effect here. A parked or waiting event is measured
//! later, when it takes effect.

use chrono::{DateTime, Utc};

/// An event that took effect in a transaction.
pub(crate) struct Arrival {
    /// Service that owns its log.
    pub source: String,
    /// Business time of the event.
    pub occurred_at: DateTime<Utc>,
}

/// Name of a consumer's step: `routing.consume.intake`.
pub(crate) fn consumer_name(service: &str, source: &str) -> String {
    format!("{service}.consume.{source}")
}

/// Creates the histogram at 0, before the first event. Prometheus takes a rate between two samples and would miss the
/// event that creates a series.
pub(crate) fn begin(service: &'static str, source: &str) {
    drop(delays(service, source));
}

/// Records the delays at `now`, after the transaction has committed.
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
