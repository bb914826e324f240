//! What became of the calls.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tonic::Status;

/// Printed at the end of a run.
#[derive(Serialize)]
pub struct Told {
    /// Calls that were answered, in whatever way.
    pub calls: usize,
    /// Those that failed after the client's own retry.
    pub failed: usize,
    /// Failed calls by method and status, with the first message of each.
    pub failures: BTreeMap<String, Failed>,
    /// Seconds from the first failed call to the last.
    pub failing_seconds: f64,
    /// Calls that could not be sent in time because too many were waiting for an answer.
    pub held: usize,
    /// Appeals that were acknowledged, and those of them that became orders.
    pub acknowledged: usize,
    pub forwarded: usize,
    /// What people did with orders and was acknowledged: signed, contacted, replied, passed, called back.
    pub steps: usize,
    /// Questions about something that had not arrived 5 s after it was acknowledged elsewhere, and how many were asked.
    pub late: usize,
    pub awaited: usize,
    /// The same request_id sent again, and those that were answered with another appeal.
    pub repeated: usize,
    pub repeated_wrongly: usize,
    /// Push streams that ended before every item was answered; the rest went out on another.
    pub broken_streams: usize,
    /// Failed writes that were acknowledged when they were sent again after the run, and those that were not.
    pub settled: usize,
    pub unsettled: usize,
    /// Seconds that the run lasted.
    pub seconds: f64,
    /// Milliseconds until the answer.
    pub p50: f64,
    pub p99: f64,
    pub longest: f64,
}

/// Failures of one kind.
#[derive(Serialize)]
pub struct Failed {
    count: usize,
    first: String,
}

#[derive(Default)]
struct Counts {
    durations: Vec<Duration>,
    failures: BTreeMap<String, Failed>,
    failed: usize,
    failing: Option<(Instant, Instant)>,
    held: usize,
    acknowledged: usize,
    forwarded: usize,
    steps: usize,
    late: usize,
    awaited: usize,
    broken_streams: usize,
    repeated: usize,
    repeated_wrongly: usize,
}

/// Counts while calls run side by side.
pub struct Tally {
    since: Instant,
    counts: Mutex<Counts>,
}

impl Tally {
    pub fn new() -> Self {
        Self {
            since: Instant::now(),
            counts: Mutex::default(),
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call's end.
    pub fn ended(&self, method: &str, took: Duration, failure: Option<&Status>) {
        let mut counts = self.counts();
        counts.durations.push(took);
        if let Some(status) = failure {
            let now = Instant::now();
            counts.failed += 1;
            counts.failing = Some((counts.failing.map_or(now, |(first, _)| first), now));
            let kind = format!("{method} {:?}", status.code());
            let failed = counts.failures.entry(kind).or_insert_with(|| Failed {
                count: 0,
                first: status.message().to_owned(),
            });
            failed.count += 1;
        }
    }

    pub fn held(&self) {
        self.counts().held += 1;
    }

    pub fn acknowledged(&self) {
        self.counts().acknowledged += 1;
    }

    pub fn forwarded(&self) {
        self.counts().forwarded += 1;
    }

    /// A person's step was acknowledged.
    pub fn stepped(&self) {
        self.counts().steps += 1;
    }

    /// Something was asked for that should have arrived.
    pub fn awaited(&self) {
        self.counts().awaited += 1;
    }

    /// It had not.
    pub fn late(&self) {
        self.counts().late += 1;
    }

    /// A push stream ended before it was answered; what was left went out on another.
    pub fn stream_broke(&self) {
        self.counts().broken_streams += 1;
    }

    pub fn repeated(&self, same: bool) {
        let mut counts = self.counts();
        counts.repeated += 1;
        counts.repeated_wrongly += usize::from(!same);
    }

    /// The run is over; `settled` and `unsettled` are what became of failed writes afterwards.
    pub fn told(&self, seconds: f64, settled: usize, unsettled: usize) -> Told {
        let mut counts = std::mem::take(&mut *self.counts());
        counts.durations.sort_unstable();
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a rank among at most some millions of calls"
            )]
            let rank = (counts.durations.len() as f64 * share) as usize;
            let duration = counts.durations.get(rank.min(counts.durations.len().saturating_sub(1)));
            duration.map_or(0.0, |duration| duration.as_secs_f64() * 1000.0)
        };
        let (p50, p99, longest) = (at(0.5), at(0.99), at(1.0));
        let failing = counts.failing.map(|(first, last)| last.duration_since(first));
        Told {
            calls: counts.durations.len(),
            failed: counts.failed,
            failures: counts.failures,
            failing_seconds: failing.unwrap_or_default().as_secs_f64(),
            held: counts.held,
            acknowledged: counts.acknowledged,
            forwarded: counts.forwarded,
            steps: counts.steps,
            late: counts.late,
            awaited: counts.awaited,
            broken_streams: counts.broken_streams,
            repeated: counts.repeated,
            repeated_wrongly: counts.repeated_wrongly,
            settled,
            unsettled,
            seconds,
            p50,
            p99,
            longest,
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}
