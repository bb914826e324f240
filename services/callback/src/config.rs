//! What callback adds to the settings that every service has; the defaults stand in `config.toml`.

use serde::Deserialize;

/// `[service]`, by the name that all services share.
pub type Service = CallbackConfig;

/// `[service]`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CallbackConfig {
    /// Seconds of wall time that a task is leased for, 1 to 86,400.
    pub lease_seconds: u32,
    /// Attempts that have to fail before an outcome may be unrated, 1 to 20.
    pub min_attempts_before_unrated: u32,
}

impl CallbackConfig {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// One sentence naming the key and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        for (name, value, range) in [
            ("lease_seconds", self.lease_seconds, 1..=86_400),
            ("min_attempts_before_unrated", self.min_attempts_before_unrated, 1..=20),
        ] {
            if !range.contains(&value) {
                return Err(format!(
                    "service.{name} must be {} to {}, is {value}",
                    range.start(),
                    range.end()
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_read_and_right() {
        let settings: crate::Settings =
            platform::config::load(crate::NAME, crate::DEFAULTS, None, Some([].into())).expect("the defaults parse");
        assert_eq!(settings.service.validate(), Ok(()));
    }

    #[test]
    fn a_lease_of_nothing_is_refused_by_name() {
        let config = CallbackConfig {
            lease_seconds: 0,
            min_attempts_before_unrated: 3,
        };
        assert!(config.validate().is_err_and(|e| e.contains("lease_seconds")));
    }
}
