//! Start and stop of everything that runs in a process: one tracker, two tokens.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Handed to all that spawns. `stopping` asks for an orderly end; what still runs after the deadline is abandoned.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    stopping: CancellationToken,
    tracker: TaskTracker,
    failed: Arc<AtomicBool>,
}

impl Lifecycle {
    /// A lifecycle that nothing runs on yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process should end.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Ends `drain` after the process was asked to end. Until then it serves as ever: callers have to see that it stops
    /// before they are sent elsewhere.
    pub async fn drained(&self, drain: Duration) {
        self.stopping.cancelled().await;
        tokio::time::sleep(drain).await;
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
                stopping.cancel();
            }
        });
    }

    /// Asks everything to end.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits for all tasks, at most `deadline`. True when everything ended by itself and nothing had died.
    pub async fn finish(&self, deadline: Duration) -> bool {
        self.tracker.close();
        let ended = tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok();
        ended && !self.failed.load(Ordering::SeqCst)
    }
}
