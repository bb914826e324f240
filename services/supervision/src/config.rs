//! What supervision adds to the settings that every service has; the defaults stand in `config.toml`.

use serde::Deserialize;

/// `[service]`, by the name that all services share.
pub type Service = SupervisionConfig;

/// `[service]`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SupervisionConfig {
    /// Clocks fired in one transaction, 1 to 5,000.
    pub fire_batch: u32,
    /// Milliseconds between looks for due clocks, 10 to 20,000: with [`platform::config::MAX_POLL_MILLISECONDS`] for
    /// knowing routing up to then, a due clock fires within the promised minute (README, P5).
    pub fire_milliseconds: u64,
}

const MAX_FIRE_MILLISECONDS: u64 = 20_000;

impl SupervisionConfig {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// One sentence naming the key and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        for (name, value, range) in [
            ("fire_batch", u64::from(self.fire_batch), 1..=5_000),
            ("fire_milliseconds", self.fire_milliseconds, 10..=MAX_FIRE_MILLISECONDS),
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

    /// A look at routing's heads after the clock is due, then a look for due clocks, each up to a tenth late.
    #[test]
    fn the_slowest_settings_keep_the_promise_of_a_minute() {
        let slowest = platform::config::MAX_POLL_MILLISECONDS + MAX_FIRE_MILLISECONDS;
        assert!(slowest * 11 / 10 < 60_000, "{slowest}");
    }

    #[test]
    fn a_batch_of_nothing_is_refused_by_name() {
        let config = SupervisionConfig {
            fire_batch: 0,
            fire_milliseconds: 1000,
        };
        assert!(config.validate().is_err_and(|e| e.contains("fire_batch")));
    }
}
