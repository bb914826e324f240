//! The keys that an identity provider publishes (RFC 7517). They are fetched regularly, and kept while the provider is
//! unreachable.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Request, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use tokio::sync::{Notify, watch};

use crate::config::{Algorithm, AuthConfig};
use crate::lifecycle::Lifecycle;
use crate::streak::Streak;

/// A token without a key name is tried with each key, up to this many keys. Each try costs the check of a signature.
const MOST_UNNAMED: usize = 4;
/// Largest key set in bytes; a usual one has a few kilobytes.
const LARGEST: usize = 256 * 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Pause between fetches of a service that waits for its first keys.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Shortest pause before a fetch that an unknown key causes. A forged `kid` must not flood the provider.
const SHORTEST_PAUSE: Duration = Duration::from_secs(10);

/// The keys as last fetched.
pub(super) struct Published {
    uri: Uri,
    algorithm: Algorithm,
    client: Client<HttpsConnector<HttpConnector>, Empty<bytes::Bytes>>,
    /// Each key with its name (`kid`), if it has one.
    keys: RwLock<Vec<(Option<String>, DecodingKey)>>,
    /// The last answer, and the number of different answers so far; 0 before the first.
    seen: watch::Sender<(Vec<u8>, u64)>,
    asked: Notify,
}

impl Published {
    /// Fetches the keys until the lifecycle stops. Before the first answer, tokens of people are refused and tokens of
    /// services are accepted.
    pub fn watch(config: &AuthConfig, service: &'static str, lifecycle: &Lifecycle) -> Result<Arc<Self>, String> {
        let published = Arc::new(Self::unseen(config)?);
        let (watched, stopping) = (published.clone(), lifecycle.stopping());
        let every = Duration::from_secs(config.jwks_refresh_seconds);
        lifecycle.spawn(async move {
            // Not set before the first fetch: 0 would read as success.
            let failing = |is: f64| metrics::gauge!("hotline_jwks_refresh_failing", "service_name" => service).set(is);
            let (mut failures, mut streak) = (0_u32, Streak::default());
            while !stopping.is_cancelled() {
                match watched.fetch().await {
                    Ok(number) => {
                        failing(0.0);
                        if streak.end() || number == 0 {
                            tracing::info!(service, number, "auth.jwks_url answers");
                        }
                        failures = 0;
                    }
                    Err(reason) => {
                        failing(1.0);
                        metrics::counter!("hotline_jwks_refresh_failures_total", "service_name" => service)
                            .increment(1);
                        let consequence = match watched.edition() {
                            0 => "auth.jwks_url: no key is known; not started until it answers",
                            _ => "auth.jwks_url: the keys known so far are kept",
                        };
                        if streak.is_to_be_logged(&reason) {
                            tracing::warn!(service, reason, "{consequence}");
                        }
                        failures = failures.saturating_add(1);
                    }
                }
                let pause = match (failures, watched.edition()) {
                    (0, _) => every,
                    (_, 0) => FIRST_PAUSE.min(every),
                    _ => SHORTEST_PAUSE.min(every),
                };
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                    () = async { tokio::time::sleep(SHORTEST_PAUSE.min(every)).await; watched.asked.notified().await } => {}
                }
            }
        });
        Ok(published)
    }

    /// Without keys, before the first fetch.
    fn unseen(config: &AuthConfig) -> Result<Self, String> {
        let uri = config
            .jwks_url
            .parse()
            .map_err(|_| format!("auth.jwks_url \"{}\" is not a URL", config.jwks_url))?;
        Ok(Self {
            uri,
            algorithm: config.algorithm,
            client: Client::builder(TokioExecutor::new()).build(connector(config)?),
            keys: RwLock::default(),
            seen: watch::Sender::default(),
            asked: Notify::new(),
        })
    }

    /// Number of the current key set. Each new key set increases it; 0 means none so far.
    pub fn edition(&self) -> u64 {
        self.seen.borrow().1
    }

    /// Returns when the first keys are known.
    pub async fn known(&self) {
        // The wait fails only when the sender is dropped, and the sender is a field of `self`.
        let _ = self.seen.subscribe().wait_for(|(_, edition)| *edition > 0).await;
    }

    /// The keys that may have signed a token: those with its key name, or all of a few when it names none.
    pub fn keys(&self, name: Option<&str>) -> Result<Vec<DecodingKey>, String> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if name.is_none() && keys.len() > MOST_UNNAMED {
            return Err(format!(
                "the token names no key (kid), and auth.jwks_url has {} keys",
                keys.len()
            ));
        }
        let fitting = keys
            .iter()
            .filter(|(known, _)| name.is_none() || known.as_deref() == name);
        let found: Vec<DecodingKey> = fitting.map(|(_, key)| key.clone()).collect();
        if found.is_empty() {
            // The key may be new, so the keys are fetched again.
            self.asked.notify_one();
            return Err("its key is not among those of auth.jwks_url".to_owned());
        }
        Ok(found)
    }

    /// Fetches the keys and keeps those of the configured algorithm. Returns their number.
    async fn fetch(&self) -> Result<usize, String> {
        let request = Request::get(self.uri.clone())
            .header("accept", "application/json")
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let fetched = tokio::time::timeout(ANSWER_WITHIN, async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| crate::steps::chain(&error))?;
            if !response.status().is_success() {
                return Err(format!("answered {}", response.status()));
            }
            let body = Limited::new(response.into_body(), LARGEST).collect().await;
            Ok(body.map_err(|error| error.to_string())?.to_bytes())
        });
        let bytes = fetched.await.map_err(|_| "does not answer".to_owned())??;
        let set: JwkSet =
            serde_json::from_slice(&bytes).map_err(|error| format!("is not a JSON Web Key Set: {error}"))?;
        let keys: Vec<(Option<String>, DecodingKey)> = set
            .keys
            .iter()
            .filter(|key| fits(key, self.algorithm))
            .filter_map(|key| Some((key.common.key_id.clone(), DecodingKey::from_jwk(key).ok()?)))
            .collect();
        if keys.is_empty() {
            return Err("has no key of auth.algorithm".to_owned());
        }
        let number = keys.len();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        self.seen.send_if_modified(|(body, edition)| {
            let other = *body != bytes;
            if other {
                (*body, *edition) = (bytes.to_vec(), *edition + 1);
            }
            other
        });
        Ok(number)
    }
}

