//! Steps: background work that can be run once, and the loop that repeats it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::lifecycle::Lifecycle;
use crate::store::StoreError;
use crate::streak::Streak;

/// The result of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Number of things done; 0 means that the step is idle at this instant.
    pub did: usize,
    /// Business time of the next known work, if any.
    pub next_at: Option<DateTime<Utc>>,
}

/// The reason for a failed run. The loop logs it and retries with back-off.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Postgres failed.
    #[error("the step's transaction failed")]
    Store(#[from] StoreError),
    /// Another service did not answer.
    #[error("{service} does not answer: {reason}")]
    Unreachable {
        /// Name of the service.
        service: String,
        /// The status, without personal data.
        reason: String,
    },
    /// The run took too long: it waits for a server that vanished.
    #[error("not done within {} s: does its database answer?", .0.as_secs())]
    Late(Duration),
    /// An operator has to act. The step does not advance until then.
    #[error("{0}")]
    Stopped(String),
}

/// Work that is due by time or after a signal. A loop runs it in production, the driver in a replay, and a test by
/// hand.
#[async_trait]
pub trait Step: Send + Sync + 'static {
    /// Name for logs and metrics, such as `routing.consume.intake`.
    fn name(&self) -> &str;

    /// Does the work that is due now, in bounded batches.
    async fn run_once(&self) -> Result<Ran, StepError>;
}

/// Runs `step` until the lifecycle has drained. The next run starts at once after a `wake`, or when the last run did
/// something. Otherwise it starts after `every`, ±10 % so that replicas spread out. After a failure the pause is longer
/// (see [`pause_after`]).
pub fn drive(lifecycle: &Lifecycle, step: Arc<dyn Step>, every: Duration, wake: Arc<Notify>) {
    let ending = lifecycle.clone();
    lifecycle.spawn(async move {
        // Steps run on while the process drains, so that calls of that time take effect.
        let mut ending = std::pin::pin!(ending.drained());
        let (mut failures, mut streak) = (0_u32, Streak::default());
        loop {
            let ran = tokio::time::timeout(LONGEST_RUN, step.run_once()).await;
            let pause = match ran.unwrap_or(Err(StepError::Late(LONGEST_RUN))) {
                Ok(ran) => {
                    if streak.end() {
                        tracing::info!(step = step.name(), "works again");
                    }
                    failures = 0;
                    if ran.did > 0 { Duration::ZERO } else { every }
                }
                Err(error) => {
                    crate::metrics::step_failed(step.name());
                    let error = chain(&error);
                    if streak.is_to_be_logged(&error) {
                        tracing::warn!(step = step.name(), error, "failed; will be tried again");
                    }
                    failures = failures.saturating_add(1);
                    pause_after(failures, every)
                }
            };
            tokio::select! {
                biased;
                () = &mut ending => return,
                () = wake.notified(), if failures == 0 => {}
                () = tokio::time::sleep(pause.mul_f64(rand::random::<f64>() * 0.2 + 0.9)) => {}
            }
        }
    });
}

/// Longest run. A run handles a bounded batch within seconds; after this time it waits for an answer that never comes.
const LONGEST_RUN: Duration = Duration::from_secs(300);

/// Longest pause after failures. A dead peer costs one request per pause. A peer that returns is noticed within
/// seconds, as cards (P5) and a backlog (P6) require.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Pause after this many failures in a row. It doubles each time, up to the larger of [`LONGEST_PAUSE`] and `every`.
fn pause_after(failures: u32, every: Duration) -> Duration {
    let doubled = every.saturating_mul(2_u32.saturating_pow(failures));
    doubled.min(LONGEST_PAUSE.max(every))
}

/// An error with all its sources, for the log. Many errors repeat the text of their source; it is written once.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Told {
        #[error("the step failed")]
        Silent(#[source] std::io::Error),
        #[error("the step failed: {0}")]
        Repeats(#[source] std::io::Error),
    }

    /// Signals each run.
    #[derive(Default)]
    struct Runs(Notify);

    #[async_trait]
    impl Step for Runs {
        fn name(&self) -> &'static str {
            "test.runs"
        }

        async fn run_once(&self) -> Result<Ran, StepError> {
            self.0.notify_one();
            Ok(Ran::default())
        }
    }

    const HOUR: Duration = Duration::from_secs(3_600);
    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_step_goes_on_while_the_process_drains() {
        let (lifecycle, step, wake) = (
            Lifecycle::draining(HOUR),
            Arc::<Runs>::default(),
            Arc::<Notify>::default(),
        );
        drive(&lifecycle, step.clone(), HOUR, wake.clone());
        step.0.notified().await;
        lifecycle.stop();
        for _ in 0..3 {
            wake.notify_one();
            let ran = tokio::time::timeout(SOON, step.0.notified()).await;
            ran.expect("it runs on");
        }
        assert!(!lifecycle.finish(Duration::ZERO).await, "it has an hour left");
    }

    #[tokio::test]
    async fn a_step_ends_when_the_process_has_drained() {
        let drain = Duration::from_millis(50);
        let (lifecycle, step) = (Lifecycle::draining(drain), Arc::<Runs>::default());
        drive(&lifecycle, step.clone(), HOUR, Arc::default());
        step.0.notified().await;
        let stopped = std::time::Instant::now();
        lifecycle.stop();
        assert!(lifecycle.finish(SOON).await, "the step ends by itself");
        assert!(stopped.elapsed() >= drain, "not before it has drained");
    }

    #[test]
    fn an_outage_however_long_adds_seconds() {
        let second = Duration::from_secs(1);
        let pauses: Vec<u64> = (1..6).map(|failures| pause_after(failures, second).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 5, 5, 5]);
        assert_eq!(pause_after(u32::MAX, second), LONGEST_PAUSE);
        let slow = Duration::from_secs(20);
        assert_eq!(pause_after(3, slow), slow, "never more often than without failures");
    }

    #[test]
    fn an_error_and_its_source_are_told_once_each() {
        let full = || std::io::Error::other("the disk is full");
        for error in [Told::Silent(full()), Told::Repeats(full())] {
            assert_eq!(chain(&error), "the step failed: the disk is full");
        }
    }
}
