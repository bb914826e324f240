//! What time does: workers as steps that can be run once, and the trivial loop around them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::lifecycle::Lifecycle;
use crate::store::StoreError;
use crate::streak::Streak;

/// What one run of a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Things done; 0 means that it has come to rest at this instant.
    pub did: usize,
    /// Business time of the next thing that is already known to come, if any.
    pub next_at: Option<DateTime<Utc>>,
}

/// Why a run failed; the loop logs it and tries again with back-off.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Postgres.
    #[error("the step's transaction failed")]
    Store(#[from] StoreError),
    /// Another service did not answer.
    #[error("{service} does not answer: {reason}")]
    Unreachable {
        /// Its name.
        service: String,
        /// The status, without personal data.
        reason: String,
    },
    /// It waits for somebody who is gone without a word.
    #[error("not done within {} s: does its database answer?", .0.as_secs())]
    Late(Duration),
    /// Something that only an operator can mend; the step does not go on until then.
    #[error("{0}")]
    Stopped(String),
}

/// Work that time or a signal brings about. Run by its loop in production, by the driver in a replay, by hand in tests.
#[async_trait]
pub trait Step: Send + Sync + 'static {
    /// For logs and metrics, such as `routing.consume.intake`.
    fn name(&self) -> &str;

    /// Does what is to do now, in bounded batches.
    async fn run_once(&self) -> Result<Ran, StepError>;
}

/// Runs `step` until the lifecycle has drained: at once when `wake` rings or when there was more to do, else after `every`
/// (±10 %, so that replicas do not march in step). After a failure it waits longer (see [`pause_after`]).
pub fn drive(lifecycle: &Lifecycle, step: Arc<dyn Step>, every: Duration, wake: Arc<Notify>) {
    let ending = lifecycle.clone();
    lifecycle.spawn(async move {
        // Not at once: what callers bring while it drains has its effect as ever.
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

/// A run does a bounded batch within seconds; what it waits for longer does not come.
const LONGEST_RUN: Duration = Duration::from_secs(300);

/// The longest pause after a failure: what is away costs one question, and what comes back is heard of within seconds,
/// for cards (P5) and for what has piled up (P6).
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a step waits that has failed so often in a row: twice as long each time, never longer than
/// [`LONGEST_PAUSE`] or than it waits when all is well.
fn pause_after(failures: u32, every: Duration) -> Duration {
    let doubled = every.saturating_mul(2_u32.saturating_pow(failures));
    doubled.min(LONGEST_PAUSE.max(every))
}

/// An error with all its sources, for the log. Many say what their source says: that is told once.
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

    /// Says when it runs.
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
            ran.expect("it works as ever");
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
        assert!(lifecycle.finish(SOON).await, "it ends by itself");
        assert!(stopped.elapsed() >= drain, "not before it has drained");
    }

    #[test]
    fn an_outage_however_long_adds_seconds() {
        let second = Duration::from_secs(1);
        let pauses: Vec<u64> = (1..6).map(|failures| pause_after(failures, second).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 5, 5, 5]);
        assert_eq!(pause_after(u32::MAX, second), LONGEST_PAUSE);
        let slow = Duration::from_secs(20);
        assert_eq!(pause_after(3, slow), slow, "never more often than when all is well");
    }

    #[test]
    fn an_error_and_its_source_are_told_once_each() {
        let full = || std::io::Error::other("the disk is full");
        for error in [Told::Silent(full()), Told::Repeats(full())] {
            assert_eq!(chain(&error), "the step failed: the disk is full");
        }
    }
}
