//! Waits with a time-out. A wait that times out fails its test and names the missing thing.

use std::time::Duration;

use platform::steps::Step;

/// Longest wait of a test. Things come within seconds, but later on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for `work`.
///
/// # Panics
/// When it takes longer than [`PATIENCE`].
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| panic!("not within {} s: {what}", PATIENCE.as_secs()))
}

/// Retries until `holds` is true.
///
/// # Panics
/// When it takes longer than [`PATIENCE`].
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    within(what, asking).await;
}

/// Runs a step until it is idle. Returns the number of things done.
///
/// # Panics
/// When it fails, or takes longer than [`PATIENCE`].
pub async fn settled(step: &(impl Step + ?Sized)) -> usize {
    let running = async {
        let mut did = 0;
        loop {
            match step.run_once().await.expect("the step runs").did {
                0 => return did,
                more => did += more,
            }
        }
    };
    within(step.name(), running).await
}
