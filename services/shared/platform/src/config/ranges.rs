//! What a number of the shared sections may be.

use super::{ConfigError, Settings};

/// Longest `events.poll_milliseconds`: what is promised within a minute (README, P5) must not be configured away.
pub const MAX_POLL_MILLISECONDS: u64 = 20_000;

impl<S> Settings<S> {
    /// What a type cannot say of the shared sections.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let ranges = [
            ("events.partitions", u64::from(self.events.partitions), 1..=256),
            (
                "events.poll_milliseconds",
                self.events.poll_milliseconds,
                10..=MAX_POLL_MILLISECONDS,
            ),
            ("events.heard_hours", self.events.heard_hours.into(), 1..=8_760),
            ("events.batch", u64::from(self.events.batch), 1..=5_000),
            (
                "database.max_connections",
                u64::from(self.database.max_connections),
                2..=1_000,
            ),
            (
                "database.acquire_timeout_seconds",
                self.database.acquire_timeout_seconds,
                1..=300,
            ),
            (
                "database.statement_timeout_seconds",
                self.database.statement_timeout_seconds,
                1..=3_600,
            ),
            (
                "database.lock_timeout_seconds",
                self.database.lock_timeout_seconds,
                1..=3_600,
            ),
            (
                "database.idle_in_transaction_timeout_seconds",
                self.database.idle_in_transaction_timeout_seconds,
                1..=3_600,
            ),
            ("server.deadline_seconds", self.server.deadline_seconds, 1..=3_600),
            ("server.stop_seconds", self.server.stop_seconds, 1..=3_600),
            (
                "server.max_concurrent_calls",
                self.server.max_concurrent_calls as u64,
                1..=1_000_000,
            ),
            ("server.max_streams", u64::from(self.server.max_streams), 1..=1_000_000),
            (
                "server.max_connection_age_seconds",
                self.server.max_connection_age_seconds,
                10..=86_400,
            ),
            ("peers.resolve_seconds", self.peers.resolve_seconds, 1..=300),
            ("auth.jwks_refresh_seconds", self.auth.jwks_refresh_seconds, 10..=86_400),
            (
                "tls.handshake_timeout_seconds",
                self.tls.handshake_timeout_seconds,
                1..=60,
            ),
            ("tls.reload_seconds", self.tls.reload_seconds, 1..=3_600),
            (
                "server.max_calls_per_second",
                u64::from(self.server.max_calls_per_second),
                1..=1_000_000,
            ),
        ];
        let wrong: Vec<String> = ranges
            .into_iter()
            .filter(|(_, value, range)| !range.contains(value))
            .map(|(key, value, range)| format!("{key} must be {} to {}, is {value}", range.start(), range.end()))
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(ConfigError(wrong.join("; ")))
    }
}
