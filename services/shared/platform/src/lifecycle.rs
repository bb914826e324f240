//! Start and stop of everything that runs in a process: one tracker, two tokens.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Handed to all that spawns. `stopping` asks for an orderly end; what still runs after the deadline is abandoned.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    stopping: Stopping,
    drain: Duration,
    tracker: TaskTracker,
    failed: Arc<AtomicBool>,
}

/// That the process should end, and since when.
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
    /// A lifecycle that nothing runs on yet, and that does not drain.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that goes on for `drain` after it was asked to end (`server.drain_seconds`).
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

    /// Waits until the process was asked to end and has drained. Until then it serves and works as ever: callers have to
    /// see that it stops before they are sent elsewhere, and what they bring meanwhile has to have its effect.
    pub async fn drained(&self) {
        self.stopping.token.cancelled().await;
        let since = *self.stopping.since.get_or_init(Instant::now);
        tokio::time::sleep_until(since + self.drain).await;
    }

    /// Where calls are tracked (see `grpc::detach`).
    #[must_use]
    pub fn tracker(&self) -> TaskTracker {
        self.tracker.clone()
    }

    /// Spawns a task that [`finish`](Self::finish) waits for. A task that panics ends the process in an orderly way.
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

    /// Asks everything to end.
    pub fn stop(&self) {
        self.stopping.begin();
    }

    /// Waits for all tasks, at most `deadline`. True when everything ended by itself and nothing had died.
    pub async fn finish(&self, deadline: Duration) -> bool {
        self.tracker.close();
        let ended = tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok();
        ended && !self.failed.load(Ordering::SeqCst)
    }
}
