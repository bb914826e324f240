//! Grains of the replay, and the opening of an office.

use chrono::{DateTime, Datelike as _, Duration, NaiveDate, TimeZone as _, Utc};

/// A grain, a quarter of an hour. All commands of a grain happen at one instant.
pub const GRAIN: Duration = Duration::minutes(15);

/// The instant at which an office opens on a day: half past eight.
#[must_use]
pub fn opening(day: NaiveDate) -> DateTime<Utc> {
    calendar::ZONE
        .with_ymd_and_hms(day.year(), day.month(), day.day(), 8, 30, 0)
        .single()
        .expect("Asia/Shanghai has every half past eight since 1991")
        .with_timezone(&Utc)
}

/// The first grain after an instant.
#[must_use]
pub fn grain_after(at: DateTime<Utc>) -> DateTime<Utc> {
    grain_before(at) + GRAIN
}

/// The last grain not after an instant.
#[must_use]
pub fn grain_before(at: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = at.timestamp().div_euclid(GRAIN.num_seconds()) * GRAIN.num_seconds();
    DateTime::from_timestamp(seconds, 0).expect("a whole quarter of an hour")
}
