//! Verifies tokens: the trusted keys, and the claims that each key may sign.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotline_proto::access::Role;
use jsonwebtoken::{DecodingKey, Validation};
use sha2::{Digest as _, Sha256};

use super::jwks::Published;
use super::{Principal, SERVICE_ISSUER, read};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{self, AuthConfig};
use crate::lifecycle::Lifecycle;
use crate::telemetry::Seldom;

/// Verifies tokens.
pub struct Verifier {
    trusted: Vec<Trusted>,
    verified: Mutex<Remembered>,
    complaints: Seldom,
}

/// Tokens verified with one edition of the keys: the principal and the end of each token (Unix seconds).
#[derive(Default)]
struct Remembered {
    edition: u64,
    tokens: HashMap<[u8; 32], (Principal, i64)>,
}

/// A trusted issuer.
struct Trusted {
    keys: Keys,
    validation: Validation,
    vouches_for: VouchesFor,
}

enum Keys {
    /// From a file. It has several keys while a new one replaces an old one.
    Given(Vec<DecodingKey>),
    Published(Arc<Published>),
}

/// The roles that an issuer's tokens may carry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VouchesFor {
    /// One key for all roles: development.
    Everybody,
    /// The identity provider: all roles except services.
    People,
    /// The services' own key.
    Services,
}

impl VouchesFor {
    /// Whether this issuer's key verifies a token. `of_service` is the token's own, still unverified claim to come from
    /// a service. It only selects the key, so a service's token never causes a request to the identity provider.
    fn asked(self, of_service: bool) -> bool {
        match self {
            Self::Everybody => true,
            Self::People => !of_service,
            Self::Services => of_service,
        }
    }

    /// The tokens that this issuer covers and the setting of its keys, for the log.
    const fn whom(self) -> &'static str {
        match self {
            Self::Everybody => "anybody's, by auth.public_key_file",
            Self::People => "a person's or a platform's, by auth.jwks_url or auth.public_key_file",
            Self::Services => "a service's, by auth.service_public_key_file",
        }
    }

    /// Whether the token's life is short enough for a platform. One key for all is development, where people type
    /// tokens.
    fn lives_short(self, token: &Content) -> bool {
        self == Self::Everybody
            || token
                .iat
                .is_some_and(|issued| token.exp - issued <= LONGEST_OF_A_PLATFORM)
    }

    fn role(self, role: Role) -> bool {
        match self {
            Self::Everybody => true,
            Self::People => role != Role::Service,
            Self::Services => role == Role::Service,
        }
    }
}

/// Most verified tokens that are remembered until they expire, because a caller sends many calls with one token. A
/// province has about a thousand callers at once. A full memory is cleared, and tokens are verified again.
const REMEMBERED_TOKENS: usize = 1000;

/// Longest life of a platform's token, in seconds (docs/adr/0013-certificates-say-who-calls.md). A platform renews its
/// token by itself. A stolen token expires soon.
const LONGEST_OF_A_PLATFORM: i64 = 300;

/// The claims of a token. The issuer and the audience, which may be several, are checked before.
#[derive(serde::Deserialize)]
struct Content {
    sub: String,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    roles: Vec<String>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    platform: Option<String>,
}

impl Verifier {
    /// From the PEM of the public keys, for all roles.
    ///
    /// # Errors
    /// One sentence about what is wrong with the key.
    pub fn new(config: &AuthConfig, public_key_pem: &[u8]) -> Result<Self, String> {
        let everybody = Trusted {
            keys: Keys::of_people(config, public_key_pem)?,
            validation: validation(config, algorithm(config.algorithm), &config.issuer),
            vouches_for: VouchesFor::Everybody,
        };
        Ok(Self::trusting(vec![everybody]))
    }

    fn trusting(trusted: Vec<Trusted>) -> Self {
        Self {
            trusted,
            verified: Mutex::default(),
            complaints: Seldom::default(),
        }
    }

