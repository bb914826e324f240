//! How commands reach running services: addresses, certificates and a token.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use hosting::Name;
use hosting::home::Home;
use hotline_proto::access::Role;
use platform::auth::{Issuer, Principal, TokenSource};
use platform::config::{Nothing, Settings};
use platform::lifecycle::Lifecycle;
use platform::tls::Certificates;
use rpc::balance::{Balanced, Security};
use rpc::client::{Dialer, Peer, peer};

use crate::console::Failure;

/// Default of the first port of `hotline up`.
pub const FIRST_PORT: u16 = 50051;

/// Addresses and keys of the services: those of `hotline up` on this machine, or of an installation in a settings file.
#[derive(Args, Debug, Clone)]
pub struct Reach {
    /// Host where the five services listen on neighbouring ports
    #[arg(long, default_value = "127.0.0.1", env = "HOTLINE_HOST", conflicts_with = "config")]
    host: String,
    /// Port of intake; routing, supervision, callback and analytics follow
    #[arg(long, default_value_t = FIRST_PORT, env = "HOTLINE_PORT", conflicts_with = "config", value_parser = first_of_five())]
    port: u16,
    /// Data directory of `hotline up`, with the keys [env: HOTLINE_DATA, unless --config is given]
    #[arg(long, conflicts_with = "config")]
    data: Option<PathBuf>,
    #[command(flatten)]
    exported: ExportedData,
    /// Settings file (TOML) of another installation, as for `hotline smoke`: [peers], [auth] and, for https, [tls]
    #[arg(long, env = "HOTLINE_CONFIG")]
    config: Option<PathBuf>,
    /// File with a token of the identity provider, used with --config instead of auth.private_key_file
    #[arg(long, env = "HOTLINE_TOKEN_FILE", requires = "config")]
    token_file: Option<PathBuf>,
}

/// `HOTLINE_DATA`. It is separate from the flag, so that an exported variable does not conflict with other flags.
#[derive(Args, Debug, Clone)]
pub struct ExportedData {
    #[arg(long = "exported-data", env = "HOTLINE_DATA", hide = true)]
    folder: Option<PathBuf>,
}

impl ExportedData {
    /// The folder of the flag, otherwise that of the variable.
    #[must_use]
    pub fn or<'a>(&'a self, flag: Option<&'a PathBuf>) -> Option<&'a Path> {
        flag.or(self.folder.as_ref()).map(PathBuf::as_path)
    }
}

impl Reach {
    /// A channel to a service, with a token of one role. A given token decides its roles itself.
    ///
    /// # Errors
    /// What is wrong with keys, settings or address, and what to do.
    pub fn channel(&self, service: Name, role: Role) -> Result<Peer, Failure> {
        if let Some(config) = &self.config {
            return Installation::open(config, self.token_file.as_deref())?.peer(service, role);
        }
        let port = self.port + service as u16;
        let tokens = TokenSource::of(issuer(self.exported.or(self.data.as_ref()))?, principal(role));
        Ok(peer(&format!("http://{}:{port}", self.host), &tokens)?)
    }
}

/// The addresses of five services, and the credentials of the caller.
pub struct Installation {
    urls: [String; 5],
    bearer: Bearer,
    security: Security,
    resolve_every: Duration,
}

enum Bearer {
    Issues(Issuer),
    Has(TokenSource),
    /// No credentials: only health is open.
    Nobody,
}

