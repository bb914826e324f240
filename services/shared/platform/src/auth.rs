//! Who calls, and what his roles let him do: tokens, the caller, and the layer that admits him.
//!
//! Tokens are JWT; the algorithm is fixed by the settings, never taken from the token. The table of rights
//! is the contracts' ([`hotline_proto::access`]); what has no row there is denied.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hotline_proto::access::{Role, Scope};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock::{Clock, SystemClock};
use crate::config::{self, AuthConfig};
use crate::lifecycle::Lifecycle;

pub mod jwks;

use jwks::Published;

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// Who bears it: a subject, never a name.
    pub sub: String,
    /// Seconds since 1970 after which it is void.
    pub exp: i64,
    /// Seconds since 1970 of its issue.
    pub iat: i64,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Unit of a liaison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Platform that pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// Who bears a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Subject.
    pub subject: String,
    /// Known roles; unknown names are nothing.
    pub roles: Vec<Role>,
    /// Unit of a liaison.
    pub unit: Option<String>,
    /// Platform that pushes.
    pub platform: Option<String>,
}

/// An admitted caller of one RPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// The rows' grants that he has; never empty.
    pub scopes: Vec<(Role, Scope)>,
}

impl Caller {
    /// The caller whom the layer admitted.
    ///
    /// # Panics
    /// When the service is mounted without the layer, which is a fault of wiring that every test finds.
    #[must_use]
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .expect("the auth layer puts a caller into every request that it lets pass")
    }

    /// Nothing is hidden from him.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.scopes.iter().any(|(_, scope)| *scope == Scope::All)
    }

    /// The unit that he is confined to, if he is.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        if self.sees_all() {
            None
        } else {
            self.principal.unit.as_deref()
        }
    }

    /// The platform that he is confined to, if he is.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        if self.sees_all() {
            None
        } else {
            self.principal.platform.as_deref()
        }
    }

    /// His subject, as it stands in events.
    #[must_use]
    pub fn actor(&self) -> String {
        self.principal.subject.clone()
    }

    /// Whether this RPC is open to him as `role`.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.scopes.iter().any(|(granted, _)| *granted == role)
    }
}

/// Verifies tokens.
pub struct Verifier {
    trusted: Vec<Trusted>,
    verified: Mutex<HashMap<[u8; 32], (Principal, i64)>>,
    complained: Mutex<Option<Instant>>,
}

/// Somebody whose tokens are accepted.
struct Trusted {
    keys: Keys,
    validation: Validation,
    vouches_for: VouchesFor,
}

enum Keys {
    Given(DecodingKey),
    Published(Arc<Published>),
}

/// Whose roles an issuer's tokens may carry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VouchesFor {
    /// One key for all: development.
    Everybody,
    /// The identity provider: never services.
    People,
    /// The services' own key.
    Services,
}

impl VouchesFor {
    fn role(self, role: Role) -> bool {
        match self {
            Self::Everybody => true,
            Self::People => role != Role::Service,
            Self::Services => role == Role::Service,
        }
    }
}

/// `iss` of the services' own tokens where they have a key of their own.
const SERVICE_ISSUER: &str = "hotline:services";

/// Tokens whose signature was checked and is not checked again until they end: a caller's calls come in runs.
/// A thousand callers at once are a province; when there are more, checking starts afresh.
const REMEMBERED_TOKENS: usize = 1000;

/// Between two log lines about refused tokens: a wrong setting is seen, an attacker does not fill the disk.
const COMPLAINS_EVERY: Duration = Duration::from_secs(60);

impl Verifier {
    /// From the public key's PEM; one key for everybody.
    ///
    /// # Errors
    /// One sentence saying what is wrong with the key.
    pub fn new(config: &AuthConfig, public_key_pem: &[u8]) -> Result<Self, String> {
        let everybody = Trusted {
            keys: Keys::Given(decoding_key(config.algorithm, public_key_pem)?),
            validation: validation(config, algorithm(config.algorithm), &config.issuer),
            vouches_for: VouchesFor::Everybody,
        };
        Ok(Self::trusting(vec![everybody]))
    }