    /// From the settings. The keys for people come from a file, or from the identity provider's URL, which is fetched
    /// until the lifecycle stops. The keys for services come from another file.
    ///
    /// # Errors
    /// Errors of [`Verifier::new`], or that a file cannot be read.
    pub fn open(config: &AuthConfig, service: &'static str, lifecycle: &Lifecycle) -> Result<Self, String> {
        let people_only = !config.service_public_key_file.as_os_str().is_empty();
        if config.jwks_url.is_empty() && !people_only {
            return Self::new(config, &read(&config.public_key_file, "auth.public_key_file")?);
        }
        let keys = if config.jwks_url.is_empty() {
            let pem = read(&config.public_key_file, "auth.public_key_file")?;
            Keys::of_people(config, &pem)?
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
        let services = Trusted {
            keys: Keys::given("auth.service_public_key_file", config::Algorithm::EdDsa, &pem)?,
            validation: validation(config, jsonwebtoken::Algorithm::EdDSA, SERVICE_ISSUER),
            vouches_for: VouchesFor::Services,
        };
        Ok(Self::trusting(vec![services, people]))
    }

    /// The bearer of this token, if the token is valid now.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<Principal> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = SystemClock.now().timestamp();
        let edition = self.edition();
        if let Some((principal, until)) = self.remembered(edition).tokens.get(&digest)
            && *until > now
        {
            return Some(principal.clone());
        }
        let of_service = said_issuer(token).as_deref() == Some(SERVICE_ISSUER);
        let trusted = self
            .trusted
            .iter()
            .find(|trusted| trusted.vouches_for.asked(of_service))?;
        let claims = match trusted.decode(token) {
            Ok(claims) => claims,
            Err(error) => {
                self.complain(trusted.vouches_for, &error);
                return None;
            }
        };
        let roles: Vec<Role> = claims
            .roles
            .iter()
            .filter_map(|name| Role::from_name(name))
            .filter(|role| trusted.vouches_for.role(*role))
            .collect();
        if roles.contains(&Role::Platform) && !trusted.vouches_for.lives_short(&claims) {
            self.complain(
                trusted.vouches_for,
                "a platform's token must live at most five minutes and name its time of issue (iat)",
            );
            return None;
        }
        let principal = Principal {
            subject: claims.sub,
            roles,
            unit: claims.unit,
            platform: claims.platform,
        };
        let mut remembered = self.remembered(edition);
        if remembered.tokens.len() >= REMEMBERED_TOKENS {
            remembered.tokens.clear();
        }
        // The keys may have changed since the token was verified.
        if remembered.edition == edition {
            remembered.tokens.insert(digest, (principal.clone(), claims.exp));
        }
        drop(remembered);
        Some(principal)
    }

    /// Returns when the keys for people are known; at once when they come from a file.
    pub async fn knows_people(&self) {
        for published in self.trusted.iter().filter_map(Trusted::published) {
            published.known().await;
        }
    }

    /// Number of the current key set; each new key set increases it.
    fn edition(&self) -> u64 {
        self.trusted
            .iter()
            .filter_map(Trusted::published)
            .map(Published::edition)
            .sum()
    }

    /// The tokens verified with this edition of the keys or a later one. A new edition clears them, because a key may
    /// have been withdrawn.
    fn remembered(&self, edition: u64) -> std::sync::MutexGuard<'_, Remembered> {
        let mut remembered = self.verified.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if remembered.edition < edition {
            *remembered = Remembered {
                edition,
                ..Remembered::default()
            };
        }
        remembered
    }

    /// Logs whose tokens are refused and why, at most once a minute. The token's content is not logged.
    fn complain(&self, whose: VouchesFor, reason: &str) {
        if self.complaints.may_tell() {
            tracing::warn!(
                whose = whose.whom(),
                reason,
                "a token was refused; others within the next minute are not logged"
            );
        }
    }
}

impl Trusted {
    fn published(&self) -> Option<&Published> {
        match &self.keys {
            Keys::Given(_) => None,
            Keys::Published(published) => Some(published),
        }
    }

