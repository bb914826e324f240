//! The base of tests: real databases, real Redis, served services, callers of every kind.
//!
//! `testkit-servers COMMAND…` (see `make test`) starts the servers once for a whole run. It passes their addresses in
//! `TESTKIT_POSTGRES_URL` and `TESTKIT_REDIS_URL`. Each test has its own database, copied from a migrated template. The
//! database has its own epoch, so the test also has its own Redis streams.

pub mod authority;
pub mod callers;
pub mod databases;
pub mod edge;
pub mod patience;
pub mod statements;

use chrono::{DateTime, Utc};
use hotline_proto::Date;

pub use authority::Authority;
pub use callers::{Callers, role};
pub use databases::{Database, database, redis_url, waiting};
pub use edge::{Edge, listen, log, own_address, request_key};
pub use patience::{settled, until, within};

/// A day of April 2024, as the wire carries it.
#[must_use]
pub const fn april(day: i32) -> Date {
    Date {
        year: 2024,
        month: 4,
        day,
    }
}

/// An instant of Asia/Shanghai in April 2024: `at(1, 9, 30)` is 2024-04-01 09:30.
#[must_use]
pub fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    use chrono::TimeZone as _;
    let shanghai = chrono::FixedOffset::east_opt(8 * 3600).expect("eight hours");
    shanghai
        .with_ymd_and_hms(2024, 4, day, hour, minute, 0)
        .single()
        .expect("a day of April")
        .with_timezone(&Utc)
}
