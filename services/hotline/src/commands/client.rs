//! How commands reach running services: addresses and a token.

use std::path::PathBuf;

use clap::Args;
use hotline_proto::access::Role;
use platform::auth::{Issuer, Principal, TokenSource};
use platform::grpc::client::{Peer, peer};

use crate::console::Failure;
use crate::process::Name;
use crate::process::home::Home;

/// Where the services of `hotline up` listen when nobody says otherwise.
pub const FIRST_PORT: u16 = 50051;

/// Addresses and keys.
#[derive(Args, Debug, Clone)]
pub struct Reach {
    /// Host where the five services listen on neighbouring ports
    #[arg(long, default_value = "127.0.0.1", env = "HOTLINE_HOST")]
    host: String,
    /// Port of intake; routing, supervision, callback and analytics follow
    #[arg(long, default_value_t = FIRST_PORT, env = "HOTLINE_PORT")]
    port: u16,
    /// Data directory with the keys (as of `hotline up`)
    #[arg(long, env = "HOTLINE_DATA")]
    data: Option<PathBuf>,
}

impl Reach {
    /// A channel to a service, as somebody with one role.
    pub fn channel(&self, service: Name, role: Role) -> Result<Peer, Failure> {
        let port = self.port + service as u16;
        let tokens = TokenSource::of(self.issuer()?, principal(role));
        Ok(peer(&format!("http://{}:{port}", self.host), &tokens)?)
    }

    fn issuer(&self) -> Result<Issuer, Failure> {
        let directory = self.data.clone().unwrap_or_else(Home::default_directory);
        if !directory.join("keys").exists() {
            return Err(Failure(format!(
                "{} has no keys: start `hotline up` first, or name its folder with --data",
                directory.display()
            )));
        }
        let home = Home::open(&directory)?;
        issuer(&home)
    }
}

/// Issues development tokens with a data directory's key.
pub fn issuer(home: &Home) -> Result<Issuer, Failure> {
    let mut auth = platform::config::shared_defaults().auth;
    auth.private_key_file = home.private_key();
    Ok(Issuer::open(&auth)?)
}

/// An operator's own principal with one role.
pub fn principal(role: Role) -> Principal {
    Principal {
        subject: format!("cli:{}", role.name()),
        roles: vec![role],
        unit: None,
        platform: None,
    }
}
