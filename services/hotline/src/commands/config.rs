//! `hotline config check`: what is wrong with settings, without starting anything.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::console::say;
use crate::process::Name;
use crate::process::hosted::{Overrides, Shared};

/// Checks settings.
#[derive(Subcommand, Debug)]
pub enum Config {
    /// Read settings as `serve` would and say what is wrong
    Check {
        /// Which services; all when none is named
        services: Vec<Name>,
        /// Settings file (TOML)
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

impl Config {
    pub fn run(self) -> ExitCode {
        let Self::Check { services, config } = self;
        let services = if services.is_empty() {
            Name::ALL.to_vec()
        } else {
            services
        };
        let mut right = true;
        for name in services {
            let overrides = Overrides {
                file: config.clone(),
                ..Overrides::default()
            };
            match Shared::load(name, &overrides) {
                Ok(shared) => {
                    let missing = missing(&shared);
                    right &= missing.is_empty();
                    for key in &missing {
                        say(format!(
                            "{name}: {key} is empty; set it in the file or as {}",
                            variable(name, key)
                        ));
                    }
                    if missing.is_empty() {
                        say(format!("{name}: right"));
                    }
                }
                Err(error) => {
                    right = false;
                    say(error.to_string());
                }
            }
        }
        if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Settings without which a service cannot start.
fn missing(shared: &Shared) -> Vec<&'static str> {
    [
        ("database.url", shared.database.url.is_empty()),
        (
            "auth.public_key_file",
            shared.auth.public_key_file.as_os_str().is_empty(),
        ),
        (
            "auth.private_key_file",
            shared.auth.private_key_file.as_os_str().is_empty(),
        ),
        ("sealing.key_file", shared.sealing.key_file.as_os_str().is_empty()),
    ]
    .into_iter()
    .filter_map(|(key, empty)| empty.then_some(key))
    .collect()
}

fn variable(name: Name, key: &str) -> String {
    format!("{}_{}", name.as_str(), key.replace('.', "__")).to_uppercase()
}
