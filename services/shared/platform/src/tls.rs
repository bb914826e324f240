//! TLS of a process: one certificate for its server and its clients, the trusted authorities, and a watch over their
//! files. A replaced file takes effect with the next connection. An invalid file is logged, and the last valid pair is
//! kept.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use metrics::{counter, gauge};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion, version};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::clock::{Clock as _, SystemClock};
use crate::config::{ClientCertificates, TlsConfig, TlsVersion};
use crate::lifecycle::Lifecycle;

/// ALPN name of HTTP/2, the protocol of gRPC.
const ALPN: &[u8] = b"h2";
/// TLS 1.3 only.
const MODERN: &[&SupportedProtocolVersion] = &[&version::TLS13];
/// TLS 1.2 as well, for older peers.
const OLDER_TOO: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

/// The current certificates of a process.
pub struct Certificates {
    config: TlsConfig,
    current: RwLock<Arc<Loaded>>,
}

struct Loaded {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    /// Digest of the files' content. The same content is loaded only once.
    digest: [u8; 32],
    /// End of validity, in seconds since 1970.
    not_after: i64,
}

impl Certificates {
    /// Reads the files that the settings name. `None` without a certificate: plaintext.
    ///
    /// # Errors
    /// The invalid file and what is wrong with it.
    pub fn open(config: &TlsConfig) -> Result<Option<Arc<Self>>, String> {
        if config.certificate_file.as_os_str().is_empty() {
            return match config.client_certificates {
                ClientCertificates::Off => Ok(None),
                _ => Err("tls.client_certificates needs tls.certificate_file, tls.key_file and tls.ca_file".to_owned()),
            };
        }
        // This fails when another crate has chosen a provider before. The tree has only one, so it is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let loaded = load(config)?;
        Ok(Some(Arc::new(Self {
            config: config.clone(),
            current: RwLock::new(Arc::new(loaded)),
        })))
    }

    /// For the next connection that is accepted.
    #[must_use]
    pub fn server(&self) -> Arc<ServerConfig> {
        self.current().server.clone()
    }

    /// For the next connection that is made.
    #[must_use]
    pub fn client(&self) -> Arc<ClientConfig> {
        self.current().client.clone()
    }

    fn current(&self) -> Arc<Loaded> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks the files regularly until the lifecycle stops.
    pub fn watch(self: &Arc<Self>, service: &'static str, lifecycle: &Lifecycle) {
        let (certificates, stopping) = (self.clone(), lifecycle.stopping());
        let every = Duration::from_secs(self.config.reload_seconds);
        certificates.tell_expiry(service);
        lifecycle.spawn(async move {
            let mut refused = None;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(every) => {}
                }
                match certificates.reload() {
                    Ok(true) => {
                        tracing::info!(service, "tls: the new certificate is in use");
                        certificates.tell_expiry(service);
                        refused = None;
                    }
                    Ok(false) => refused = None,
                    Err(reason) if refused.as_ref() == Some(&reason) => {}
                    Err(reason) => {
                        tracing::warn!(
                            service,
                            reason,
                            "tls: the files on disk cannot be used; the last good pair is kept"
                        );
                        counter!("hotline_tls_reload_failures_total", "service_name" => service).increment(1);
                        refused = Some(reason);
                    }
                }
            }
        });
    }

    /// Loads the files if their content is new and valid. Returns whether it did.
    ///
    /// # Errors
    /// What is wrong with the files. The current pair stays in use.
    pub fn reload(&self) -> Result<bool, String> {
        if digest(&self.config)? == self.current().digest {
            return Ok(false);
        }
        let loaded = load(&self.config)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(true)
    }

    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    fn tell_expiry(&self, service: &'static str) {
        let not_after = self.current().not_after as f64;
        gauge!("hotline_tls_certificate_expiry_timestamp_seconds", "service_name" => service).set(not_after);
    }
}

fn digest(config: &TlsConfig) -> Result<[u8; 32], String> {
    let mut hasher = Sha256::new();
    for (key, file) in files(config) {
        hasher.update(read(key, file)?);
        hasher.update([0]);
    }
    Ok(hasher.finalize().into())
}

