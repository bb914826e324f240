//! Settings of analytics, beside those that every service has. The defaults stand in `config.toml`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use platform::config::{Ranged, ServiceSection};
use serde::Deserialize;

use crate::domain::definitions::{COMPILED_IN, Definitions};

/// Levels of a category's code, domain.md §3.
const TOPIC_LEVELS: RangeInclusive<u64> = 1..=5;

/// `[service]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalyticsConfig {
    /// Level of the category tree that topics are counted at, 1 to 5.
    pub topic_level: usize,
    /// Path of another definitions file; empty for the compiled-in definitions.
    pub definitions_file: PathBuf,
    /// Most days of a bulletin's window.
    pub max_window_days: u32,
    /// Most facts scanned for one page of a figure's members.
    pub max_scanned_facts: u32,
}

impl ServiceSection for AnalyticsConfig {
    fn ranges(&self) -> Vec<Ranged> {
        vec![
            ("topic_level", self.topic_level as u64, TOPIC_LEVELS),
            ("max_window_days", self.max_window_days.into(), 1..=73_000),
            ("max_scanned_facts", self.max_scanned_facts.into(), 1..=1_000_000),
        ]
    }

    fn check(&self) -> Result<(), String> {
        // A level out of range is reported by the check of its range.
        if TOPIC_LEVELS.contains(&(self.topic_level as u64)) {
            self.definitions()?;
        }
        Ok(())
    }
}

impl AnalyticsConfig {
    /// The definitions of the figures: compiled in, or from the configured file.
    ///
    /// # Errors
    /// Lists the faults and where they are.
    pub fn definitions(&self) -> Result<Definitions, String> {
        let path = &self.definitions_file;
        if path.as_os_str().is_empty() {
            let compiled_in = Definitions::parse(COMPILED_IN, self.topic_level);
            return compiled_in.map_err(|faults| format!("definitions.toml: {faults}"));
        }
        let named = |what: String| format!("service.definitions_file {}: {what}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        Definitions::parse(&text, self.topic_level).map_err(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(key: &str, value: &str) -> Result<AnalyticsConfig, String> {
        let environment = [(key.to_owned(), value.to_owned())];
        platform::config::load(crate::NAME, crate::DEFAULTS, None, Some(environment.into()))
            .map(|settings| settings.service)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_right_and_what_is_not_is_refused_by_name() {
        assert_eq!(
            load("ANALYTICS_SERVICE__TOPIC_LEVEL", "5").map(|s| s.topic_level),
            Ok(5)
        );
        for (key, value, told) in [
            ("ANALYTICS_SERVICE__TOPIC_LEVLE", "1", "topic_levle"),
            (
                "ANALYTICS_SERVICE__TOPIC_LEVEL",
                "6",
                "service.topic_level must be 1 to 5, is 6",
            ),
            ("ANALYTICS_SERVICE__MAX_WINDOW_DAYS", "0", "service.max_window_days"),
            (
                "ANALYTICS_SERVICE__DEFINITIONS_FILE",
                "/nowhere",
                "service.definitions_file /nowhere: No such file",
            ),
            ("ANALYTICS_SERVICE__MAX_SCANNED_FACTS", "0", "service.max_scanned_facts"),
        ] {
            let error = load(key, value).expect_err(key);
            assert!(error.contains(told), "{error}");
        }
    }
}
