//! A window of days, Asia/Shanghai.

use chrono::NaiveDate;

/// From the first day to the last, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First day.
    pub from: NaiveDate,
    /// Last day, not before the first.
    pub to: NaiveDate,
}