fn files(config: &TlsConfig) -> [(&'static str, &Path); 3] {
    [
        ("tls.certificate_file", &config.certificate_file),
        ("tls.key_file", &config.key_file),
        ("tls.ca_file", &config.ca_file),
    ]
}

fn read(key: &str, file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{key} {}: {error}", file.display()))
}

fn load(config: &TlsConfig) -> Result<Loaded, String> {
    let [certificate_file, key_file, ca_file] = files(config);
    let digest = digest(config)?;
    let chain = certificates(certificate_file)?;
    let (not_before, not_after) = validity(certificate_file, &chain[0])?;
    let now = SystemClock.now().timestamp();
    let shown = certificate_file.1.display();
    if now >= not_after {
        return Err(format!(
            "tls.certificate_file {shown} expired at {}: put a new one there",
            instant(not_after)
        ));
    }
    if now < not_before {
        return Err(format!(
            "tls.certificate_file {shown} is valid only from {}: is this machine's clock right?",
            instant(not_before)
        ));
    }
    let key = || {
        PrivateKeyDer::from_pem_slice(&read(key_file.0, key_file.1)?)
            .map_err(|_| format!("tls.key_file {} is not the PEM of a private key", key_file.1.display()))
    };
    let mut roots = RootCertStore::empty();
    for authority in certificates(ca_file)? {
        roots
            .add(authority)
            .map_err(|error| format!("tls.ca_file {}: {error}", ca_file.1.display()))?;
    }
    let roots = Arc::new(roots);
    let pair = |error: rustls::Error| format!("tls.key_file {} does not fit {shown}: {error}", key_file.1.display());
    let versions = match config.minimum_version {
        TlsVersion::Modern => MODERN,
        TlsVersion::Older => OLDER_TOO,
    };
    let server = ServerConfig::builder_with_protocol_versions(versions);
    let server = match config.client_certificates {
        ClientCertificates::Off => server.with_no_client_auth(),
        asked => {
            let verifier = WebPkiClientVerifier::builder(roots.clone());
            let verifier = match asked {
                ClientCertificates::Required => verifier,
                _ => verifier.allow_unauthenticated(),
            };
            let verifier = verifier.build().map_err(|error| format!("tls.ca_file: {error}"))?;
            server.with_client_cert_verifier(verifier)
        }
    };
    let mut server = server.with_single_cert(chain.clone(), key()?).map_err(pair)?;
    server.alpn_protocols = vec![ALPN.to_vec()];
    let mut client = ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key()?)
        .map_err(pair)?;
    client.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Loaded {
        server: Arc::new(server),
        client: Arc::new(client),
        digest,
        not_after,
    })
}

/// TLS settings of a client that trusts `ca_file` and has no certificate. For people's programs, and for fetching an
/// identity provider's keys. `key` names the file in errors.
///
/// # Errors
/// What is wrong with the file.
pub fn trusting(key: &str, ca_file: &Path) -> Result<ClientConfig, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    for authority in certificates((key, ca_file))? {
        roots
            .add(authority)
            .map_err(|error| format!("{key} {}: {error}", ca_file.display()))?;
    }
    Ok(ClientConfig::builder_with_protocol_versions(OLDER_TOO)
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn certificates((key, file): (&str, &Path)) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = read(key, file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("{key} {} is not the PEM of a certificate", file.display())),
    }
}

fn validity((key, file): (&str, &Path), certificate: &CertificateDer<'_>) -> Result<(i64, i64), String> {
    let certificate = Certificate::from_der(certificate)
        .map_err(|_| format!("{key} {} is not an X.509 certificate", file.display()))?;
    let validity = certificate.tbs_certificate.validity;
    let seconds = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Ok((seconds(validity.not_before), seconds(validity.not_after)))
}

fn instant(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).map_or_else(|| seconds.to_string(), |at| at.to_rfc3339())
}

/// The identity of a connection's peer: the URI names of its verified certificate, `spiffe://<trust
/// domain>/service/<name>` or `…/platform/<code>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presented {
    uris: Arc<[String]>,
}

impl Presented {
    /// From a connection's certificates; the first one is the peer's own.
    #[must_use]
    pub fn of(chain: Option<&[CertificateDer<'_>]>) -> Self {
        let uris = chain.and_then(<[_]>::first).map(uri_names).unwrap_or_default();
        Self { uris: uris.into() }
    }

    /// Whether it names this service or platform of this trust domain.
    #[must_use]
    pub fn names(&self, trust_domain: &str, kind: &str, name: &str) -> bool {
        let wanted = format!("spiffe://{trust_domain}/{kind}/{name}");
        self.uris.contains(&wanted)
    }
}

fn uri_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let Ok(Some((_, names))) = certificate.tbs_certificate.get::<SubjectAltName>() else {
        return Vec::new();
    };
    names
        .0
        .iter()
        .filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
            _ => None,
        })
        .collect()
}
