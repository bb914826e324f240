//! `hotline config check`: checks settings without starting a service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use hosting::Name;
use personal::sealing::Kek;
use platform::auth::{Issuer, Verifier};
use platform::config::{Overrides, Shared};
use platform::lifecycle::Lifecycle;
use platform::tls::Certificates;
use rpc::balance::{Balanced, Security};

use crate::console::say;

/// Commands on settings.
#[derive(Subcommand, Debug)]
pub enum Config {
    /// Read settings as `serve` does, and print every fault
    Check {
        /// Services; all when none is named
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
            match name.service().load(&overrides) {
                Ok(loaded) => {
                    let wrong = wrong(name, &loaded.settings);
                    right &= wrong.is_empty();
                    for told in &wrong {
                        say(format!("{name}: {told}"));
                    }
                    if wrong.is_empty() {
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

/// All faults that would end the start of a service before it connects to its servers.
fn wrong(name: Name, shared: &Shared) -> Vec<String> {
    let needed = [
        ("database.url", shared.database.url.is_empty()),
        (
            "auth.public_key_file",
            shared.auth.public_key_file.as_os_str().is_empty() && shared.auth.jwks_url.is_empty(),
        ),
        (
            "auth.private_key_file",
            shared.auth.private_key_file.as_os_str().is_empty(),
        ),
        ("sealing.key_file", shared.sealing.key_file.as_os_str().is_empty()),
    ];
    let mut wrong: Vec<String> = needed
        .into_iter()
        .filter(|(_, empty)| *empty)
        .map(|(key, _)| format!("{key} is empty; set it in the file or as {}", variable(name, key)))
        .collect();
    // An empty address is reported once.
    let told = |key: &str| needed.iter().any(|(needed, empty)| *empty && *needed == key);
    let checks = [
        ("database.url", platform::store::check_url(&shared.database.url)),
        ("redis.url", platform::redis::client(&shared.redis).map(|_| ())),
        ("log.filter", platform::telemetry::check_filter(&shared.log.filter)),
        (
            "otlp.endpoint",
            platform::telemetry::check_endpoint(&shared.otlp.endpoint),
        ),
        ("auth.private_key_file", Issuer::of_services(&shared.auth).map(|_| ())),
        (
            "auth.public_key_file",
            Verifier::open(&shared.auth, name.as_str(), &Lifecycle::new()).map(|_| ()),
        ),
        ("sealing.key_file", Kek::read(&shared.sealing.key_file).map(|_| ())),
        ("tls", Certificates::open(&shared.tls).map(|_| ())),
    ];
    wrong.extend(
        checks
            .into_iter()
            .filter(|(key, _)| !told(key))
            .filter_map(|(_, checked)| checked.err()),
    );
    let listen = [
        ("server.listen", &shared.server.listen),
        ("server.metrics_listen", &shared.server.metrics_listen),
        ("server.probe_listen", &shared.server.probe_listen),
    ];
    for (key, address) in listen {
        let optional = key != "server.listen" && address.is_empty();
        if !optional && address.parse::<SocketAddr>().is_err() {
            wrong.push(format!(
                "{key} is \"{address}\"; write address and port, as 0.0.0.0:50051"
            ));
        }
    }
    wrong.extend(peers(name, shared));
    wrong
}

/// Malformed addresses of other services. Empty addresses of services that it does not read are allowed.
fn peers(name: Name, shared: &Shared) -> Vec<String> {
    let security = match Certificates::open(&shared.tls) {
        Ok(Some(certificates)) => Security::Mutual(certificates),
        // Their faults are reported above.
        Ok(None) | Err(_) => Security::Plain,
    };
    let every = Duration::from_secs(shared.peers.resolve_seconds);
    let dialled = |other: &Name| other.readers().contains(&name) || !shared.peers.url(other.as_str()).is_empty();
    let others = Name::ALL.into_iter().filter(dialled);
    others
        .filter_map(|other| {
            let balanced = Balanced::new(shared.peers.url(other.as_str()), security.clone(), every);
            balanced.err().map(|wrong| format!("peers.{other}: {wrong}"))
        })
        .collect()
}

fn variable(name: Name, key: &str) -> String {
    format!("{}_{}", name.as_str(), key.replace('.', "__")).to_uppercase()
}
