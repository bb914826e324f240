//! Settings that only analytics has; their defaults stand in `config.toml`.

use std::path::PathBuf;

use serde::Deserialize;

/// `[service]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalyticsConfig {
    /// Level of the category tree that topics are counted at, 1 to 5.
    pub topic_level: usize,
    /// Definitions instead of the compiled-in ones; empty for those.
    pub definitions_file: PathBuf,
    /// Longest window of a bulletin, in days.
    pub max_window_days: u32,
    /// Facts looked at for one page of a figure's members.
    pub max_scanned_facts: u32,
}

/// What the process loads for every service under one name.
pub type Service = AnalyticsConfig;

impl AnalyticsConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    /// One sentence naming the setting and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        if !(1..=5).contains(&self.topic_level) {
            return Err(format!("service.topic_level must be 1 to 5, is {}", self.topic_level));
        }
        for (name, value, max) in [
            ("max_window_days", self.max_window_days, 73_000),
            ("max_scanned_facts", self.max_scanned_facts, 1_000_000),
        ] {
            if !(1..=max).contains(&value) {
                return Err(format!("service.{name} must be 1 to {max}, is {value}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<AnalyticsConfig, String> {
        let environment = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        platform::config::load::<AnalyticsConfig>(crate::NAME, crate::DEFAULTS, None, Some(environment))
            .map(|settings| settings.service)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_compiled_in_settings_are_right_and_a_mistyped_key_is_named() {
        let service = load(&[]).expect("config.toml parses");
        service.validate().expect("its numbers are right");
        let error = load(&[("ANALYTICS_SERVICE__TOPIC_LEVLE", "1")]).expect_err("no such key");
        assert!(error.contains("topic_levle"), "{error}");
    }

    #[test]
    fn a_level_that_no_tree_has_is_refused_by_name() {
        let service = load(&[("ANALYTICS_SERVICE__TOPIC_LEVEL", "6")]).expect("a number");
        assert!(service.validate().is_err_and(|e| e.contains("service.topic_level")));
    }
}
