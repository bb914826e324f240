//! The ranges of numeric settings.

use std::ops::RangeInclusive;

use super::{ConfigError, DatabaseConfig, EventsConfig, Nothing, ServerConfig, Settings, TlsConfig};

/// A number: its key within the section, its value and its range.
pub type Ranged = (&'static str, u64, RangeInclusive<u64>);

/// The section `[service]` of one service.
pub trait ServiceSection: Send + Sync + 'static {
    /// Its numbers.
    fn ranges(&self) -> Vec<Ranged>;

    /// Checks its other rules, which stop the start when broken.
    ///
    /// # Errors
    /// One sentence that begins with the key.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl ServiceSection for Nothing {
    fn ranges(&self) -> Vec<Ranged> {
        Vec::new()
    }
}

/// Largest `events.poll_milliseconds`. No setting may break the promise of one minute (README, P5).
pub const MAX_POLL_MILLISECONDS: u64 = 20_000;

impl<S: ServiceSection> Settings<S> {
    /// Checks what a type cannot express: the range of every number, and the service's own rules.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let sections = [
            ("events", self.events.ranges()),
            ("database", self.database.ranges()),
            ("server", self.server.ranges()),
            ("peers", vec![("resolve_seconds", self.peers.resolve_seconds, 1..=300)]),
            (
                "auth",
                vec![("jwks_refresh_seconds", self.auth.jwks_refresh_seconds, 10..=86_400)],
            ),
            ("tls", self.tls.ranges()),
            ("service", self.service.ranges()),
        ];
        let all = sections
            .into_iter()
            .flat_map(|(section, ranges)| ranges.into_iter().map(move |ranged| (section, ranged)));
        let mut wrong: Vec<String> = all
            .filter(|(_, (_, value, range))| !range.contains(value))
            .map(|(section, (key, value, range))| {
                let (least, most) = (range.start(), range.end());
                format!("{section}.{key} must be {least} to {most}, is {value}")
            })
            .collect();
        wrong.extend(self.service.check().err());
        if wrong.is_empty() {
            return Ok(());
        }
        Err(ConfigError(wrong.join("; ")))
    }
}

impl EventsConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("partitions", self.partitions.into(), 1..=256),
            ("poll_milliseconds", self.poll_milliseconds, 10..=MAX_POLL_MILLISECONDS),
            ("request_days", self.request_days.into(), 1..=3_650),
            ("batch", self.batch.into(), 1..=5_000),
        ]
    }
}

impl DatabaseConfig {
    fn ranges(&self) -> Vec<Ranged> {
        let idle = self.idle_in_transaction_timeout_seconds;
        vec![
            ("max_connections", self.max_connections.into(), 2..=1_000),
            ("acquire_timeout_seconds", self.acquire_timeout_seconds, 1..=300),
            ("statement_timeout_seconds", self.statement_timeout_seconds, 1..=3_600),
            ("lock_timeout_seconds", self.lock_timeout_seconds, 1..=3_600),
            ("idle_in_transaction_timeout_seconds", idle, 1..=3_600),
        ]
    }
}

impl ServerConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("deadline_seconds", self.deadline_seconds, 1..=3_600),
            ("stop_seconds", self.stop_seconds, 1..=3_600),
            ("max_concurrent_calls", self.max_concurrent_calls as u64, 1..=1_000_000),
            ("max_streams", self.max_streams.into(), 1..=1_000_000),
            (
                "max_connection_age_seconds",
                self.max_connection_age_seconds,
                10..=86_400,
            ),
            ("max_calls_per_second", self.max_calls_per_second.into(), 1..=1_000_000),
        ]
    }
}

impl TlsConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("handshake_timeout_seconds", self.handshake_timeout_seconds, 1..=60),
            ("reload_seconds", self.reload_seconds, 1..=3_600),
        ]
    }
}
