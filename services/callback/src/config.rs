//! Settings of callback, beside those that every service has. The defaults stand in `config.toml`.

use chrono::{DateTime, TimeDelta, Utc};
use platform::config::{Ranged, ServiceSection};
use serde::Deserialize;

/// `[service]`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CallbackConfig {
    /// Length of a lease in seconds of wall time, 1 to 86,400.
    pub lease_seconds: u32,
    /// Most tasks that an agent may have leased at once, 1 to 500.
    pub most_leases: u32,
    /// Failed attempts needed before an outcome may be unrated, 1 to 20.
    pub min_attempts_before_unrated: u32,
}

impl CallbackConfig {
    /// When a lease expires that begins or is renewed at `wall`.
    #[must_use]
    pub fn lease_until(&self, wall: DateTime<Utc>) -> DateTime<Utc> {
        wall + TimeDelta::seconds(self.lease_seconds.into())
    }
}

impl ServiceSection for CallbackConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("lease_seconds", self.lease_seconds.into(), 1..=86_400),
            ("most_leases", self.most_leases.into(), 1..=500),
            (
                "min_attempts_before_unrated",
                self.min_attempts_before_unrated.into(),
                1..=20,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(key: &str, value: &str) -> Result<CallbackConfig, String> {
        let environment = [(key.to_owned(), value.to_owned())];
        platform::config::load(crate::NAME, crate::DEFAULTS, None, Some(environment.into()))
            .map(|settings| settings.service)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_right_and_what_is_not_is_refused_by_name() {
        assert_eq!(
            load("CALLBACK_SERVICE__LEASE_SECONDS", "60").map(|s| s.lease_seconds),
            Ok(60)
        );
        for (key, value, told) in [
            (
                "CALLBACK_SERVICE__LEASE_SECONDS",
                "0",
                "service.lease_seconds must be 1 to 86400, is 0",
            ),
            (
                "CALLBACK_SERVICE__MOST_LEASES",
                "501",
                "service.most_leases must be 1 to 500, is 501",
            ),
            (
                "CALLBACK_SERVICE__MIN_ATTEMPTS_BEFORE_UNRATED",
                "21",
                "service.min_attempts_before_unrated",
            ),
        ] {
            let error = load(key, value).expect_err(key);
            assert!(error.contains(told), "{error}");
        }
    }
}
