//! Settings: compiled-in defaults, then a file, then the environment. An unknown key stops the start; the message names
//! it.
//!
//! Settings that all services share stand in `config.toml` beside this crate. A service adds its own in its
//! `config.toml` under `[service]`. An environment variable is `<SERVICE>_<SECTION>__<KEY>`, such as
//! `ROUTING_DATABASE__URL`.

mod lines;
mod ranges;
mod words;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use ranges::{MAX_POLL_MILLISECONDS, Ranged, ServiceSection};
pub use words::{Algorithm, ClientCertificates, LogFormat, TlsVersion};

/// The shared defaults, each with unit and comment.
pub const DEFAULTS: &str = include_str!("../config.toml");

/// All settings of one service. `S` is the service's own section. Without that type the same value is [`Shared`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings<S: ?Sized> {
    /// The gRPC server.
    pub server: ServerConfig,
    /// Its Postgres.
    pub database: DatabaseConfig,
    /// Redis.
    pub redis: RedisConfig,
    /// The event log.
    pub events: EventsConfig,
    /// Identity of callers.
    pub auth: AuthConfig,
    /// Personal fields at rest.
    pub sealing: SealingConfig,
    /// Addresses of the services.
    pub peers: PeersConfig,
    /// Logs.
    pub log: LogConfig,
    /// Traces.
    pub otlp: OtlpConfig,
    /// TLS and the certificates of clients.
    pub tls: TlsConfig,
    /// The service's own section.
    pub service: S,
}

/// Settings of a service that is known by its name only: the sections that all services have.
pub type Shared = Settings<dyn ServiceSection>;

