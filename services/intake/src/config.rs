//! Settings that only intake has; their defaults stand in `config.toml`.

use serde::Deserialize;

/// `[service]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeConfig {
    /// Items of a push stream written in one transaction, at most.
    pub push_batch: usize,
    /// Items of one push stream that are read and wait for the writer, at most.
    pub push_in_flight: usize,
    /// Push streams at once; more are answered UNAVAILABLE.
    pub push_streams: usize,
}

impl IntakeConfig {
    /// Checks the numbers against each other.
    ///
    /// # Errors
    /// One sentence naming the setting and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        for (name, value, max) in [
            ("push_batch", self.push_batch, 5_000),
            ("push_in_flight", self.push_in_flight, 100_000),
            ("push_streams", self.push_streams, 10_000),
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

    #[test]
    fn the_compiled_in_settings_are_right_and_a_mistyped_key_is_named() {
        let settings = platform::config::load::<IntakeConfig>(
            crate::NAME,
            crate::DEFAULTS,
            None,
            Some(std::collections::HashMap::new()),
        )
        .expect("config.toml parses");
        settings.service.validate().expect("its numbers are right");
        let mistyped = [("INTAKE_SERVICE__PUSH_BATHC".to_owned(), "7".to_owned())];
        let error = platform::config::load::<IntakeConfig>(
            crate::NAME,
            crate::DEFAULTS,
            None,
            Some(mistyped.into_iter().collect()),
        )
        .expect_err("no such key");
        assert!(error.to_string().contains("push_bathc"), "{error}");
    }

    #[test]
    fn a_batch_of_nothing_is_refused_by_name() {
        let config = IntakeConfig {
            push_batch: 0,
            push_in_flight: 1,
            push_streams: 1,
        };
        assert!(config.validate().is_err_and(|e| e.contains("push_batch")));
    }
}
