//! Settings: compiled-in defaults, then a file, then the environment. An unknown key stops the start with its name.
//!
//! What all services share stands in `config.toml` beside this crate, what one service adds in its own `config.toml`
//! under `[service]`. Environment variables are `<SERVICE>_<SECTION>__<KEY>`, such as `ROUTING_DATABASE__URL`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The shared defaults, each with unit and comment.
pub const DEFAULTS: &str = include_str!("../config.toml");

/// All settings of one service; `S` is what it adds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings<S> {
    /// The gRPC server.
    pub server: ServerConfig,
    /// Its Postgres.
    pub database: DatabaseConfig,
    /// Redis.
    pub redis: RedisConfig,
    /// The event log.
    pub events: EventsConfig,
    /// Who callers are.
    pub auth: AuthConfig,
    /// Personal fields at rest.
    pub sealing: SealingConfig,
    /// Where the services are.
    pub peers: PeersConfig,
    /// Logs.
    pub log: LogConfig,
    /// Traces.
    pub otlp: OtlpConfig,
    /// The service's own.
    pub service: S,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }
    };
}

section! {
    /// `[server]`
    ServerConfig {
        /// Address to listen on; port 0 takes a free one.
        listen: String,
        /// Seconds between NOT_SERVING and the end of accepting.
        drain_seconds: u64,
        /// Seconds after which a stop no longer waits.
        stop_seconds: u64,
        /// Deadline of a call that brings none, and the cap of all, in seconds.
        deadline_seconds: u64,
        /// Largest message received, in bytes.
        max_message_bytes: usize,
        /// Calls worked on at once; more are shed as UNAVAILABLE.
        max_concurrent_calls: usize,
        /// Streams per connection.
        max_streams: u32,
        /// Largest header list, in bytes.
        max_header_bytes: u32,
        /// Calls per second and principal; more are RESOURCE_EXHAUSTED.
        max_calls_per_second: u32,
    }
}
section! {
    /// `[database]`
    DatabaseConfig {
        /// `postgres://…`
        url: String,
        /// Connections of this process.
        max_connections: u32,
        /// Seconds to wait for one.
        acquire_timeout_seconds: u64,
        /// Seconds for a statement.
        statement_timeout_seconds: u64,
        /// Seconds for a lock.
        lock_timeout_seconds: u64,
        /// Seconds that a transaction may idle.
        idle_in_transaction_timeout_seconds: u64,
    }
}
section! {
    /// `[redis]`
    RedisConfig {
        /// `redis://…`; empty works without Redis, slower.
        url: String,
        /// Entries kept per stream, approximately.
        stream_length: u64,
    }
}
section! {
    /// `[events]`
    EventsConfig {
        /// Partitions of the log, fixed when the database is first migrated; 1 to 256.
        partitions: u16,
        /// Milliseconds between looks of the relay and of a consumer when nothing rings.
        poll_milliseconds: u64,
        /// Events applied in one transaction.
        batch: u32,
    }
}
section! {
    /// `[auth]`
    AuthConfig {
        /// `iss` that tokens must have.
        issuer: String,
        /// `aud` that tokens must have.
        audience: String,
        /// PEM file of the Ed25519 public key that tokens are verified with.
        public_key_file: PathBuf,
        /// PEM file of the Ed25519 private key that this service signs its own tokens with when it calls the others.
        private_key_file: PathBuf,
    }
}
section! {
    /// `[sealing]`
    SealingConfig {
        /// File with 32 random bytes in base64: wraps the data keys.
        key_file: PathBuf,
    }
}
section! {
    /// `[peers]`
    PeersConfig {
        /// `http://host:port`
        intake: String,
        /// `http://host:port`
        routing: String,
        /// `http://host:port`
        supervision: String,
        /// `http://host:port`
        callback: String,
        /// `http://host:port`
        analytics: String,
    }
}
section! {
    /// `[log]`
    LogConfig {
        /// `human` or `json`.
        format: LogFormat,
        /// Filter, as in `info,sqlx=warn`.
        filter: String,
    }
}
section! {
    /// `[otlp]`
    OtlpConfig {
        /// `http://collector:4317`; empty exports nothing.
        endpoint: String,
    }
}

/// Settings of a service that adds none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The compiled-in defaults alone.
#[must_use]
pub fn shared_defaults() -> Settings<Nothing> {
    load("HOTLINE", "[service]", None, Some(HashMap::new())).expect("parsed by a test")
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
}

/// Why settings could not be read: what, where, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("settings: {0}")]
pub struct ConfigError(pub String);

/// Reads the settings of `service`, whose own defaults are `service_defaults` (TOML with `[service]`).
///
/// # Errors
/// [`ConfigError`] naming the key.
pub fn load<S: DeserializeOwned>(
    service: &str,
    service_defaults: &str,
    file: Option<&Path>,
    environment: Option<HashMap<String, String>>,
) -> Result<Settings<S>, ConfigError> {
    load_with(service, service_defaults, file, environment, &[])
}

/// [`load`], with values that win over file and environment: what a process decides for the services in it.
///
/// # Errors
/// [`ConfigError`] naming the key.
pub fn load_with<S: DeserializeOwned>(
    service: &str,
    service_defaults: &str,
    file: Option<&Path>,
    environment: Option<HashMap<String, String>>,
    values: &[(&str, String)],
) -> Result<Settings<S>, ConfigError> {
    use config::{Environment, File, FileFormat};
    let mut builder = config::Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .add_source(File::from_str(service_defaults, FileFormat::Toml));
    if let Some(path) = file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    let variables = Environment::with_prefix(&service.to_uppercase())
        .prefix_separator("_")
        .separator("__")
        .source(environment);
    builder = builder.add_source(variables);
    for (key, value) in values {
        builder = builder
            .set_override(*key, value.as_str())
            .map_err(|error| ConfigError(error.to_string()))?;
    }
    builder
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| ConfigError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_defaults_are_whole() {
        assert_eq!(shared_defaults().server.max_message_bytes, 1_048_576);
    }

    #[test]
    fn the_environment_wins_and_a_mistyped_key_is_named() {
        let settings: Settings<Nothing> = load(
            "routing",
            "[service]",
            None,
            Some(variables(&[
                ("ROUTING_DATABASE__URL", "postgres://x/y"),
                ("ROUTING_EVENTS__BATCH", "7"),
            ])),
        )
        .expect("both keys exist");
        assert_eq!(
            (settings.database.url.as_str(), settings.events.batch),
            ("postgres://x/y", 7)
        );
        let error = load::<Nothing>(
            "routing",
            "[service]",
            None,
            Some(variables(&[("ROUTING_DATABASE__ULR", "x")])),
        )
        .expect_err("there is no ulr");
        assert!(error.to_string().contains("ulr"), "{error}");
    }
}