/// Settings that a process fixes for its services. All others come from the compiled-in defaults.
#[derive(Clone, Default)]
pub struct Overrides {
    /// Settings file.
    pub file: Option<PathBuf>,
    /// Variables in place of the process's own environment, for tests.
    pub environment: Option<HashMap<String, String>>,
    /// `(key, value)` as in `database.url`; they win over file and environment.
    pub values: Vec<(&'static str, String)>,
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
        /// Address of plaintext health for the kubelet's probes; empty serves none.
        probe_listen: String,
        /// Address of `/metrics` by HTTP; empty serves none.
        metrics_listen: String,
        /// Seconds after which a connection is ended, ±10 %, so that clients find new replicas.
        max_connection_age_seconds: u64,
        /// Seconds between NOT_SERVING and the end of accepting.
        drain_seconds: u64,
        /// Longest graceful stop, in seconds.
        stop_seconds: u64,
        /// Deadline of a call that names none, and the longest deadline of any call, in seconds.
        deadline_seconds: u64,
        /// Largest message received, in bytes.
        max_message_bytes: usize,
        /// Most calls in progress at once; more are refused as UNAVAILABLE.
        max_concurrent_calls: usize,
        /// Streams per connection.
        max_streams: u32,
        /// Largest header list, in bytes.
        max_header_bytes: u32,
        /// Most calls per second and principal; more are refused as RESOURCE_EXHAUSTED.
        max_calls_per_second: u32,
    }
}
section! {
    /// `[database]`
    DatabaseConfig {
        /// `postgres://…`
        url: String,
        /// File whose content is the URL; wins over `url`.
        url_file: PathBuf,
        /// Seconds that a start waits for an unreachable database; 0 fails at once.
        wait_seconds: u64,
        /// Role that `hotline migrate` grants reading and writing, without DDL and TRUNCATE. The services run as it.
        /// Empty grants nothing.
        application_role: String,
        /// Role that `hotline migrate` grants reading. Empty grants nothing.
        read_only_role: String,
        /// Connections of this process.
        max_connections: u32,
        /// Longest wait for a connection, in seconds.
        acquire_timeout_seconds: u64,
        /// Longest statement, in seconds.
        statement_timeout_seconds: u64,
        /// Longest wait for a lock, in seconds.
        lock_timeout_seconds: u64,
        /// Longest idle time inside a transaction, in seconds.
        idle_in_transaction_timeout_seconds: u64,
    }
}
section! {
    /// `[redis]`
    RedisConfig {
        /// `redis://…`, or `rediss://…` for TLS; empty works without Redis, with more latency.
        url: String,
        /// File whose content is the URL; wins over `url`.
        url_file: PathBuf,
        /// PEM file of the authority of Redis' certificate, with `rediss://`; empty uses the public authorities.
        ca_file: PathBuf,
        /// Approximate number of entries per stream.
        stream_length: u64,
    }
}
section! {
    /// `[events]`
    EventsConfig {
        /// Partitions of the log, fixed when the database is first migrated; 1 to 256.
        partitions: u16,
        /// Milliseconds between two polls of a relay or a consumer without a wake-up, 10 to [`MAX_POLL_MILLISECONDS`].
        poll_milliseconds: u64,
        /// Days for which a request with a known `request_id` gets the first answer.
        request_days: u32,
        /// Events applied in one transaction.
        batch: u32,
    }
}
section! {
    /// `[auth]`
    AuthConfig {
        /// Required `iss` of tokens.
        issuer: String,
        /// Required `aud` of tokens.
        audience: String,
        /// Algorithm of people's tokens. It is never taken from the token.
        algorithm: Algorithm,
        /// PEM file of the public key that verifies people's tokens, unless `jwks_url` is set.
        public_key_file: PathBuf,
        /// URL where the identity provider publishes its keys (RFC 7517); empty uses `public_key_file`.
        jwks_url: String,
        /// Seconds between two fetches of `jwks_url`.
        jwks_refresh_seconds: u64,
        /// PEM file of the authorities that `jwks_url` is trusted by; empty uses the public ones.
        jwks_ca_file: PathBuf,
        /// PEM file of the Ed25519 public key that verifies the services' own tokens. Empty uses `public_key_file`:
        /// development, with one key for everything.
        service_public_key_file: PathBuf,
        /// PEM file of the Ed25519 private key that signs this service's own tokens, for its calls to other services.
        private_key_file: PathBuf,
    }
}
section! {
    /// `[sealing]`
    SealingConfig {
        /// File with 32 random bytes in base64. They wrap the data keys.
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
        /// Seconds after which the addresses of a name are resolved again.
        resolve_seconds: u64,
    }
}
impl PeersConfig {
    /// URL of a service.
    ///
    /// # Panics
    /// When there is no service of that name. Names are constants of the program.
    #[must_use]
    pub fn url(&self, service: &str) -> &str {
        match service {
            "intake" => &self.intake,
            "routing" => &self.routing,
            "supervision" => &self.supervision,
            "callback" => &self.callback,
            "analytics" => &self.analytics,
            other => panic!("there is no service {other}"),
        }
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

section! {
    /// `[tls]`
    TlsConfig {
        /// PEM file of the certificate chain of this process, as server and as client; empty is plaintext.
        certificate_file: PathBuf,
        /// PEM file of its private key.
        key_file: PathBuf,
        /// PEM file of the authorities of the certificates of peers and clients.
        ca_file: PathBuf,
        /// Whether clients need certificates.
        client_certificates: ClientCertificates,
        /// Trust domain of the URI names `spiffe://<trust_domain>/service/<name>` and `…/platform/<code>`.
        trust_domain: String,
        /// Oldest TLS version.
        minimum_version: TlsVersion,
        /// Longest handshake, in seconds.
        handshake_timeout_seconds: u64,
        /// Seconds between two checks of the files.
        reload_seconds: u64,
    }
}

impl DatabaseConfig {
    /// For work without a waiting caller: a migration that builds an index, the doctor over years of rows.
    #[must_use]
    pub fn without_statement_timeout(&self) -> Self {
        Self {
            statement_timeout_seconds: 0,
            ..self.clone()
        }
    }
}

/// The section of a service without settings of its own.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The compiled-in defaults alone.
#[must_use]
pub fn shared_defaults() -> Settings<Nothing> {
    load("HOTLINE", "[service]", None, Some(HashMap::new())).expect("parsed by a test")
}

/// The reason why settings cannot be used: what is wrong, where, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("settings: {0}")]
pub struct ConfigError(pub String);

/// Reads the settings of `service`. `service_defaults` are its own defaults (TOML with `[service]`).
///
/// # Errors
/// [`ConfigError`] naming the key.
pub fn load<S: DeserializeOwned + ServiceSection>(
    service: &str,
    service_defaults: &str,
    file: Option<&Path>,
    environment: Option<HashMap<String, String>>,
) -> Result<Settings<S>, ConfigError> {
    let overrides = Overrides {
        file: file.map(Path::to_path_buf),
        environment,
        values: Vec::new(),
    };
    load_with(service, service_defaults, &overrides)
}

/// [`load`] with the settings that a process fixes for its services.
///
/// # Errors
/// [`ConfigError`] naming the key.
pub fn load_with<S: DeserializeOwned + ServiceSection>(
    service: &str,
    service_defaults: &str,
    overrides: &Overrides,
) -> Result<Settings<S>, ConfigError> {
    use config::{Environment, File, FileFormat};
    let mut builder = config::Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .add_source(File::from_str(service_defaults, FileFormat::Toml));
    let file = overrides.file.as_deref();
    if let Some(path) = file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    let variables = Environment::with_prefix(&service.to_uppercase())
        .prefix_separator("_")
        .separator("__")
        .source(overrides.environment.clone());
    builder = builder.add_source(variables);
    for (key, value) in &overrides.values {
        builder = builder
            .set_override(*key, value.as_str())
            .map_err(|error| ConfigError(error.to_string()))?;
    }
    let text = file.and_then(|path| Some((path, std::fs::read_to_string(path).ok()?)));
    let located = |told: String| match &text {
        Some((path, text)) => ConfigError(lines::with_lines(told, path, text)),
        None => ConfigError(told),
    };
    let mut settings: Settings<S> = builder
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| located(error.to_string()))?;
    settings.validate().map_err(|error| located(error.0))?;
    read_url(
        "database.url_file",
        &settings.database.url_file,
        &mut settings.database.url,
    )?;
    read_url("redis.url_file", &settings.redis.url_file, &mut settings.redis.url)?;
    Ok(settings)
}

/// A URL holds a password, so it is read from a file if one is set.
fn read_url(key: &str, file: &Path, url: &mut String) -> Result<(), ConfigError> {
    if !file.as_os_str().is_empty() {
        let text =
            std::fs::read_to_string(file).map_err(|error| ConfigError(format!("{key} {}: {error}", file.display())))?;
        text.trim().clone_into(url);
    }
    Ok(())
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
    fn everything_out_of_its_range_is_told_at_once() {
        let wrong = variables(&[("X_EVENTS__PARTITIONS", "0"), ("X_EVENTS__POLL_MILLISECONDS", "60000")]);
        let error = load::<Nothing>("x", "[service]", None, Some(wrong)).expect_err("both are out of range");
        let told = error.to_string();
        assert!(
            told.contains("events.partitions must be 1 to 256, is 0")
                && told.contains("poll_milliseconds must be 10 to"),
            "{told}"
        );
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x.toml");
        for (text, key, line) in [
            ("[server]\ndrain_seconds = 5\nlissten = \"x\"\n", "server.lissten", 3),
            ("# c\n[server]\ndrain_seconds = \"soon\"\n", "server.drain_seconds", 3),
            ("[events]\n\nbatch = 0\n", "events.batch", 3),
            ("[server]\n[sever]\nlisten = \"x\"\n", "[sever]", 2),
            ("[server]\ndrain_seconds = = 5\n", "drain_seconds = = 5", 2),
            ("\nserver.listten = \"x\"\n", "server.listten", 2),
            ("[log]\nformat = \"xml\"\n", "log.format", 2),
            ("[database]\nmax_connections = 1\n", "database.max_connections", 2),
        ] {
            std::fs::write(&file, text).expect("written");
            let error = load::<Nothing>("x", "[service]", Some(&file), Some(HashMap::new())).expect_err(text);
            let told = error.to_string();
            assert!(told.contains(key) && told.contains(&format!("line {line}")), "{told}");
            assert!(told.contains("x.toml"), "{told}");
        }
    }

    #[test]
    fn a_word_that_is_none_is_told_with_those_that_are() {
        let error = load::<Nothing>("x", "[service]", None, Some(variables(&[("X_LOG__FORMAT", "xml")])));
        let told = error.expect_err("no such format").to_string();
        assert!(
            told.contains("log.format") && told.contains("human, json") && told.contains("xml"),
            "{told}"
        );
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
