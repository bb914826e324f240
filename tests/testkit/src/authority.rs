//! A certificate authority for one test, with a folder for its certificates.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use platform::config::{ClientCertificates, TlsConfig};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType, date_time_ymd};

/// Signs certificates for 127.0.0.1.
pub struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new authority. Its own certificate is in `ca.crt`.
    ///
    /// # Panics
    /// Without a temporary folder.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test authority");
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        std::fs::write(folder.path().join("ca.crt"), issuer.pem()).expect("written");
        Self { folder, issuer }
    }

    /// Path of a file in its folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs `<name>.crt` with `<name>.key` for 127.0.0.1 and a URI name, valid until the end of a year.
    ///
    /// # Panics
    /// When the URI is not ASCII.
    pub fn sign(&self, name: &str, uri: &str, last_year: i32) {
        self.sign_at(Ipv4Addr::LOCALHOST, name, uri, last_year);
    }

    /// [`Authority::sign`] for another address.
    ///
    /// # Panics
    /// When the URI is not ASCII.
    pub fn sign_at(&self, address: Ipv4Addr, name: &str, uri: &str, last_year: i32) {
        let mut params = CertificateParams::new(vec![address.to_string()]).expect("an address");
        params
            .subject_alt_names
            .push(SanType::URI(uri.try_into().expect("ASCII")));
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        std::fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).expect("written");
        std::fs::write(self.path(&format!("{name}.crt")), certificate.pem()).expect("written");
    }

    /// TLS settings with the certificate `<name>.crt`.
    #[must_use]
    pub fn config(&self, name: &str, asked: ClientCertificates) -> TlsConfig {
        TlsConfig {
            certificate_file: self.path(&format!("{name}.crt")),
            key_file: self.path(&format!("{name}.key")),
            ca_file: self.path("ca.crt"),
            client_certificates: asked,
            ..platform::config::shared_defaults().tls
        }
    }
}
