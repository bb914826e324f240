//! Fires due clocks. Any number of replicas may run it: each skips the clocks that another has claimed.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use eventlog::Store;
use platform::clock::SharedClock;
use platform::rows::small;
use platform::steps::{Ran, Step, StepError};
use platform::store::StoreError;

use crate::actions::fire_clocks::{Fired, fire_clocks};
use crate::domain::clock::KINDS;
use crate::store::observe::clock_name;

/// The worker.
pub struct FireClocks {
    store: Store,
    clock: SharedClock,
    batch: u32,
    waiting: AtomicU64,
}

impl FireClocks {
    /// Fires at most `batch` clocks in one transaction.
    #[must_use]
    pub fn new(store: &Store, clock: SharedClock, batch: u32) -> Self {
        // Set to 0 from the start. Many clocks are due at once at the close of a day, and a rate misses the first value
        // of a series.
        for kind in KINDS {
            drop(delays(small(kind.into())));
        }
        Self {
            store: store.clone(),
            clock,
            batch,
            waiting: AtomicU64::new(0),
        }
    }

    /// Clocks that were due at the last run and wait until routing is known past their time; at most 10,000.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Logs when clocks begin to wait, and when the last one stops waiting. Other runs log nothing.
    fn note(&self, fired: &Fired) {
        // After a full batch, the rest is due and not waiting.
        if fired.count >= self.batch as usize {
            return;
        }
        let waiting = fired.left.waiting;
        match (self.waiting.swap(waiting, Ordering::Relaxed), waiting) {
            (0, 1..) => tracing::info!(
                waiting,
                "due clocks wait until routing is known past their time, or until the parked events of their orders are resolved"
            ),
            (1.., 0) => tracing::info!("no due clock waits any more"),
            _ => {}
        }
    }
}

#[async_trait]
impl Step for FireClocks {
    fn name(&self) -> &'static str {
        "supervision.fire_clocks"
    }

    async fn run_once(&self) -> Result<Ran, StepError> {
        let now = self.clock.now();
        let batch = self.batch;
        let fired = self
            .store
            .run::<Fired, StoreError, _>("fire_clocks", move |tx| Box::pin(fire_clocks(tx, batch, now)))
            .await?;
        self.note(&fired);
        // Counted after the commit, when the cards exist.
        let done = self.clock.now();
        for (kind, fire_at) in &fired.clocks {
            let late = (done - *fire_at).as_seconds_f64().max(0.0);
            delays(*kind).record(late);
        }
        Ok(Ran {
            did: fired.count,
            next_at: fired.left.next_at,
        })
    }
}

fn delays(kind: i16) -> metrics::Histogram {
    metrics::histogram!(
        "hotline_clock_fire_delay_seconds",
        "service_name" => crate::NAME, "clock" => clock_name(kind)
    )
}
