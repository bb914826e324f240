//! The keys that an identity provider publishes (RFC 7517), kept while it is away and looked at again regularly.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Request, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use tokio::sync::Notify;

use crate::config::{Algorithm, AuthConfig};
use crate::lifecycle::Lifecycle;

/// A set of keys is a few kilobytes.
const LARGEST: usize = 256 * 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks that an unknown key brings about: a forged `kid` must not become a flood at the provider.
const SOONEST: Duration = Duration::from_secs(10);

/// The keys as they were last seen.
pub(super) struct Published {
    uri: Uri,
    algorithm: Algorithm,
    client: Client<HttpsConnector<HttpConnector>, Empty<bytes::Bytes>>,
    keys: RwLock<HashMap<String, DecodingKey>>,
    asked: Notify,
}

impl Published {
    /// Looks at them until the lifecycle stops. A provider that is away at the start stops nobody from starting: people
    /// are refused until it answers, services are not.
    pub fn watch(config: &AuthConfig, service: &'static str, lifecycle: &Lifecycle) -> Result<Arc<Self>, String> {
        let uri: Uri = config
            .jwks_url
            .parse()
            .map_err(|_| format!("auth.jwks_url \"{}\" is not a URL", config.jwks_url))?;
        let published = Arc::new(Self {
            uri,
            algorithm: config.algorithm,
            client: Client::builder(TokioExecutor::new()).build(connector(config)?),
            keys: RwLock::default(),
            asked: Notify::new(),
        });
        let (watched, stopping) = (published.clone(), lifecycle.stopping());
        let every = Duration::from_secs(config.jwks_refresh_seconds);
        lifecycle.spawn(async move {
            let mut failures = 0_u32;
            while !stopping.is_cancelled() {
                match watched.look().await {
                    Ok(number) => {
                        if failures > 0 || number == 0 {
                            tracing::info!(service, number, "auth.jwks_url answers");
                        }
                        failures = 0;
                    }
                    Err(reason) => {
                        metrics::counter!("hotline_jwks_refresh_failures_total", "service_name" => service)
                            .increment(1);
                        if failures == 0 {
                            tracing::warn!(service, reason, "auth.jwks_url: the keys known so far are kept");
                        }
                        failures = failures.saturating_add(1);
                    }
                }
                let pause = if failures > 0 { SOONEST.min(every) } else { every };
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                    () = async { tokio::time::sleep(SOONEST.min(every)).await; watched.asked.notified().await } => {}
                }
            }
        });
        Ok(published)
    }

    /// The key of this name; without a name the only one there is.
    pub fn key(&self, name: Option<&str>) -> Result<DecodingKey, String> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let found = match name {
            Some(name) => keys.get(name),
            None if keys.len() == 1 => keys.values().next(),
            None => None,
        };
        found.cloned().ok_or_else(|| {
            // It may be a new one.
            self.asked.notify_one();
            "its key is not among those of auth.jwks_url".to_owned()
        })
    }

    /// Fetches the keys and takes those of the configured algorithm. Gives their number.
    async fn look(&self) -> Result<usize, String> {
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
        let keys: HashMap<String, DecodingKey> = set
            .keys
            .iter()
            .filter(|key| fits(key, self.algorithm))
            .filter_map(|key| {
                let name = key.common.key_id.clone().unwrap_or_default();
                Some((name, DecodingKey::from_jwk(key).ok()?))
            })
            .collect();
        if keys.is_empty() {
            return Err("has no key of auth.algorithm".to_owned());
        }
        let number = keys.len();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(number)
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    match (&key.algorithm, algorithm) {
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDsa) => key.curve == EllipticCurve::Ed25519,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::Es256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::RSA(_), Algorithm::Rs256) => true,
        _ => false,
    }
}

fn connector(config: &AuthConfig) -> Result<HttpsConnector<HttpConnector>, String> {
    // Another crate may have chosen the same one before; there is only one in the tree.
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