    fn trusting(trusted: Vec<Trusted>) -> Self {
        Self {
            trusted,
            verified: Mutex::default(),
            complained: Mutex::default(),
        }
    }

    /// As the settings say: the identity provider's keys from its URL (looked at until the lifecycle stops) or a file,
    /// the services' own from another file.
    ///
    /// # Errors
    /// As [`Verifier::new`], or that a file cannot be read.
    pub fn open(config: &AuthConfig, service: &'static str, lifecycle: &Lifecycle) -> Result<Self, String> {
        let people_only = !config.service_public_key_file.as_os_str().is_empty();
        if config.jwks_url.is_empty() && !people_only {
            return Self::new(config, &read(&config.public_key_file, "auth.public_key_file")?);
        }
        let keys = if config.jwks_url.is_empty() {
            let pem = read(&config.public_key_file, "auth.public_key_file")?;
            Keys::Given(decoding_key(config.algorithm, &pem)?)
        } else {
            if !people_only {
                return Err("auth.jwks_url needs auth.service_public_key_file: the services' own tokens are not the identity provider's".to_owned());
            }
            Keys::Published(Published::watch(config, service, lifecycle)?)
        };
        let people = Trusted {
            keys,
            validation: validation(config, algorithm(config.algorithm), &config.issuer),
            vouches_for: VouchesFor::People,
        };
        let pem = read(&config.service_public_key_file, "auth.service_public_key_file")?;
        let key = DecodingKey::from_ed_pem(&pem)
            .map_err(|_| "auth.service_public_key_file is not the PEM of an Ed25519 public key".to_owned())?;
        let services = Trusted {
            keys: Keys::Given(key),
            validation: validation(config, jsonwebtoken::Algorithm::EdDSA, SERVICE_ISSUER),
            vouches_for: VouchesFor::Services,
        };
        Ok(Self::trusting(vec![services, people]))
    }

    /// Who bears this token, if it is valid now.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<Principal> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = SystemClock.now().timestamp();
        if let Some((principal, until)) = self.remembered().get(&digest)
            && *until > now
        {
            return Some(principal.clone());
        }
        let mut refusal = None;
        let found = self.trusted.iter().find_map(|trusted| match trusted.decode(token) {
            Ok(claims) => Some((trusted, claims)),
            Err(error) => {
                refusal = Some(error);
                None
            }
        });
        let Some((trusted, claims)) = found else {
            self.complain(refusal.as_deref().unwrap_or("nobody is trusted"));
            return None;
        };
        let roles = claims.roles.iter().filter_map(|name| Role::from_name(name));
        let principal = Principal {
            subject: claims.sub,
            roles: roles.filter(|role| trusted.vouches_for.role(*role)).collect(),
            unit: claims.unit,
            platform: claims.platform,
        };
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED_TOKENS {
            remembered.clear();
        }
        remembered.insert(digest, (principal.clone(), claims.exp));
        Some(principal)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], (Principal, i64)>> {
        self.verified.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Says why tokens are refused, not more than once a minute, and nothing of what stands in them.
    fn complain(&self, reason: &str) {
        let mut complained = self
            .complained
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if complained.is_none_or(|at| at.elapsed() >= COMPLAINS_EVERY) {
            *complained = Some(Instant::now());
            tracing::warn!(
                reason,
                "a token was refused; others within the next minute are not told"
            );
        }
    }
}

