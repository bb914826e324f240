//! Days and hours of the city: all code that knows Asia/Shanghai.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Asia::Shanghai;
use serde::{Deserialize, Serialize};

use crate::Calendar;

/// Time zone of the city.
pub const ZONE: chrono_tz::Tz = Shanghai;

/// The local time at which a working day closes. In settings it is text: `close = "18:00"`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Close(NaiveTime);

impl Close {
    /// From an `hour` of 0 to 23 and a `minute` of 0 to 59.
    ///
    /// # Errors
    /// [`CloseError`] when there is no such time of day.
    pub fn new(hour: u32, minute: u32) -> Result<Self, CloseError> {
        NaiveTime::from_hms_opt(hour, minute, 0)
            .map(Self)
            .ok_or_else(|| CloseError(format!("{hour:02}:{minute:02}")))
    }
}

impl Default for Close {
    /// 18:00, domain.md §5.
    fn default() -> Self {
        Self::new(18, 0).expect("18:00 is a time of day")
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M"))
    }
}

impl FromStr for Close {
    type Err = CloseError;

    fn from_str(text: &str) -> Result<Self, CloseError> {
        NaiveTime::parse_from_str(text, "%H:%M")
            .map(Self)
            .map_err(|_| CloseError(text.to_owned()))
    }
}

impl TryFrom<String> for Close {
    type Error = CloseError;

    fn try_from(text: String) -> Result<Self, CloseError> {
        text.parse()
    }
}

impl From<Close> for String {
    fn from(close: Close) -> Self {
        close.to_string()
    }
}

/// A text that is no time of day.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no time of day; write hours and minutes from \"00:00\" to \"23:59\"")]
pub struct CloseError(String);

/// The date in the city at the instant `at`.
#[must_use]
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Shanghai).date_naive()
}

/// Midnight in the city at the start of `date`. A window of days is `start_of_day(first)..start_of_day(last + 1)`.
#[must_use]
pub fn start_of_day(date: NaiveDate) -> DateTime<Utc> {
    instant(date.and_time(NaiveTime::MIN))
}

impl Calendar {
    /// The close of `date` as an instant, also when `date` is not a working day.
    #[must_use]
    pub fn end_of_working_day(&self, date: NaiveDate) -> DateTime<Utc> {
        instant(date.and_time(self.close().0))
    }
}

/// The instant on `date` with the time of day of `at`.
pub(crate) fn same_time_on(date: NaiveDate, at: DateTime<Utc>) -> DateTime<Utc> {
    instant(date.and_time(at.with_timezone(&Shanghai).time()))
}

/// `days` natural days after `date`.
pub(crate) fn days_after(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days)))
        .expect("dates end with the year 9999, and MAX_DAYS are ten years")
}

/// A local time as an instant. Summer time (last in 1991) had hours that came twice and hours that never came. Of two
/// the earlier is taken; for an hour that never came the standard offset counts. So no date can fail.
fn instant(local: NaiveDateTime) -> DateTime<Utc> {
    Shanghai
        .from_local_datetime(&local)
        .earliest()
        .map_or_else(|| (local - TimeDelta::hours(8)).and_utc(), |at| at.to_utc())
}
