//! Reading the fields of an event. Our own services wrote it: what cannot be read is a fault, and parks the event. The
//! reason names the field, never its content.

use chrono::{DateTime, NaiveDate, Utc};
use platform::grpc::time::from_proto;
use prost_types::Timestamp;
use uuid::Uuid;

use crate::event::ApplyError;

/// Which part of an event contradicts the contract: it will not read better the next time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

impl Unreadable {
    /// With what is wrong, as in "order_id is no UUID".
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl From<Unreadable> for ApplyError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Permanent(unreadable.0)
    }
}

/// An id.
///
/// # Errors
/// When it is no UUID.
pub fn id(field: &str, text: &str) -> Result<Uuid, Unreadable> {
    Uuid::try_parse(text).map_err(|_| Unreadable(format!("{field} is no UUID")))
}

/// An instant that must be there.
///
/// # Errors
/// When it is missing, or out of what a clock can show.
pub fn time(field: &str, at: Option<&Timestamp>) -> Result<DateTime<Utc>, Unreadable> {
    at.and_then(from_proto)
        .ok_or_else(|| Unreadable(format!("{field} is no instant")))
}

/// An instant that may be missing.
///
/// # Errors
/// As [`time`].
pub fn optional_time(field: &str, at: Option<&Timestamp>) -> Result<Option<DateTime<Utc>>, Unreadable> {
    at.map(|at| time(field, Some(at))).transpose()
}

/// A day, `YYYY-MM-DD`.
///
/// # Errors
/// When it is none.
pub fn day(field: &str, text: &str) -> Result<NaiveDate, Unreadable> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Unreadable(format!("{field} is no day")))
}

/// A text that must not be empty.
///
/// # Errors
/// When it is.
pub fn filled(field: &str, text: &str) -> Result<String, Unreadable> {
    if text.is_empty() {
        Err(Unreadable(format!("{field} is empty")))
    } else {
        Ok(text.to_owned())
    }
}

/// A text that stands for nothing when it is empty.
#[must_use]
pub fn optional_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A message that must be there.
///
/// # Errors
/// When it is missing.
pub fn present<'m, M>(field: &str, message: Option<&'m M>) -> Result<&'m M, Unreadable> {
    message.ok_or_else(|| Unreadable(format!("{field} is missing")))
}

/// A known value of an enum that is not UNSPECIFIED.
///
/// # Errors
/// For 0, and for a number that this program's contracts do not have.
pub fn known<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, Unreadable> {
    if number == 0 {
        return Err(Unreadable(format!("{field} is unspecified")));
    }
    known_or_unspecified(field, number)
}

/// A known value of an enum.
///
/// # Errors
/// For a number that this program's contracts do not have.
pub fn known_or_unspecified<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, Unreadable> {
    E::try_from(number).map_err(|_| Unreadable(format!("{field} has the unknown value {number}")))
}

/// Known values of an enum, none of them UNSPECIFIED.
///
/// # Errors
/// As [`known`], for the first that is not.
pub fn all_known<E: TryFrom<i32>>(field: &str, numbers: &[i32]) -> Result<Vec<E>, Unreadable> {
    numbers.iter().map(|number| known(field, *number)).collect()
}

/// The version of the aggregate after an event: from 1, and one that Postgres can keep.
///
/// # Errors
/// For any other.
pub fn version(version: u64) -> Result<u64, Unreadable> {
    if version >= 1 && i64::try_from(version).is_ok() {
        Ok(version)
    } else {
        Err(Unreadable(format!("version is {version}")))
    }
}
