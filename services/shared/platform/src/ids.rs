//! Makes ids: UUIDv7 from the clock, and ids derived from an event so that doing it again finds the same one.

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// A fresh id whose order follows `now`.
#[must_use]
pub fn new_id(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// The id of what an event opens: the same event gives the same id, whoever computes it and how often.
/// `what` tells apart several things opened by one event.
#[must_use]
pub fn derived_id(event: Uuid, what: &str) -> Uuid {
    Uuid::new_v5(&event, what.as_bytes())
}