impl Installation {
    /// The installation of a settings file, with its sections [peers], [auth] and [tls].
    ///
    /// # Errors
    /// What is wrong with the file, a key or a certificate.
    pub fn open(config: &Path, token_file: Option<&Path>) -> Result<Self, Failure> {
        // The environment is not read: HOTLINE_DATA and similar variables are flags of commands, not settings.
        let nothing = Some(HashMap::new());
        let settings: Settings<Nothing> = platform::config::load("HOTLINE", "[service]", Some(config), nothing)?;
        let peers = &settings.peers;
        let security = match Certificates::open(&settings.tls)? {
            Some(certificates) => Security::Mutual(certificates),
            None if settings.tls.ca_file.as_os_str().is_empty() => Security::Plain,
            None => Security::trusting("tls.ca_file", &settings.tls.ca_file)?,
        };
        let bearer = match token_file {
            Some(file) => {
                let read = std::fs::read_to_string(file);
                let token = read.map_err(|error| format!("--token-file {}: {error}", file.display()))?;
                Bearer::Has(TokenSource::given(token.trim()))
            }
            None if settings.auth.private_key_file.as_os_str().is_empty() => Bearer::Nobody,
            None => Bearer::Issues(Issuer::open(&settings.auth)?),
        };
        Ok(Self {
            urls: Name::ALL.map(|name| peers.url(name.as_str()).to_owned()),
            bearer,
            security,
            resolve_every: Duration::from_secs(peers.resolve_seconds),
        })
    }

    /// A client of a service with a token of one role.
    ///
    /// # Errors
    /// When the address is missing or wrong.
    pub fn peer(&self, name: Name, role: Role) -> Result<Peer, Failure> {
        self.peer_of(name, principal(role))
    }

    /// A client of a service for a given principal.
    ///
    /// # Errors
    /// Errors of [`Installation::peer`].
    pub fn peer_of(&self, name: Name, principal: Principal) -> Result<Peer, Failure> {
        let tokens = match &self.bearer {
            Bearer::Issues(issuer) => TokenSource::of(issuer.clone(), principal),
            Bearer::Has(token) => token.clone(),
            Bearer::Nobody => {
                return Err("auth.private_key_file is empty; set it, or give a token by --token-file".into());
            }
        };
        let dialer = Dialer::new("client", tokens, self.security.clone(), self.resolve_every);
        Ok(dialer.peer(self.url(name)).map_err(|error| misnamed(name, &error))?)
    }

    /// Reloads changed certificates until the lifecycle stops, for a long-running caller.
    pub fn watch(&self, caller: &'static str, lifecycle: &Lifecycle) {
        if let Security::Mutual(certificates) = &self.security {
            certificates.watch(caller, lifecycle);
        }
    }

    /// Whether there is a key or a token. Without one, only health is open.
    #[must_use]
    pub fn is_somebody(&self) -> bool {
        !matches!(self.bearer, Bearer::Nobody)
    }

    /// A client of a service without a token, for health.
    ///
    /// # Errors
    /// Errors of [`Installation::peer`].
    pub fn anonymous(&self, name: Name) -> Result<Balanced, Failure> {
        let channel = Balanced::new(self.url(name), self.security.clone(), self.resolve_every);
        Ok(channel.map_err(|error| misnamed(name, &error))?)
    }

    /// Address of a service.
    #[must_use]
    pub fn url(&self, name: Name) -> &str {
        &self.urls[name as usize]
    }
}

fn misnamed(name: Name, error: &str) -> String {
    format!("peers.{name}: {error}")
}

/// Ports that leave room for four more.
#[must_use]
pub fn first_of_five() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(..=65_531)
}

/// Issues development tokens with the key of a data directory of `hotline up`. A new key would be unknown to its
/// services.
///
/// # Errors
/// When there is no such key.
pub fn issuer(data: Option<&Path>) -> Result<Issuer, Failure> {
    let directory = data.map_or_else(Home::default_directory, Path::to_path_buf);
    if !directory.join("keys").exists() {
        return Err(Failure(format!(
            "{} has no keys: start `hotline up` first, or name its folder with --data",
            directory.display()
        )));
    }
    let home = Home::open(&directory)?;
    let mut auth = platform::config::shared_defaults().auth;
    auth.private_key_file = home.private_key();
    Ok(Issuer::open(&auth)?)
}

/// The principal of the operator, with one role.
#[must_use]
pub fn principal(role: Role) -> Principal {
    Principal {
        subject: format!("cli:{}", role.name()),
        roles: vec![role],
        unit: None,
        platform: None,
    }
}
