//! Settings of intake only; their defaults are in `config.toml`.

use platform::config::{Ranged, ServiceSection};
use serde::Deserialize;

/// `[service]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeConfig {
    /// Maximum number of items of a push stream in one transaction.
    pub push_batch: usize,
    /// Maximum number of items of one push stream that are read and wait for the writer.
    pub push_in_flight: usize,
    /// Maximum number of push streams at once, at most half of them of one platform. Further streams get UNAVAILABLE.
    pub push_streams: usize,
    /// Maximum age of a source's time in days.
    pub source_days: u32,
    /// Minutes that the receiver of a transfer has to acknowledge it.
    pub transfer_ack_minutes: u32,
}

impl ServiceSection for IntakeConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("push_batch", self.push_batch as u64, 1..=5_000),
            ("push_in_flight", self.push_in_flight as u64, 1..=100_000),
            ("push_streams", self.push_streams as u64, 1..=10_000),
            ("source_days", self.source_days.into(), 1..=366),
            ("transfer_ack_minutes", self.transfer_ack_minutes.into(), 1..=1_440),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(key: &str, value: &str) -> Result<IntakeConfig, String> {
        let environment = [(key.to_owned(), value.to_owned())];
        platform::config::load(crate::NAME, crate::DEFAULTS, None, Some(environment.into()))
            .map(|settings| settings.service)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_right_and_what_is_not_is_refused_by_name() {
        assert_eq!(load("INTAKE_SERVICE__PUSH_BATCH", "7").map(|s| s.push_batch), Ok(7));
        for (key, value, told) in [
            ("INTAKE_SERVICE__PUSH_BATHC", "7", "push_bathc"),
            (
                "INTAKE_SERVICE__PUSH_BATCH",
                "0",
                "service.push_batch must be 1 to 5000, is 0",
            ),
            ("INTAKE_SERVICE__PUSH_IN_FLIGHT", "0", "service.push_in_flight"),
            ("INTAKE_SERVICE__PUSH_STREAMS", "10001", "service.push_streams"),
            (
                "INTAKE_SERVICE__SOURCE_DAYS",
                "0",
                "service.source_days must be 1 to 366, is 0",
            ),
            (
                "INTAKE_SERVICE__TRANSFER_ACK_MINUTES",
                "1441",
                "service.transfer_ack_minutes must be 1 to 1440, is 1441",
            ),
        ] {
            let error = load(key, value).expect_err(key);
            assert!(error.contains(told), "{error}");
        }
    }
}
