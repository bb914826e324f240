//! Waits that have an end: what does not come fails the test that waits for it, by name.

use std::time::Duration;

use platform::steps::Step;

/// The longest that a test waits. What it waits for comes within seconds; a machine that does much else takes longer.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for `work`.
///
/// # Panics
/// When it takes longer than [`PATIENCE`].
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| panic!("not within {} s: {what}", PATIENCE.as_secs()))
}

/// Asks until `holds` says so.
///
/// # Panics
/// As [`within`].
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    within(what, asking).await;
}

/// Runs a step until it has nothing left to do; gives how much that was.
///
/// # Panics
/// When it fails, and as [`within`].
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
