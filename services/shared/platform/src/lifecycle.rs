//! Start and stop of all tasks of a process.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Given to all code that spawns tasks. `stopping` requests an orderly end. A task that still runs after the deadline
/// is abandoned.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    stopping: Stopping,
    drain: Duration,
    tracker: TaskTracker,
    failed: Arc<AtomicBool>,
}

/// The request to stop, and its time.
#[derive(Clone, Debug, Default)]
struct Stopping {
    token: CancellationToken,
    since: Arc<OnceLock<Instant>>,
}

impl Stopping {
    fn begin(&self) {
        self.since.get_or_init(Instant::now);
        self.token.cancel();
    }
}

impl Lifecycle {
    /// A lifecycle without tasks and without a drain time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A lifecycle that works on for `drain` after the request to stop (`server.drain_seconds`).
    #[must_use]
    pub fn draining(drain: Duration) -> Self {
        Self {
            drain,
            ..Self::default()
        }
    }

    /// Cancelled when the process should end.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.token.clone()
    }

    /// Waits for the request to stop and the drain time. Meanwhile the process works as usual. Callers must see the
    /// stop before they go elsewhere, and their calls of that time must take effect.
    pub async fn drained(&self) {
        self.stopping.token.cancelled().await;
        let since = *self.stopping.since.get_or_init(Instant::now);
        tokio::time::sleep_until(since + self.drain).await;
    }

    /// Tracker of the calls (see `rpc::detach`).
    #[must_use]
    pub fn tracker(&self) -> TaskTracker {
        self.tracker.clone()
    }

    /// Spawns a task that [`finish`](Self::finish) waits for. A task that panics stops the process in an orderly way.
    #[allow(clippy::disallowed_methods, reason = "the tracker is the one place that spawns")]
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (failed, stopping) = (self.failed.clone(), self.stopping.clone());
        let inner = tokio::spawn(task);
        self.tracker.spawn(async move {
            if inner.await.is_err_and(|error| error.is_panic()) {
                tracing::error!("a task died; stopping");
                failed.store(true, Ordering::SeqCst);
                stopping.begin();
            }
        });
    }

    /// Requests the end of all tasks.
    pub fn stop(&self) {
        self.stopping.begin();
    }

    /// Waits for all tasks, at most `deadline`. True when all ended by themselves and none panicked.
    pub async fn finish(&self, deadline: Duration) -> bool {
        self.tracker.close();
        let ended = tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok();
        ended && !self.failed.load(Ordering::SeqCst)
    }
}
