//! Personal fields at rest: sealed cells, the keyed hash of a telephone number for look-ups, and the key of a person
//! for counting distinct appellants.
//!
//! A cell is `version (1) | key id (4) | nonce (12) | ciphertext | tag (16)`, sealed with AES-256-GCM. Table, column,
//! row id and key id are the associated data, so that cells cannot be swapped. Each month has one data key. The
//! key-encryption key in a file wraps the data keys.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use sqlx::PgPool;
use uuid::Uuid;

use platform::rows::impossible;
use platform::store::StoreError;
use rpc::service::{Base, StartError};

const VERSION: u8 = 1;
const HEAD: usize = 1 + 4 + 12;
/// Bytes of a person key. Among ten million persons no two have the same key by chance.
pub const PERSON_KEY: usize = 16;

/// The key-encryption key.
#[derive(Clone)]
pub struct Kek([u8; 32]);

impl Kek {
    /// Reads base64 of 32 bytes.
    ///
    /// # Errors
    /// One sentence about the required content of the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            format!(
                "sealing.key_file {}: {e}; it should hold base64 of 32 random bytes",
                path.display()
            )
        })?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| format!("sealing.key_file {} does not hold base64 of 32 bytes", path.display()))?;
        Ok(Self(bytes))
    }

    /// A new key, for development and tests.
    #[must_use]
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        rand::rngs::OsRng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The form in its file.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(self.0)
    }

    /// The key for hashes by which `service` recognises a repeated request.
    #[must_use]
    pub fn request_key(&self, service: &str) -> RequestKey {
        RequestKey(self.derive(&format!("request:{service}")))
    }

    /// See [`Sealer::person_key`]. Each service and each year has its own key.
    fn person_key(&self, service: &str, year: i32, normal: &str) -> [u8; PERSON_KEY] {
        let key = self.derive(&format!("person:{service}:{year}"));
        let hash = hmac(&key, normal.as_bytes());
        *hash.first_chunk().expect("SHA-256 has 32 bytes")
    }

    /// A key for one purpose, so that hashes and seals never share a key.
    fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac(&self.0, purpose.as_bytes())
    }
}

/// Key for hashes of requests. It is in no database, so a copied database does not allow guessing the telephone number
/// in a request. Debug leaves the key out.
#[derive(Clone)]
pub struct RequestKey([u8; 32]);

impl RequestKey {
    /// HMAC-SHA256 of an encoded request.
    #[must_use]
    pub fn hash(&self, content: &[u8]) -> Vec<u8> {
        hmac(&self.0, content).to_vec()
    }
}

impl std::fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestKey")
    }
}

/// The place of a sealed value.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Id of the row.
    pub row: Uuid,
}

/// A sealed value. It hides its content: no Display, no Serialize, an empty Debug.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sealed(Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed")
    }
}

/// Seals and opens the cells of one service.
#[derive(Clone)]
pub struct Sealer {
    pool: PgPool,
    service: Arc<str>,
    kek: Arc<Kek>,
    phone: Arc<[u8; 32]>,
    requests: RequestKey,
    keys: Arc<RwLock<Keys>>,
}

#[derive(Default)]
struct Keys {
    by_month: HashMap<NaiveDate, SealKey>,
    by_id: HashMap<i32, SealKey>,
}

/// The data key of one month.
#[derive(Clone)]
pub struct SealKey {
    id: i32,
    cipher: Aes256Gcm,
}

impl SealKey {
    /// Seals a value for its place.
    #[must_use]
    pub fn seal(&self, cell: Cell, plain: &str) -> Sealed {
        let mut nonce = [0; 12];
        rand::rngs::OsRng.fill_bytes(&mut nonce);
        let sealed = self
            .cipher
            .encrypt(
                &nonce_of(&nonce),
                Payload {
                    msg: plain.as_bytes(),
                    aad: &associated(cell, self.id),
                },
            )
            .expect("AES-GCM seals up to 64 GiB, a field is at most 40 KB");
        let mut bytes = Vec::with_capacity(HEAD + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.id.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Sealed(bytes)
    }
}

impl Sealer {
    /// With the key of the settings, which must be the key of this database.
    ///
    /// # Errors
    /// What is wrong with the key, or errors of the database.
    pub async fn open(base: &Base, service: &str) -> Result<Self, StartError> {
        let sealer = Self::new(base.pool.clone(), service, Kek::read(&base.sealing.key_file)?);
        sealer.check().await?;
        Ok(sealer)
    }

