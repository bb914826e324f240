//! Tokens for callers of every kind, and the keys that verify the tokens.

use std::sync::{Arc, OnceLock};

use hotline_proto::access::Role;
use platform::auth::{Issuer, Principal, TokenSource, Verifier, generate_key_pair};
use platform::config::AuthConfig;

/// Issues and verifies the tokens of a test run.
#[derive(Clone)]
pub struct Callers {
    /// Issuer of tokens.
    pub issuer: Issuer,
    /// Verifier of tokens.
    pub verifier: Arc<Verifier>,
    /// PEM of the private key, for processes.
    pub private_pem: String,
    /// PEM of the public key, for processes.
    pub public_pem: String,
}

impl Callers {
    /// The keys, the same for the whole process.
    #[must_use]
    pub fn get() -> &'static Self {
        static CALLERS: OnceLock<Callers> = OnceLock::new();
        CALLERS.get_or_init(|| {
            let (private_pem, public_pem) = generate_key_pair();
            let config = auth_config();
            Self {
                issuer: Issuer::new(&config, private_pem.as_bytes()).expect("a generated key"),
                verifier: Arc::new(Verifier::new(&config, public_pem.as_bytes()).expect("a generated key")),
                private_pem,
                public_pem,
            }
        })
    }

    /// A source of tokens for a principal.
    #[must_use]
    pub fn tokens(&self, principal: Principal) -> TokenSource {
        TokenSource::of(self.issuer.clone(), principal)
    }
}

fn auth_config() -> AuthConfig {
    platform::config::shared_defaults().auth
}

/// A principal with one role.
#[must_use]
pub fn role(role: Role) -> Principal {
    Principal {
        subject: format!("test:{}", role.name()),
        roles: vec![role],
        unit: None,
        platform: None,
    }
}
