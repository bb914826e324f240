//! The calendar tested from outside: the vectors of the rule, broken files, and properties over random days.

mod days;
mod files;
mod limits;
mod properties;
mod statutory;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// A date as text.
fn date(text: &str) -> NaiveDate {
    text.parse().expect("the test writes dates as 2024-02-03")
}

/// An instant from the local time in the city. The offset has been +8 since 1991.
fn wall(text: &str) -> DateTime<Utc> {
    let local =
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("the test writes instants as 2024-02-03 09:00");
    (local - TimeDelta::hours(8)).and_utc()
}
