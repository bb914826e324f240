//! Instants on the wire.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

/// As the wire carries it.
#[must_use]
pub fn to_proto(at: DateTime<Utc>) -> Timestamp {
    Timestamp {
        seconds: at.timestamp(),
        nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}

/// In whole microseconds; `None` outside of the years 2000 to 2199 or with nanoseconds that are none.
#[must_use]
pub fn from_proto(at: &Timestamp) -> Option<DateTime<Utc>> {
    // 2000-01-01 and 2200-01-01: anything else in a hotline's message is a fault of the sender.
    const YEARS: std::ops::Range<i64> = 946_684_800..7_258_118_400;
    if !YEARS.contains(&at.seconds) {
        return None;
    }
    let nanos = u32::try_from(at.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    DateTime::from_timestamp(at.seconds, nanos).map(crate::clock::whole_micros)
}