/// Whether a key verifies signatures of the algorithm. Providers also publish keys for encryption.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let signs = matches!(&key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let (named, of_this) = (
        key.common.key_algorithm,
        match algorithm {
            Algorithm::EdDsa => KeyAlgorithm::EdDSA,
            Algorithm::Es256 => KeyAlgorithm::ES256,
            Algorithm::Rs256 => KeyAlgorithm::RS256,
        },
    );
    if !signs || named.is_some_and(|named| named != of_this) {
        return false;
    }
    match (&key.algorithm, algorithm) {
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDsa) => key.curve == EllipticCurve::Ed25519,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::Es256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::RSA(_), Algorithm::Rs256) => true,
        _ => false,
    }
}

fn connector(config: &AuthConfig) -> Result<HttpsConnector<HttpConnector>, String> {
    // This fails when another crate has chosen a provider before. The tree has only one, so it is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = HttpsConnectorBuilder::new();
    let builder = if config.jwks_ca_file.as_os_str().is_empty() {
        builder.with_webpki_roots()
    } else {
        let trusting = crate::tls::trusting("auth.jwks_ca_file", &config.jwks_ca_file)?;
        builder.with_tls_config(trusting)
    };
    Ok(builder.https_or_http().enable_http1().build())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ed25519_dalek::pkcs8::DecodePublicKey as _;
    use hotline_proto::access::Role;
    use hyper_util::rt::TokioIo;
    use tokio::net::TcpListener;

    use super::*;
    use crate::auth::{Verifier, generate_key_pair};
    use crate::lifecycle::Lifecycle;

    /// The current answer of the provider: status and body.
    type Answer = Arc<RwLock<(u16, String)>>;

    /// An identity provider on this machine, until the test ends.
    async fn provider(answer: &Answer) -> String {
        let (listener, url) = listening().await;
        answering(listener, answer);
        url
    }

    async fn listening() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        (listener, format!("http://{address}/keys"))
    }

    fn answering(listener: TcpListener, answer: &Answer) {
        let answer = answer.clone();
        Lifecycle::new().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                let service = hyper::service::service_fn(move |_| {
                    let (status, body) = answer.read().expect("not poisoned").clone();
                    async move { http::Response::builder().status(status).body(body) }
                });
                // One connection at a time, and one answer per connection.
                let serving = hyper::server::conn::http1::Builder::new()
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), service);
                serving.await.expect("a well-formed request");
            }
        });
    }

    fn jwk(name: &str, public_pem: &str) -> serde_json::Value {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(public_pem).expect("a generated key");
        serde_json::json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": name, "x": URL_SAFE_NO_PAD.encode(key.as_bytes())})
    }

    fn set(keys: &[serde_json::Value]) -> (u16, String) {
        (200, serde_json::json!({ "keys": keys }).to_string())
    }

    fn config(url: &str) -> AuthConfig {
        AuthConfig {
            jwks_url: url.to_owned(),
            ..crate::config::shared_defaults().auth
        }
    }

    #[tokio::test]
    async fn keys_follow_the_provider_and_outlive_its_absence() {
        let (one, two) = (generate_key_pair(), generate_key_pair());
        let answer = Answer::new(RwLock::new(set(&[jwk("one", &one.1)])));
        let published = Published::unseen(&config(&provider(&answer).await)).expect("a URL");
        assert!(published.keys(Some("one")).is_err(), "nothing was fetched yet");
        assert_eq!(published.edition(), 0);
        assert_eq!(published.fetch().await, Ok(1));
        published.known().await;
        assert_eq!(
            (published.fetch().await, published.edition()),
            (Ok(1), 1),
            "the same set"
        );
        assert!(published.keys(Some("one")).is_ok() && published.keys(None).is_ok());
        assert!(published.keys(Some("two")).is_err());

        *answer.write().expect("not poisoned") = set(&[jwk("one", &one.1), jwk("two", &two.1)]);
        assert_eq!(published.fetch().await, Ok(2));
        assert!(published.keys(Some("one")).is_ok() && published.keys(Some("two")).is_ok());
        assert_eq!(
            published.keys(None).map(|keys| keys.len()),
            Ok(2),
            "either may have signed it"
        );

        let nameless = |pair: &(String, String)| {
            let mut key = jwk("", &pair.1);
            key.as_object_mut().expect("an object").remove("kid");
            key
        };
        let mut encrypts = jwk("three", &one.1);
        encrypts["use"] = "enc".into();
        let mut of_another = jwk("four", &one.1);
        of_another["alg"] = "RS256".into();
        *answer.write().expect("not poisoned") = set(&[nameless(&one), nameless(&two), encrypts, of_another]);
        assert_eq!(
            published.fetch().await,
            Ok(2),
            "both that have no name, none that does not sign"
        );
        assert_eq!(published.keys(None).map(|keys| keys.len()), Ok(2));
        assert!(published.keys(Some("three")).is_err() && published.keys(Some("four")).is_err());
        *answer.write().expect("not poisoned") = set(&[jwk("one", &one.1), jwk("two", &two.1)]);
        assert_eq!(published.fetch().await, Ok(2));

        let rsa = serde_json::json!({"kty": "RSA", "kid": "three", "n": "AQAB", "e": "AQAB"});
        for bad in [
            (503, String::new()),
            (200, "not JSON".to_owned()),
            set(&[]),
            set(&[rsa]),
        ] {
            *answer.write().expect("not poisoned") = bad.clone();
            let refused = published.fetch().await.expect_err(&format!("{bad:?}"));
            assert!(!refused.is_empty());
            assert!(
                published.keys(Some("two")).is_ok(),
                "the last good ones are kept: {bad:?}"
            );
        }
        *answer.write().expect("not poisoned") = set(&[jwk("two", &two.1)]);
        assert_eq!(published.fetch().await, Ok(1));
        assert!(
            published.keys(Some("one")).is_err(),
            "a key that is withdrawn is not trusted any more"
        );
    }

    #[tokio::test]
    async fn whether_the_latest_look_failed_is_told() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let counted = recorder.handle();
        let _counting = metrics::set_default_local_recorder(&recorder);
        let (listener, url) = listening().await;
        let config = AuthConfig {
            jwks_refresh_seconds: 0,
            ..config(&url)
        };
        let lifecycle = Lifecycle::new();
        let _published = Published::watch(&config, "routing", &lifecycle).expect("a URL");
        let told = |value: u8| {
            let line = format!("hotline_jwks_refresh_failing{{service_name=\"routing\"}} {value}\n");
            counted.render().contains(&line)
        };
        let (asking, _) = listener.accept().await.expect("it fetches");
        assert!(!told(0) && !told(1), "no answer so far");
        drop(asking);
        let answer = Answer::new(RwLock::new((500, String::new())));
        answering(listener, &answer);
        let followed = async {
            for (status, failing) in [(500, 1), (200, 0), (503, 1)] {
                let (_, keys) = set(&[jwk("one", &generate_key_pair().1)]);
                *answer.write().expect("not poisoned") = (status, keys);
                while !told(failing) {
                    tokio::task::yield_now().await;
                }
            }
        };
        let followed = tokio::time::timeout(Duration::from_secs(30), followed).await;
        followed.expect("each fetch sets the gauge");
        lifecycle.stop();
    }

    #[tokio::test]
    async fn people_of_the_provider_are_let_in_but_never_as_a_service() {
        let (people, services) = (generate_key_pair(), generate_key_pair());
        let answer = Answer::new(RwLock::new(set(&[jwk("one", &people.1)])));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("services.pem");
        std::fs::write(&file, &services.1).expect("written");
        let config = AuthConfig {
            service_public_key_file: file,
            jwks_refresh_seconds: 1,
            ..config(&provider(&answer).await)
        };
        let lifecycle = Lifecycle::new();
        let verifier = Verifier::open(&config, "routing", &lifecycle).expect("right settings");
        let known = tokio::time::timeout(Duration::from_secs(30), verifier.knows_people()).await;
        known.expect("the provider answers");
        let key = jsonwebtoken::EncodingKey::from_ed_pem(people.0.as_bytes()).expect("a generated key");
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.kid = Some("one".to_owned());
        let claims = serde_json::json!({"iss": config.issuer, "aud": config.audience, "sub": "agent:1", "exp": 4_102_444_800_i64,
            "iat": 0, "roles": ["agent", "service", "nobody"]});
        let token = jsonwebtoken::encode(&header, &claims, &key).expect("signed");
        let principal = verifier.verify(&token).expect("its key is published");
        assert_eq!(principal.roles, [Role::Agent]);
        *answer.write().expect("not poisoned") = set(&[jwk("two", &generate_key_pair().1)]);
        // Waits for the next fetch. A token that was verified before is then verified again, with the keys that are
        // left.
        let withdrawn = async {
            while verifier.verify(&token).is_some() {
                tokio::task::yield_now().await;
            }
        };
        let looked = tokio::time::timeout(Duration::from_secs(30), withdrawn).await;
        looked.expect("the next fetch returns");
        lifecycle.stop();
    }

    /// The `kid` under which an identity provider publishes a key of ours.
    #[tokio::test]
    async fn tokens_of_an_issuer_name_their_key_by_its_thumbprint() {
        let (one, two) = (generate_key_pair(), generate_key_pair());
        let thumbprint = |public: &str| {
            let key: Jwk = serde_json::from_value(jwk("", public)).expect("a key");
            key.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
                .expect("of Ed25519")
        };
        let both =
            [(thumbprint(&one.1), &one.1), (thumbprint(&two.1), &two.1)].map(|(name, public)| jwk(&name, public));
        let answer = Answer::new(RwLock::new(set(&both)));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("services.pem");
        std::fs::write(&file, generate_key_pair().1).expect("written");
        let config = AuthConfig {
            service_public_key_file: file,
            ..config(&provider(&answer).await)
        };
        let lifecycle = Lifecycle::new();
        let verifier = Verifier::open(&config, "routing", &lifecycle).expect("right settings");
        let known = tokio::time::timeout(Duration::from_secs(30), verifier.knows_people()).await;
        known.expect("the provider answers");
        for (private, _) in [&one, &two] {
            let issuer = crate::auth::Issuer::new(&config, private.as_bytes()).expect("a generated key");
            let token = issuer.issue(&agent(), Duration::from_secs(60));
            assert_eq!(verifier.verify(&token), Some(agent()));
        }
        lifecycle.stop();
    }

    fn agent() -> crate::auth::Principal {
        crate::auth::Principal {
            subject: "agent:1".to_owned(),
            roles: vec![Role::Agent],
            unit: None,
            platform: None,
        }
    }
}