    /// Over a service's pool. Data keys are read when needed.
    #[must_use]
    pub fn new(pool: PgPool, service: &str, kek: Kek) -> Self {
        let phone = kek.derive(&format!("phone:{service}"));
        let requests = kek.request_key(service);
        Self {
            pool,
            service: service.into(),
            kek: Arc::new(kek),
            phone: Arc::new(phone),
            requests,
            keys: Arc::default(),
        }
    }

    /// Checks that the key-encryption key is the one of this database. A wrong one would seal the first fields of a
    /// month with a data key that the right one cannot unwrap. So a service checks before it serves.
    ///
    /// # Errors
    /// [`StoreError::Unready`] for a wrong key; errors of the database.
    pub async fn check(&self) -> Result<(), StoreError> {
        let keys: Vec<(i32, NaiveDate, Vec<u8>)> =
            sqlx::query_as("select id, month, wrapped from data_key order by id")
                .fetch_all(&self.pool)
                .await?;
        for (id, month, wrapped) in keys {
            self.remember(id, month, &wrapped)?;
        }
        Ok(())
    }

    /// The data key of the month of `now`, created when it is missing. Call this before the transaction.
    ///
    /// # Errors
    /// Errors of the database, or a wrong key-encryption key.
    pub async fn key_for(&self, now: DateTime<Utc>) -> Result<SealKey, StoreError> {
        let month = now.date_naive().with_day(1).expect("every month has a first day");
        if let Some(key) = self.read_keys().by_month.get(&month) {
            return Ok(key.clone());
        }
        let fresh = Kek::generate();
        sqlx::query("insert into data_key (month, wrapped) values ($1, $2) on conflict (month) do nothing")
            .bind(month)
            .bind(self.wrap(month, &fresh.0))
            .execute(&self.pool)
            .await?;
        let (id, wrapped): (i32, Vec<u8>) = sqlx::query_as("select id, wrapped from data_key where month = $1")
            .bind(month)
            .fetch_one(&self.pool)
            .await?;
        self.remember(id, month, &wrapped)
    }

    /// Opens a cell.
    ///
    /// # Errors
    /// [`StoreError::Impossible`] for a cell that was sealed for another place, or whose key is gone.
    pub async fn unseal(&self, cell: Cell, sealed: &Sealed) -> Result<String, StoreError> {
        let broken = |detail: &str| StoreError::Impossible {
            table: cell.table,
            detail: format!("{}.{}: {detail}", cell.row, cell.column),
        };
        let bytes = &sealed.0;
        if bytes.len() < HEAD + 16 || bytes.first() != Some(&VERSION) {
            return Err(broken("is not a sealed cell"));
        }
        let id = i32::from_be_bytes(bytes[1..5].try_into().expect("four bytes"));
        let key = self.key(id).await?;
        let plain = key
            .cipher
            .decrypt(
                &nonce_of(&bytes[5..HEAD]),
                Payload {
                    msg: &bytes[HEAD..],
                    aad: &associated(cell, id),
                },
            )
            .map_err(|_| broken("was sealed for another place or changed"))?;
        String::from_utf8(plain).map_err(|_| broken("is not text"))
    }

    /// The key for hashes by which the service recognises a repeated request.
    #[must_use]
    pub fn request_key(&self) -> RequestKey {
        self.requests.clone()
    }

    /// Keyed hash of a normalised telephone number, for look-ups.
    #[must_use]
    pub fn phone_hash(&self, normalised: &str) -> Vec<u8> {
        hmac(self.phone.as_slice(), normalised.as_bytes()).to_vec()
    }

    /// Keyed hash of a person within one calendar year. Without the key it does not reveal the person. In the next year
    /// the hash is another one, so events cannot be used to follow a person for longer (ADR 0032). `normal` identifies
    /// the person in normal form. The caller puts the kind before it, so that a telephone number never equals a
    /// document.
    #[must_use]
    pub fn person_key(&self, year: i32, normal: &str) -> [u8; PERSON_KEY] {
        self.kek.person_key(&self.service, year, normal)
    }

