//! Reads the fields of an event. Our own services wrote the event, so an unreadable field is a fault and parks the
//! event. The reason names the field, never its content.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use rpc::time::from_proto;
use uuid::Uuid;

use crate::event::ApplyError;

/// The part of an event that contradicts the contract. A retry would fail in the same way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

impl Unreadable {
    /// From a description such as "order_id is no UUID".
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl From<Unreadable> for ApplyError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Permanent(unreadable.0)
    }
}

/// A UUID.
///
/// # Errors
/// When the text is no UUID.
pub fn id(field: &str, text: &str) -> Result<Uuid, Unreadable> {
    Uuid::try_parse(text).map_err(|_| Unreadable(format!("{field} is no UUID")))
}

/// A required instant.
///
/// # Errors
/// When it is missing or out of range.
pub fn time(field: &str, at: Option<&Timestamp>) -> Result<DateTime<Utc>, Unreadable> {
    at.and_then(from_proto)
        .ok_or_else(|| Unreadable(format!("{field} is no instant")))
}

/// An optional instant.
///
/// # Errors
/// As [`time`].
pub fn optional_time(field: &str, at: Option<&Timestamp>) -> Result<Option<DateTime<Utc>>, Unreadable> {
    at.map(|at| time(field, Some(at))).transpose()
}

/// A text that must not be empty.
///
/// # Errors
/// When it is empty.
pub fn filled(field: &str, text: &str) -> Result<String, Unreadable> {
    if text.is_empty() {
        Err(Unreadable(format!("{field} is empty")))
    } else {
        Ok(text.to_owned())
    }
}

/// An optional text: an empty one becomes `None`.
#[must_use]
pub fn optional_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A required message.
///
/// # Errors
/// When it is missing.
pub fn present<'m, M>(field: &str, message: Option<&'m M>) -> Result<&'m M, Unreadable> {
    message.ok_or_else(|| Unreadable(format!("{field} is missing")))
}

/// A known enum value other than UNSPECIFIED.
///
/// # Errors
/// For 0, and for a number that this program's contract lacks.
pub fn known<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, Unreadable> {
    if number == 0 {
        return Err(Unreadable(format!("{field} is unspecified")));
    }
    known_or_unspecified(field, number)
}

/// A known enum value; UNSPECIFIED is allowed.
///
/// # Errors
/// For a number that this program's contract lacks.
pub fn known_or_unspecified<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, Unreadable> {
    E::try_from(number).map_err(|_| Unreadable(format!("{field} has the unknown value {number}")))
}

/// The aggregate's version after an event: at least 1, at most the largest `bigint` of Postgres.
///
/// # Errors
/// For any other number.
pub fn version(version: u64) -> Result<u64, Unreadable> {
    if version >= 1 && i64::try_from(version).is_ok() {
        Ok(version)
    } else {
        Err(Unreadable(format!("version is {version}")))
    }
}
