//! Reading what every source's events have in common. An error names the field, never its content.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::events::NamedCode;
use platform::grpc::time::from_proto;
use prost_types::Timestamp;
use uuid::Uuid;

use crate::domain::change::{Name, NameKind};

/// An id.
pub fn id(field: &str, text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|_| format!("{field} is no UUID"))
}

/// An instant that must be there.
pub fn time(field: &str, at: Option<&Timestamp>) -> Result<DateTime<Utc>, String> {
    at.and_then(from_proto).ok_or_else(|| format!("{field} is no instant"))
}

/// An instant that may be missing.
pub fn optional_time(field: &str, at: Option<&Timestamp>) -> Result<Option<DateTime<Utc>>, String> {
    at.map(|at| time(field, Some(at))).transpose()
}

/// A day.
pub fn day(field: &str, text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("{field} is no day"))
}

/// A text that must not be empty.
pub fn filled(field: &str, text: &str) -> Result<String, String> {
    if text.is_empty() {
        Err(format!("{field} is empty"))
    } else {
        Ok(text.to_owned())
    }
}

/// A message that must be there.
pub fn present<'m, M>(field: &str, message: Option<&'m M>) -> Result<&'m M, String> {
    message.ok_or_else(|| format!("{field} is missing"))
}

/// A known value of an enum that is not UNSPECIFIED.
pub fn known<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, String> {
    if number == 0 {
        return Err(format!("{field} is unspecified"));
    }
    known_or_unspecified(field, number)
}

/// A known value of an enum.
pub fn known_or_unspecified<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, String> {
    E::try_from(number).map_err(|_| format!("{field} has the unknown value {number}"))
}

/// The version of the aggregate after an event: from 1, and one that Postgres can keep.
pub fn version(version: u64) -> Result<u64, String> {
    if version >= 1 && i64::try_from(version).is_ok() {
        Ok(version)
    } else {
        Err(format!("version is {version}"))
    }
}

/// Names of codes of one kind.
pub fn names(kind: NameKind, codes: &[NamedCode], valid_from: NaiveDate, version: u64) -> impl Iterator<Item = Name> {
    codes.iter().map(move |named| Name {
        kind,
        code: named.code.clone(),
        valid_from,
        version,
        name: named.name.clone(),
    })
}