    /// Keyed hash of any other content, to recognise a repetition without storing the content. `purpose` keeps the
    /// hashes of one kind apart from other kinds and from telephone numbers, which are digits.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    #[must_use]
    pub fn keyed_hash(&self, purpose: &str, content: &[u8]) -> Vec<u8> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(self.phone.as_slice()).expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(b":");
        // Hashed as hexadecimal digits, to match rows that were written first.
        for byte in content {
            mac.update(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        mac.finalize().into_bytes().to_vec()
    }

    async fn key(&self, id: i32) -> Result<SealKey, StoreError> {
        if let Some(key) = self.read_keys().by_id.get(&id) {
            return Ok(key.clone());
        }
        let (month, wrapped): (NaiveDate, Vec<u8>) =
            sqlx::query_as("select month, wrapped from data_key where id = $1")
                .bind(id)
                .fetch_optional(&self.pool)
                .await?
                .ok_or_else(|| {
                    impossible(
                        "data_key",
                        format!("there is no key {id}, with which a cell was sealed"),
                    )
                })?;
        self.remember(id, month, &wrapped)
    }

    fn remember(&self, id: i32, month: NaiveDate, wrapped: &[u8]) -> Result<SealKey, StoreError> {
        let plain = self.unwrap_key(month, wrapped).ok_or_else(|| {
            StoreError::Unready(
                "sealing.key_file holds another key than the one that this database's data keys were wrapped with; give \
                 it back the key that this service had before: no other one opens what is sealed"
                    .to_owned(),
            )
        })?;
        let key = SealKey {
            id,
            cipher: Aes256Gcm::new_from_slice(&plain).expect("a data key has 32 bytes"),
        };
        let mut keys = self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.by_id.insert(id, key.clone());
        keys.by_month.insert(month, key.clone());
        Ok(key)
    }

    fn read_keys(&self) -> std::sync::RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn wrapping(&self) -> Aes256Gcm {
        Aes256Gcm::new_from_slice(&self.kek.derive("wrap")).expect("a derived key has 32 bytes")
    }

    fn wrap(&self, month: NaiveDate, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 12];
        rand::rngs::OsRng.fill_bytes(&mut nonce);
        let aad = month.to_string();
        let sealed = self
            .wrapping()
            .encrypt(
                &nonce_of(&nonce),
                Payload {
                    msg: plain,
                    aad: aad.as_bytes(),
                },
            )
            .expect("32 bytes can be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    fn unwrap_key(&self, month: NaiveDate, wrapped: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = wrapped.split_at_checked(12)?;
        let aad = month.to_string();
        self.wrapping()
            .decrypt(
                &nonce_of(nonce),
                Payload {
                    msg: sealed,
                    aad: aad.as_bytes(),
                },
            )
            .ok()
    }
}

fn associated(cell: Cell, key: i32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(cell.table.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(cell.column.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(cell.row.as_bytes());
    bytes.extend_from_slice(&key.to_be_bytes());
    bytes
}

/// Every caller passes exactly twelve bytes.
fn nonce_of(bytes: &[u8]) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = Nonce::default();
    nonce.copy_from_slice(bytes);
    nonce
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_says_nothing_of_itself() {
        let key = SealKey {
            id: 1,
            cipher: Aes256Gcm::new_from_slice(&[7; 32]).expect("32 bytes"),
        };
        let cell = Cell {
            table: "appeal",
            column: "name",
            row: Uuid::nil(),
        };
        let sealed = key.seal(cell, "秘密");
        assert_eq!(format!("{sealed:?}"), "Sealed");
        assert_ne!(sealed, key.seal(cell, "秘密"), "a nonce is never used twice");
    }

    #[test]
    fn a_person_key_is_of_one_year_one_service_and_one_key() {
        let kek = Kek([7; 32]);
        let key = kek.person_key("intake", 2024, "phone:13812345678");
        assert_eq!(key, kek.person_key("intake", 2024, "phone:13812345678"));
        for other in [
            kek.person_key("intake", 2025, "phone:13812345678"),
            kek.person_key("callback", 2024, "phone:13812345678"),
            kek.person_key("intake", 2024, "document:13812345678"),
            Kek([8; 32]).person_key("intake", 2024, "phone:13812345678"),
        ] {
            assert_ne!(key, other);
        }
        // The keys for telephone numbers, for requests and for wrapping differ from the person key.
        for purpose in ["phone:intake", "request:intake", "wrap"] {
            let hash = hmac(&kek.derive(purpose), b"phone:13812345678");
            assert_ne!(hash[..PERSON_KEY], key, "{purpose}");
        }
    }
}