    /// Tries each key. The error is the last key's.
    fn decode_by_any(&self, token: &str, keys: &[DecodingKey]) -> jsonwebtoken::errors::Result<Content> {
        let mut refusal = jsonwebtoken::errors::ErrorKind::InvalidSignature.into();
        for key in keys {
            match jsonwebtoken::decode::<Content>(token, key, &self.validation) {
                Ok(decoded) => return Ok(decoded.claims),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// # Errors
    /// The reason for the refusal, for the log.
    fn decode(&self, token: &str) -> Result<Content, String> {
        let decoded = match &self.keys {
            Keys::Given(keys) => self.decode_by_any(token, keys),
            Keys::Published(published) => {
                let header = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?;
                self.decode_by_any(token, &published.keys(header.kid.as_deref())?)
            }
        };
        decoded.map_err(|error| {
            use jsonwebtoken::errors::ErrorKind;
            match error.kind() {
                ErrorKind::InvalidIssuer => "its issuer is not the one in auth.issuer".to_owned(),
                ErrorKind::InvalidAudience => "its audience is not the one in auth.audience".to_owned(),
                ErrorKind::InvalidSignature => "its signature is of another key than the trusted one".to_owned(),
                ErrorKind::InvalidAlgorithm => "its algorithm is not the one in auth.algorithm".to_owned(),
                ErrorKind::ExpiredSignature => "it has expired".to_owned(),
                _ => "it is not well-formed, or lacks exp, iss, aud or sub".to_owned(),
            }
        })
    }
}

/// The issuer that a token names, unverified.
fn said_issuer(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        iss: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Said>(&payload).ok().map(|said| said.iss)
}

impl Keys {
    fn of_people(config: &AuthConfig, pem: &[u8]) -> Result<Self, String> {
        Self::given("auth.public_key_file", config.algorithm, pem)
    }

    /// All keys of a PEM file.
    fn given(setting: &str, configured: config::Algorithm, pem: &[u8]) -> Result<Self, String> {
        let kind = match configured {
            config::Algorithm::EdDsa => "Ed25519",
            config::Algorithm::Es256 => "P-256",
            config::Algorithm::Rs256 => "RSA",
        };
        let wrong = |what: &str| format!("{setting} {what}: it should hold the PEM of one {kind} public key or more");
        let text = std::str::from_utf8(pem).map_err(|_| wrong("is not text"))?;
        let keys: Vec<_> = text
            .split_inclusive(END_OF_KEY)
            .filter(|block| block.contains(END_OF_KEY))
            .map(|block| match configured {
                config::Algorithm::EdDsa => DecodingKey::from_ed_pem(block.trim().as_bytes()),
                config::Algorithm::Es256 => DecodingKey::from_ec_pem(block.trim().as_bytes()),
                config::Algorithm::Rs256 => DecodingKey::from_rsa_pem(block.trim().as_bytes()),
            })
            .collect::<Result<_, _>>()
            .map_err(|_| wrong("has a key of another kind"))?;
        if keys.is_empty() {
            return Err(wrong("has no public key"));
        }
        Ok(Self::Given(keys))
    }
}

/// Last line of a public key in PEM (RFC 7468).
const END_OF_KEY: &str = "-----END PUBLIC KEY-----";

fn algorithm(configured: config::Algorithm) -> jsonwebtoken::Algorithm {
    match configured {
        config::Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        config::Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        config::Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
    }
}

fn validation(config: &AuthConfig, algorithm: jsonwebtoken::Algorithm, issuer: &str) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[&config.audience]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.leeway = 5;
    validation
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::auth::{Issuer, generate_key_pair};

    fn config() -> AuthConfig {
        crate::config::shared_defaults().auth
    }

    fn token(private: &str) -> String {
        let principal = Principal {
            subject: "agent:1".to_owned(),
            roles: vec![Role::Agent],
            unit: None,
            platform: None,
        };
        let issuer = Issuer::new(&config(), private.as_bytes()).expect("a generated key");
        issuer.issue(&principal, Duration::from_secs(60))
    }

    #[test]
    fn while_one_key_takes_over_from_another_both_are_accepted() {
        let (old, new, stranger) = (generate_key_pair(), generate_key_pair(), generate_key_pair());
        let both = Verifier::new(&config(), format!("{}\n{}", old.1, new.1).as_bytes()).expect("two keys");
        assert!(both.verify(&token(&old.0)).is_some());
        assert!(both.verify(&token(&new.0)).is_some());
        assert_eq!(both.verify(&token(&stranger.0)), None);
        let after = Verifier::new(&config(), new.1.as_bytes()).expect("one key");
        assert_eq!(after.verify(&token(&old.0)), None);
        assert!(after.verify(&token(&new.0)).is_some());
    }

    /// A service's token with an unknown key is our own fault. It is logged, and the identity provider is not asked for
    /// the key.
    #[test]
    fn whose_key_it_is_follows_from_who_says_to_have_issued_the_token() {
        let (private, _) = generate_key_pair();
        assert_eq!(said_issuer(&token(&private)), Some(config().issuer));
        for nonsense in ["", "a.b.c", "a.e30.c", "a"] {
            assert_eq!(said_issuer(nonsense), None, "{nonsense}");
        }
        assert!(VouchesFor::Services.asked(true) && !VouchesFor::People.asked(true));
        assert!(!VouchesFor::Services.asked(false) && VouchesFor::People.asked(false));
        assert!(VouchesFor::Services.whom().contains("auth.service_public_key_file"));
    }

    /// Verifies claims that are signed by a key for people.
    fn of_people(claims: &serde_json::Value) -> Option<Principal> {
        let (private, public) = generate_key_pair();
        let people = Trusted {
            keys: Keys::of_people(&config(), public.as_bytes()).expect("a key"),
            validation: validation(&config(), jsonwebtoken::Algorithm::EdDSA, &config().issuer),
            vouches_for: VouchesFor::People,
        };
        let key = jsonwebtoken::EncodingKey::from_ed_pem(private.as_bytes()).expect("a generated key");
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
        let token = jsonwebtoken::encode(&header, claims, &key).expect("signed");
        Verifier::trusting(vec![people]).verify(&token)
    }

    #[test]
    fn a_platform_s_token_lives_for_five_minutes_at_most() {
        let now = SystemClock.now().timestamp();
        let token = |role: &str, life: i64, issued: Option<i64>| {
            of_people(&serde_json::json!({
                "iss": config().issuer, "aud": config().audience, "sub": "s", "roles": [role], "platform": "province",
                "exp": now + life, "iat": issued,
            }))
        };
        assert!(token("platform", 300, Some(now)).is_some());
        assert_eq!(token("platform", 301, Some(now)), None);
        assert_eq!(
            token("platform", 100, Some(now - 3600)),
            None,
            "the remaining time does not count"
        );
        assert_eq!(token("platform", 100, None), None);
        assert!(token("agent", 28_800, Some(now)).is_some(), "a person's shift");
        assert!(token("agent", 28_800, None).is_some());
    }

    #[test]
    fn a_token_may_be_for_several_audiences() {
        let now = SystemClock.now().timestamp();
        let for_whom = |audience: serde_json::Value| {
            of_people(&serde_json::json!({
                "iss": config().issuer, "aud": audience, "sub": "s", "roles": ["agent"], "exp": now + 60,
            }))
        };
        assert!(for_whom(serde_json::json!(["other", config().audience])).is_some());
        assert_eq!(for_whom(serde_json::json!(["other"])), None);
    }

    #[test]
    fn a_file_without_the_right_keys_is_refused_by_its_setting() {
        let (private, public) = generate_key_pair();
        let spoilt = public.replace("MCow", "MCox");
        for (pem, says) in [
            (String::new(), "no public key"),
            (private, "no public key"),
            (format!("{public}{spoilt}"), "another kind"),
        ] {
            let refused = Verifier::new(&config(), pem.as_bytes()).err().expect("refused");
            assert!(
                refused.contains("auth.public_key_file") && refused.contains(says),
                "{refused}"
            );
        }
        let refused = Verifier::new(&config(), &[0xff]).err().expect("refused");
        assert!(refused.contains("not text"), "{refused}");
    }
}
