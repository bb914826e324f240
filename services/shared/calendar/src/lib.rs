//! Working days of the hotline: which days are working days, when a deadline ends, and when its yellow card is due.
//!
//! The rule is domain.md §5. A working day is Monday to Friday, less the days off, plus the make-up workdays of the
//! State Council's yearly notice. Day 1 is the next working day after the event. A deadline in days ends at the close
//! of its day, in Asia/Shanghai.
//!
//! A year without a notice has the days off of the law, and its days are *provisional*. The days from 25 December on
//! are provisional too, while the next year has no notice.
//!
//! The crate is pure: no clock, no I/O.
//!
//! - [`Calendar`] (this file) knows the days.
//! - `notice.rs` checks notices and reads them from TOML.
//! - `statutory.rs` knows the law.
//! - `local.rs` turns days into instants.
//! - `limit.rs` turns a [`Span`] into a [`Due`] and its warning.
//!
//! Dates and instants must lie in the years 1 to 9999, the range of a protobuf `Timestamp`. Outside of it functions may
//! panic.

/// Runs the example of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod limit;
mod local;
mod notice;
mod statutory;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};

pub use crate::limit::{Due, MAX_DAYS, Span};
pub use crate::local::{Close, CloseError, ZONE, local_date, start_of_day};
pub use crate::notice::{
    CalendarError, MAX_ENTRIES, MAX_NOTICES, MAX_SOURCE, MAX_VERSION_BYTES, Notice, NoticeFault, Place,
};

/// The working days of one version of the notices, with the hour at which a working day closes.
///
/// A calendar never changes. A later notice makes another calendar with another version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Calendar {
    /// Version of the notices alone, as in their file.
    notices_version: String,
    /// Version of the notices and the close together. Equal versions give equal deadlines.
    version: String,
    /// Year and number of the version. The higher one is newer.
    edition: (u32, u32),
    /// Notices by year. A missing year is provisional.
    notices: BTreeMap<i32, Notice>,
    off: BTreeSet<NaiveDate>,
    make_up: BTreeSet<NaiveDate>,
    close: Close,
}

impl Calendar {
    /// The calendar with the compiled-in notices of 2023 to 2026, closing at 18:00.
    #[must_use]
    pub fn national() -> Self {
        Self::parse(include_str!("../notices.toml")).expect("the compiled-in notices are parsed by a test")
    }

    /// The same days with another close. A close other than the default is part of [`Calendar::version`], because it
    /// moves every deadline: `cn-2026.1+17:30`.
    #[must_use]
    pub fn with_close(mut self, close: Close) -> Self {
        self.version = if close == Close::default() {
            self.notices_version.clone()
        } else {
            format!("{}+{close}", self.notices_version)
        };
        self.close = close;
        self
    }

    /// The calendar of a stored deadline, by the version stored beside it: these notices with that close. `None` for
    /// other notices.
    #[must_use]
    pub fn of_version(&self, version: &str) -> Option<Self> {
        let close = match version.strip_prefix(&self.notices_version)? {
            "" => Close::default(),
            close => close.strip_prefix('+')?.parse().ok()?,
        };
        Some(self.clone().with_close(close))
    }

    /// Whether a text has the form of a version, such as `cn-2026.1` or `cn-2026.1+17:30`.
    #[must_use]
    pub fn is_version(text: &str) -> bool {
        let (notices, close) = text.split_once('+').map_or((text, None), |(n, close)| (n, Some(close)));
        notice::edition(notices).is_some() && close.is_none_or(|close| close.parse::<Close>().is_ok())
    }

    /// The version to store beside a deadline, so that it can be computed again: `cn-2026.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version of the notices alone, without the close.
    #[must_use]
    pub fn notices_version(&self) -> &str {
        &self.notices_version
    }

    /// Year and number of the version of the notices. The higher one is newer.
    #[must_use]
    pub fn edition(&self) -> (u32, u32) {
        self.edition
    }

    /// The notices, by year.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.values()
    }

    /// The local time at which a working day closes.
    #[must_use]
    pub fn close(&self) -> Close {
        self.close
    }

    /// Title of the notice for the days of `year`; `None` for a year without a notice, whose days are provisional.
    #[must_use]
    pub fn source(&self, year: i32) -> Option<&str> {
        self.notices.get(&year).map(|notice| notice.source.as_str())
    }

    /// Whether `date` is a working day: by the notice of its year, otherwise by the law.
    #[must_use]
    pub fn is_working(&self, date: NaiveDate) -> bool {
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            self.make_up.contains(&date)
        } else if self.notices.contains_key(&date.year()) {
            !self.off.contains(&date)
        } else {
            !statutory::is_day_off(date)
        }
    }

    /// Whether a later notice may change `date`. This holds for a year without a notice, and for the last days of
    /// December while the next year has none. A New Year holiday has moved such days before.
    #[must_use]
    pub fn is_provisional(&self, date: NaiveDate) -> bool {
        let known = |year| self.notices.contains_key(&year);
        let before_new_year = date.month() == 12 && date.day() >= 25;
        !known(date.year()) || (before_new_year && !known(date.year() + 1))
    }

    /// The first working day after `date`, never `date` itself.
    #[must_use]
    pub fn next_working_day(&self, date: NaiveDate) -> NaiveDate {
        self.add_working_days(date, 1).0
    }

    /// The last working day before `date`, never `date` itself.
    #[must_use]
    pub fn previous_working_day(&self, date: NaiveDate) -> NaiveDate {
        let mut day = before(date);
        while !self.is_working(day) {
            day = before(day);
        }
        day
    }

    /// The `days`-th working day after `date`, and whether it is provisional. It is provisional when a day after
    /// `date`, up to and including the answer, is provisional ([`Calendar::is_provisional`]). Day 1 is the next working
    /// day, whether or not `date` is one. For 0 days the answer is `date`. More than [`MAX_DAYS`] count as
    /// [`MAX_DAYS`].
    #[must_use]
    pub fn add_working_days(&self, date: NaiveDate, days: u32) -> (NaiveDate, bool) {
        let mut day = date;
        let mut provisional = false;
        let mut left = days.min(MAX_DAYS);
        while left > 0 {
            day = after(day);
            provisional |= self.is_provisional(day);
            left -= u32::from(self.is_working(day));
        }
        (day, provisional)
    }

    /// Number of working days after `from`, up to and including `to`; 0 when `to` is not after `from`. It reverses
    /// [`Calendar::add_working_days`], and gives the number of overdue working days.
    #[must_use]
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> u32 {
        let mut count = 0;
        let mut day = from;
        while day < to {
            day = after(day);
            count += u32::from(self.is_working(day));
        }
        count
    }
}

fn after(date: NaiveDate) -> NaiveDate {
    date.succ_opt().expect("dates end with the year 9999")
}

fn before(date: NaiveDate) -> NaiveDate {
    date.pred_opt().expect("dates start with the year 1")
}
