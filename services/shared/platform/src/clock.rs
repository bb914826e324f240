//! The only source of time.
//!
//! Business time (deadlines, cards, `occurred_at`) comes from a [`Clock`]. Leases, tokens and time-outs use wall time
//! through `tokio::time`. A clock ticks in whole microseconds, as Postgres stores them. With nanoseconds, "now > limit"
//! could differ before and after a write.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// A source of business time, in whole microseconds.
pub trait Clock: Send + Sync + 'static {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock that the parts of a service share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock, for production.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        whole_micros(Utc::now())
    }
}

/// A clock that stands still until it is moved, for replay and tests.
#[derive(Debug)]
pub struct DrivenClock(AtomicI64);

impl DrivenClock {
    /// Starts at `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self(AtomicI64::new(start.timestamp_micros()))
    }

    /// Moves to `to`; a clock never runs backwards, so an earlier instant changes nothing.
    pub fn move_to(&self, to: DateTime<Utc>) {
        self.0.fetch_max(to.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for DrivenClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).expect("was a valid instant when it was set")
    }
}

/// Cuts to whole microseconds.
#[must_use]
pub fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).expect("a valid instant stays valid")
}
