//! Settings of routing, in addition to the shared ones.

use calendar::Close;
use platform::config::{Ranged, ServiceSection};
use serde::Deserialize;

/// `[service]`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RoutingConfig {
    /// Maximum number of rework rounds of one order, 0 to 9.
    pub max_rework_rounds: u32,
    /// Local time at which a working day ends. Limits in days end at this time.
    pub close: Close,
    /// Maximum age of a contact in days, by the time that the unit gives.
    pub source_days: u32,
}

impl ServiceSection for RoutingConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("max_rework_rounds", self.max_rework_rounds.into(), 0..=9),
            ("source_days", self.source_days.into(), 1..=366),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(key: &str, value: &str) -> Result<RoutingConfig, String> {
        let environment = [(key.to_owned(), value.to_owned())];
        platform::config::load(crate::NAME, crate::DEFAULTS, None, Some(environment.into()))
            .map(|settings| settings.service)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_right_and_what_is_not_is_refused_by_name() {
        let close = "17:30".parse().expect("a time of day");
        let earlier = RoutingConfig {
            max_rework_rounds: 2,
            close,
            source_days: 7,
        };
        assert_eq!(load("ROUTING_SERVICE__CLOSE", "17:30"), Ok(earlier));
        let by_default = load("ROUTING_SERVICE__MAX_REWORK_ROUNDS", "3").map(|service| service.close);
        assert_eq!(by_default, Ok(Close::default()), "domain.md §5");
        for (key, value, told) in [
            (
                "ROUTING_SERVICE__MAX_REWORK_ROUNDS",
                "10",
                "service.max_rework_rounds must be 0 to 9, is 10",
            ),
            ("ROUTING_SERVICE__CLOSE", "6pm", "service.close"),
            (
                "ROUTING_SERVICE__SOURCE_DAYS",
                "367",
                "service.source_days must be 1 to 366, is 367",
            ),
            ("ROUTING_SERVICE__CLOSE", "6pm", "23:59"),
        ] {
            let error = load(key, value).expect_err(key);
            assert!(error.contains(told), "{error}");
        }
    }
}
