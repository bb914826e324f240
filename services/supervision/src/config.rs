//! Settings of supervision, beside those that every service has. The defaults stand in `config.toml`.

use platform::config::{Ranged, ServiceSection};
use serde::Deserialize;

/// `[service]`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SupervisionConfig {
    /// Clocks fired in one transaction, 1 to 5,000.
    pub fire_batch: u32,
    /// Milliseconds between two runs that fire due clocks, 10 to 20,000. Knowing routing up to the due time takes up to
    /// [`platform::config::MAX_POLL_MILLISECONDS`]. Together they keep the promised minute for a due clock (README,
    /// P5).
    pub fire_milliseconds: u64,
}

const MAX_FIRE_MILLISECONDS: u64 = 20_000;

impl ServiceSection for SupervisionConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("fire_batch", self.fire_batch.into(), 1..=5_000),
            ("fire_milliseconds", self.fire_milliseconds, 10..=MAX_FIRE_MILLISECONDS),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(key: &str, value: &str) -> Result<SupervisionConfig, String> {
        let environment = [(key.to_owned(), value.to_owned())];
        platform::config::load(crate::NAME, crate::DEFAULTS, None, Some(environment.into()))
            .map(|settings| settings.service)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_right_and_what_is_not_is_refused_by_name() {
        assert_eq!(
            load("SUPERVISION_SERVICE__FIRE_BATCH", "7").map(|s| s.fire_batch),
            Ok(7)
        );
        for (key, value, told) in [
            (
                "SUPERVISION_SERVICE__FIRE_BATCH",
                "0",
                "service.fire_batch must be 1 to 5000, is 0",
            ),
            (
                "SUPERVISION_SERVICE__FIRE_MILLISECONDS",
                "20001",
                "service.fire_milliseconds",
            ),
        ] {
            let error = load(key, value).expect_err(key);
            assert!(error.contains(told), "{error}");
        }
    }

    /// One poll of routing's heads after the due time, then one run of the worker. Each can be up to a tenth late.
    #[test]
    fn the_slowest_settings_keep_the_promise_of_a_minute() {
        let slowest = platform::config::MAX_POLL_MILLISECONDS + MAX_FIRE_MILLISECONDS;
        assert!(slowest * 11 / 10 < 60_000, "{slowest}");
    }
}
