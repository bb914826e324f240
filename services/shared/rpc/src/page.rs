//! Page tokens. They are opaque to callers, and valid only for the filter that they were made for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const CHECK: usize = 6;

/// A token for the parts of a position, bound to its filter.
#[must_use]
pub fn encode(filter: &str, parts: &[&str]) -> String {
    let body = parts.join("\u{1f}");
    let mut bytes = check(filter, &body).to_vec();
    bytes.extend_from_slice(body.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The parts of a token; `None` when it is foreign, forged, or made for another filter.
#[must_use]
pub fn decode(filter: &str, token: &str, parts: usize) -> Option<Vec<String>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (found, body) = bytes.split_at_checked(CHECK)?;
    let body = std::str::from_utf8(body).ok()?;
    if found != check(filter, body) {
        return None;
    }
    let found: Vec<String> = body.split('\u{1f}').map(str::to_owned).collect();
    (found.len() == parts).then_some(found)
}

/// A checksum that catches mistakes. It is no secret, because the caller may read every position of the list anyway.
fn check(filter: &str, body: &str) -> [u8; CHECK] {
    let mut digest = Sha256::new();
    digest.update(filter.as_bytes());
    digest.update([0]);
    digest.update(body.as_bytes());
    let digest = digest.finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest[..CHECK]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_filter_only() {
        let token = encode("state=1", &["5", "a"]);
        assert_eq!(decode("state=1", &token, 2), Some(vec!["5".to_owned(), "a".to_owned()]));
        assert_eq!(decode("state=2", &token, 2), None);
        assert_eq!(decode("state=1", "AAAA", 2), None);
        assert_eq!(decode("state=1", "%%", 2), None);
    }
}
