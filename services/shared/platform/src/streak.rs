//! Decides which failures of a streak are logged: the first, each with a new reason, and a reminder every few minutes.
//! The first failure of an outage often says little. The last one shows what to do.

use std::time::{Duration, Instant};

/// Pause between two log lines of the same failure: 288 lines a day.
const REMINDED_AFTER: Duration = Duration::from_secs(300);

/// A streak of failures of one thing.
#[derive(Debug, Default)]
pub struct Streak(Option<Logged>);

#[derive(Debug)]
struct Logged {
    reason: String,
    at: Instant,
}

impl Streak {
    /// Records a failure. Returns whether to log it.
    #[must_use]
    pub fn is_to_be_logged(&mut self, reason: &str) -> bool {
        self.is_to_be_logged_at(Instant::now(), reason)
    }

    fn is_to_be_logged_at(&mut self, now: Instant, reason: &str) -> bool {
        let is_known = |logged: &Logged| logged.reason == reason && now.duration_since(logged.at) < REMINDED_AFTER;
        if self.0.as_ref().is_some_and(is_known) {
            return false;
        }
        self.0 = Some(Logged {
            reason: reason.to_owned(),
            at: now,
        });
        true
    }

    /// Records a success. Returns whether it ends a streak.
    pub fn end(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_each_other_one_and_a_reminder_are_logged() {
        let (mut streak, mut now) = (Streak::default(), Instant::now());
        assert!(!streak.end(), "nothing had failed");
        for (after, reason, logged) in [
            (0, "routing does not answer", true),
            (1, "routing does not answer", false),
            (299, "routing was restored from a backup", true),
            (299, "routing was restored from a backup", false),
            (1, "routing was restored from a backup", true),
            (1, "routing does not answer", true),
        ] {
            now += Duration::from_secs(after);
            assert_eq!(
                streak.is_to_be_logged_at(now, reason),
                logged,
                "{reason} after {after} s"
            );
        }
        assert!(streak.end(), "it had failed");
        assert!(streak.is_to_be_logged("routing does not answer"), "a new streak");
    }
}
