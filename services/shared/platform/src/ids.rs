//! Ids: UUIDv7 from the clock, and ids derived from an event, so that a second run gets the same id.

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// A new id that sorts by `now`.
#[must_use]
pub fn new_id(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// The id of a thing that an event creates. The same event always gives the same id. `what` distinguishes several
/// things of one event.
#[must_use]
pub fn derived_id(event: Uuid, what: &str) -> Uuid {
    Uuid::new_v5(&event, what.as_bytes())
}
