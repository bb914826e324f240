//! What routing adds to the settings that every service has.

use serde::Deserialize;

/// `[service]`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RoutingConfig {
    /// Rework rounds that one order may have, 0 to 9.
    pub max_rework_rounds: u32,
}

impl RoutingConfig {
    /// Checks what a type cannot say.
    ///
    /// # Errors
    /// One sentence naming the key and what would be right.
    pub fn validate(&self) -> Result<(), String> {
        if self.max_rework_rounds > 9 {
            return Err(format!(
                "service.max_rework_rounds is {}, it should be 0 to 9",
                self.max_rework_rounds
            ));
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
        assert_eq!(settings.service, RoutingConfig { max_rework_rounds: 2 });
        assert_eq!(settings.service.validate(), Ok(()));
        assert!(RoutingConfig { max_rework_rounds: 10 }.validate().is_err());
    }
}
