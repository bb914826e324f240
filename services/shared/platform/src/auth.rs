//! Identity: tokens, principals, and the scopes of a caller.
//!
//! Tokens are JWT. The settings fix the algorithm; it is never taken from the token. The table of rights is part of the
//! contracts ([`hotline_proto::access`]). An RPC without a row there is denied.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use hotline_proto::access::{Role, Scope};
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, OctetKeyPairParameters, OctetKeyPairType, ThumbprintHash,
};
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

use crate::clock::{Clock, SystemClock};
use crate::config::AuthConfig;

pub mod jwks;
mod verify;

pub use verify::Verifier;

/// `iss` of the services' own tokens, when they have their own key.
const SERVICE_ISSUER: &str = "hotline:services";

/// Content of a token that is issued here.
#[derive(Clone, Debug, Serialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// Subject of the bearer, never a name.
    pub sub: String,
    /// End of validity, in seconds since 1970.
    pub exp: i64,
    /// Time of issue, in seconds since 1970.
    pub iat: i64,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Unit of a liaison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Upstream platform that pushes appeals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// The bearer of a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Subject.
    pub subject: String,
    /// Known roles; unknown names are dropped.
    pub roles: Vec<Role>,
    /// Unit of a liaison.
    pub unit: Option<String>,
    /// Upstream platform that pushes appeals.
    pub platform: Option<String>,
}

/// An admitted caller of one RPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The principal.
    pub principal: Principal,
    /// Its grants from the table of rights; never empty.
    pub scopes: Vec<(Role, Scope)>,
}

impl Caller {
    /// The caller that the guard admitted.
    ///
    /// # Panics
    /// When the service is mounted without the guard. Every test finds that fault.
    #[must_use]
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .expect("the guard puts a caller into every request that it admits")
    }

    /// Whether the caller sees everything.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.scopes.iter().any(|(_, scope)| *scope == Scope::All)
    }

    /// The unit that the caller is confined to, if any.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        if self.sees_all() {
            None
        } else {
            self.principal.unit.as_deref()
        }
    }

    /// The platform that the caller is confined to, if any.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        if self.sees_all() {
            None
        } else {
            self.principal.platform.as_deref()
        }
    }

    /// Subject of the caller, as in events.
    #[must_use]
    pub fn actor(&self) -> String {
        self.principal.subject.clone()
    }

    /// Whether this RPC is open to the caller as `role`.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.scopes.iter().any(|(granted, _)| *granted == role)
    }
}

/// Issues tokens: for `hotline token`, and for calls of a service to another.
#[derive(Clone)]
pub struct Issuer {
    key: Arc<EncodingKey>,
    /// Name of the key in a key set: its thumbprint (RFC 7638).
    key_id: String,
    iss: String,
    audience: String,
}

impl Issuer {
    /// From the PEM of the private key.
    ///
    /// # Errors
    /// One sentence about what is wrong with the key.
    pub fn new(config: &AuthConfig, private_key_pem: &[u8]) -> Result<Self, String> {
        let wrong = || "auth.private_key_file is not the PEM of an Ed25519 private key".to_owned();
        let pem = std::str::from_utf8(private_key_pem).map_err(|_| wrong())?;
        let pair = ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map_err(|_| wrong())?;
        Ok(Self {
            key: Arc::new(EncodingKey::from_ed_pem(private_key_pem).map_err(|_| wrong())?),
            key_id: thumbprint(&pair.verifying_key()),
            iss: config.issuer.clone(),
            audience: config.audience.clone(),
        })
    }

    /// From the file that the settings name.
    ///
    /// # Errors
    /// Errors of [`Issuer::new`], or that the file cannot be read.
    pub fn open(config: &AuthConfig) -> Result<Self, String> {
        Self::new(config, &read(&config.private_key_file, "auth.private_key_file")?)
    }