impl Trusted {
    /// # Errors
    /// Why not, for the log.
    fn decode(&self, token: &str) -> Result<Claims, String> {
        let decoded = match &self.keys {
            Keys::Given(key) => jsonwebtoken::decode::<Claims>(token, key, &self.validation),
            Keys::Published(published) => {
                let header = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?;
                let key = published.key(header.kid.as_deref())?;
                jsonwebtoken::decode::<Claims>(token, &key, &self.validation)
            }
        };
        decoded.map(|decoded| decoded.claims).map_err(|error| {
            use jsonwebtoken::errors::ErrorKind;
            match error.kind() {
                ErrorKind::InvalidIssuer => "its issuer is not the one in auth.issuer".to_owned(),
                ErrorKind::InvalidAudience => "its audience is not the one in auth.audience".to_owned(),
                ErrorKind::InvalidSignature => {
                    "its signature is of another key than the one that is trusted".to_owned()
                }
                ErrorKind::InvalidAlgorithm => "its algorithm is not the one in auth.algorithm".to_owned(),
                ErrorKind::ExpiredSignature => "it has expired".to_owned(),
                _ => "it is not well-formed, or lacks exp, iss, aud or sub".to_owned(),
            }
        })
    }
}

fn algorithm(configured: config::Algorithm) -> jsonwebtoken::Algorithm {
    match configured {
        config::Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        config::Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        config::Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
    }
}

fn decoding_key(configured: config::Algorithm, pem: &[u8]) -> Result<DecodingKey, String> {
    let (key, kind) = match configured {
        config::Algorithm::EdDsa => (DecodingKey::from_ed_pem(pem), "an Ed25519"),
        config::Algorithm::Es256 => (DecodingKey::from_ec_pem(pem), "a P-256"),
        config::Algorithm::Rs256 => (DecodingKey::from_rsa_pem(pem), "an RSA"),
    };
    key.map_err(|_| format!("auth.public_key_file is not the PEM of {kind} public key"))
}

fn validation(config: &AuthConfig, algorithm: jsonwebtoken::Algorithm, issuer: &str) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[&config.audience]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.leeway = 5;
    validation
}

/// Issues tokens: `hotline token`, and what a service shows when it calls another.
#[derive(Clone)]
pub struct Issuer {
    key: Arc<EncodingKey>,
    iss: String,
    audience: String,
}

impl Issuer {
    /// From the private key's PEM.
    ///
    /// # Errors
    /// One sentence saying what is wrong with the key.
    pub fn new(config: &AuthConfig, private_key_pem: &[u8]) -> Result<Self, String> {
        Ok(Self {
            key: Arc::new(
                EncodingKey::from_ed_pem(private_key_pem)
                    .map_err(|_| "auth.private_key_file is not the PEM of an Ed25519 private key".to_owned())?,
            ),
            iss: config.issuer.clone(),
            audience: config.audience.clone(),
        })
    }

    /// From the file that the settings name.
    ///
    /// # Errors
    /// As [`Issuer::new`], or that the file cannot be read.
    pub fn open(config: &AuthConfig) -> Result<Self, String> {
        Self::new(config, &read(&config.private_key_file, "auth.private_key_file")?)
    }

    /// The services' own, as [`Verifier::open`] expects it.
    ///
    /// # Errors
    /// As [`Issuer::open`].
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
        jsonwebtoken::encode(&Header::new(jsonwebtoken::Algorithm::EdDSA), &claims, &self.key)
            .expect("an Ed25519 key signs any claims")
    }
}

/// The token that a caller shows.
#[derive(Clone)]
pub struct TokenSource(Source);

#[derive(Clone)]
enum Source {
    /// Issued here, renewed before it ends.
    Issued {
        issuer: Issuer,
        principal: Principal,
        current: Arc<Mutex<Option<(Instant, String)>>>,
    },
    /// Issued by somebody else.
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

    /// The one that an identity provider gave a person.
    #[must_use]
    pub fn given(token: &str) -> Self {
        Self(Source::Given(token.into()))
    }

    /// A token with at least half of its life left, or the given one.
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
            Some((issued, token)) if issued.elapsed() < SERVICE_TOKEN_LIFE / 2 => token.clone(),
            _ => {
                let token = issuer.issue(principal, SERVICE_TOKEN_LIFE);
                *current = Some((Instant::now(), token.clone()));
                token
            }
        }
    }
}

/// A fresh key pair as (private PEM, public PEM), for development.
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
