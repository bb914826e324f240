//! An entry in the ledger of the hotline's own work.

use chrono::{DateTime, NaiveDate, Utc};

use super::violation::Violation;

/// The fault of an entry for this day (Asia/Shanghai) that is recorded at `now`; none when it is right.
#[must_use]
pub fn fault(day: NaiveDate, now: DateTime<Utc>) -> Option<Violation> {
    (day > calendar::local_date(now)).then(|| Violation::new("day", "must not be after today"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_of_a_day_up_to_today_in_shanghai() {
        let day = |day| NaiveDate::from_ymd_opt(2024, 4, day).expect("a day");
        let before_midnight = day(1).and_hms_opt(15, 59, 59).expect("a time").and_utc();
        let midnight = day(1).and_hms_opt(16, 0, 0).expect("a time").and_utc();
        for (of, now, right) in [
            (day(1), before_midnight, true),
            (day(2), before_midnight, false),
            (day(2), midnight, true),
            (day(3), midnight, false),
        ] {
            assert_eq!(fault(of, now).is_none(), right, "{of} at {now}");
        }
    }
}