    /// The issuer of the services' own tokens, as [`Verifier::open`] expects them.
    ///
    /// # Errors
    /// Errors of [`Issuer::open`].
    pub fn of_services(config: &AuthConfig) -> Result<Self, String> {
        let mut issuer = Self::open(config)?;
        if !config.service_public_key_file.as_os_str().is_empty() {
            SERVICE_ISSUER.clone_into(&mut issuer.iss);
        }
        Ok(issuer)
    }

    /// A token for a principal, valid for `life` of wall time.
    #[must_use]
    pub fn issue(&self, principal: &Principal, life: Duration) -> String {
        let now = SystemClock.now().timestamp();
        let claims = Claims {
            iss: self.iss.clone(),
            aud: self.audience.clone(),
            sub: principal.subject.clone(),
            exp: now + i64::try_from(life.as_secs()).unwrap_or(i64::MAX / 2),
            iat: now,
            roles: principal.roles.iter().map(|role| role.name().to_owned()).collect(),
            unit: principal.unit.clone(),
            platform: principal.platform.clone(),
        };
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, &claims, &self.key).expect("an Ed25519 key signs any claims")
    }
}

/// The source of a caller's token.
#[derive(Clone)]
pub struct TokenSource(Source);

#[derive(Clone)]
enum Source {
    /// Issued here and renewed before it expires.
    Issued {
        issuer: Issuer,
        principal: Principal,
        current: Arc<Mutex<Option<(Instant, String)>>>,
    },
    /// Issued by another party.
    Given(Arc<str>),
}

const SERVICE_TOKEN_LIFE: Duration = Duration::from_secs(300);

impl TokenSource {
    /// For the service of this name.
    #[must_use]
    pub fn service(issuer: Issuer, name: &str) -> Self {
        let principal = Principal {
            subject: format!("service:{name}"),
            roles: vec![Role::Service],
            unit: None,
            platform: None,
        };
        Self::of(issuer, principal)
    }

    /// For any principal: clients and tests.
    #[must_use]
    pub fn of(issuer: Issuer, principal: Principal) -> Self {
        Self(Source::Issued {
            issuer,
            principal,
            current: Arc::default(),
        })
    }

    /// A token that an identity provider issued to a person.
    #[must_use]
    pub fn given(token: &str) -> Self {
        Self(Source::Given(token.into()))
    }

    /// A token with at least half of its life left, or the given token.
    #[must_use]
    pub fn token(&self) -> String {
        let (issuer, principal, current) = match &self.0 {
            Source::Given(token) => return token.to_string(),
            Source::Issued {
                issuer,
                principal,
                current,
            } => (issuer, principal, current),
        };
        let mut current = current.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &*current {
            Some((since, token)) if since.elapsed() < SERVICE_TOKEN_LIFE / 2 => token.clone(),
            _ => {
                let token = issuer.issue(principal, SERVICE_TOKEN_LIFE);
                *current = Some((Instant::now(), token.clone()));
                token
            }
        }
    }
}

fn thumbprint(key: &ed25519_dalek::VerifyingKey) -> String {
    let parameters = OctetKeyPairParameters {
        key_type: OctetKeyPairType::OctetKeyPair,
        curve: EllipticCurve::Ed25519,
        x: URL_SAFE_NO_PAD.encode(key.as_bytes()),
    };
    let key = Jwk {
        common: CommonParameters::default(),
        algorithm: AlgorithmParameters::OctetKeyPair(parameters),
    };
    key.thumbprint(ThumbprintHash::SHA256)
        .expect("every Ed25519 key has a thumbprint")
}

/// A new key pair as (private PEM, public PEM), for development.
#[must_use]
pub fn generate_key_pair() -> (String, String) {
    use ed25519_dalek::pkcs8::spki::EncodePublicKey;
    use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
    let key = ed25519_dalek::SigningKey::generate(&mut rand::rngs::OsRng);
    let private = key
        .to_pkcs8_pem(LineEnding::LF)
        .expect("a key can be written")
        .to_string();
    let public = key
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .expect("a key can be written");
    (private, public)
}

fn read(path: &Path, key: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{key} {}: {error}", path.display()))
}
