//! Instants and days on the wire.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use hotline_proto::Date;
use prost_types::Timestamp;

/// An instant as a protobuf message.
#[must_use]
pub fn to_proto(at: DateTime<Utc>) -> Timestamp {
    Timestamp {
        seconds: at.timestamp(),
        nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}

/// In whole microseconds; `None` outside of the years 2000 to 2199, or with invalid nanoseconds.
#[must_use]
pub fn from_proto(at: &Timestamp) -> Option<DateTime<Utc>> {
    // 2000-01-01 to 2200-01-01. Any other year in a message is a fault of the sender.
    const YEARS: std::ops::Range<i64> = 946_684_800..7_258_118_400;
    if !YEARS.contains(&at.seconds) {
        return None;
    }
    let nanos = u32::try_from(at.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    DateTime::from_timestamp(at.seconds, nanos).map(platform::clock::whole_micros)
}

/// A day as a protobuf message.
#[must_use]
pub fn date_to_proto(day: NaiveDate) -> Date {
    Date {
        year: day.year(),
        month: i32::try_from(day.month()).unwrap_or_default(),
        day: i32::try_from(day.day()).unwrap_or_default(),
    }
}

/// A full day of the years 2000 to 2199; `None` for anything else.
#[must_use]
pub fn date_from_proto(day: &Date) -> Option<NaiveDate> {
    let (month, of_month) = (u32::try_from(day.month).ok()?, u32::try_from(day.day).ok()?);
    NaiveDate::from_ymd_opt(day.year, month, of_month).filter(|day| (2000..2200).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_whole_day_of_these_centuries() {
        let date = |year, month, day| Date { year, month, day };
        for right in [date(2000, 1, 1), date(2024, 2, 29), date(2199, 12, 31)] {
            assert_eq!(date_from_proto(&right).map(date_to_proto), Some(right));
        }
        for wrong in [
            date(0, 1, 1),
            date(1999, 12, 31),
            date(2200, 1, 1),
            date(2023, 2, 29),
            date(2024, 2, 0),
            date(2024, -1, 1),
            date(i32::MAX, i32::MAX, i32::MAX),
        ] {
            assert_eq!(date_from_proto(&wrong), None, "{wrong:?}");
        }
    }
}
