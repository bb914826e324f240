//! Working days of the hotline: what counts as one, when a deadline falls, when its yellow card is due.
//!
//! Rule: domain.md §5. A working day is Monday to Friday, less the days off, plus the make-up workdays of the State
//! Council's yearly notice. Day 1 is the next working day after the event, and a deadline in days ends at the close of
//! its day, in Asia/Shanghai. A year without a notice has the days off of the law, and what relies on it is
//! *provisional*; so is what relies on the days from 25 December on while the next year has no notice.
//!
//! Pure: no clock, no I/O. [`Calendar`] (this file) knows days, `notice.rs` checks notices and reads them from TOML,
//! `statutory.rs` knows the law, `local.rs` turns days into instants, `limit.rs` turns a [`Span`] into a [`Due`] and its
//! warning.
//!
//! Dates and instants lie in the years 1 to 9999, which is all that a protobuf `Timestamp` can say; outside of them
//! functions may panic.

/// Runs the README's example as a test.
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

/// The working days of one version of the notices, and the hour at which a working day closes.
///
/// A calendar never changes: a later notice is another calendar with another version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Calendar {
    /// Of the notices alone, as the file says it.
    notices_version: String,
    /// Of notices and close together: equal versions give equal deadlines.
    version: String,
    /// Year and number within it, of the version: which of two notices is newer.
    edition: (u32, u32),
    /// By year. A year that is missing is provisional.
    notices: BTreeMap<i32, Notice>,
    off: BTreeSet<NaiveDate>,
    make_up: BTreeSet<NaiveDate>,
    close: Close,
}

impl Calendar {
    /// The notices of 2023 to 2026 that are compiled in, closing at 18:00.
    #[must_use]
    pub fn national() -> Self {
        Self::parse(include_str!("../notices.toml")).expect("the compiled-in notices are parsed by a test")
    }

    /// The same days with another close. It goes into [`Calendar::version`] unless it is the default, because it
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

    /// The calendar that a deadline was computed with, by the version stored beside it: these notices with that close.
    /// None for other notices.
    #[must_use]
    pub fn of_version(&self, version: &str) -> Option<Self> {
        let close = match version.strip_prefix(&self.notices_version)? {
            "" => Close::default(),
            close => close.strip_prefix('+')?.parse().ok()?,
        };
        Some(self.clone().with_close(close))
    }

    /// Whether the text has the shape of a version that this program or another one ships: `cn-2026.1`, `cn-2026.1+17:30`.
    #[must_use]
    pub fn is_version(text: &str) -> bool {
        let (notices, close) = text.split_once('+').map_or((text, None), |(n, close)| (n, Some(close)));
        notice::edition(notices).is_some() && close.is_none_or(|close| close.parse::<Close>().is_ok())
    }

    /// What is stored beside a deadline, so that it can be computed again: `cn-2026.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version of the notices alone, whatever the close.
    #[must_use]
    pub fn notices_version(&self) -> &str {
        &self.notices_version
    }

    /// Year and number within it, of the version of the notices: the higher one is newer.
    #[must_use]
    pub fn edition(&self) -> (u32, u32) {
        self.edition
    }

    /// The notices, by year.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.values()
    }

    /// The local time at which a working day ends.
    #[must_use]
    pub fn close(&self) -> Close {
        self.close
    }

    /// The notice that the days of `year` come from; `None` where there is none and the days are provisional.
    #[must_use]
    pub fn source(&self, year: i32) -> Option<&str> {
        self.notices.get(&year).map(|notice| notice.source.as_str())
    }

    /// Whether offices work on `date`, as far as the notices are known; by the law in a year without one.
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

    /// Whether a notice that is still to come may change `date`: its year has none, or it is one of the last days of
    /// December and the next year has none. A holiday of New Year has moved those days before.
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

    /// The `days`-th working day after `date`, and whether it is provisional: whether a day after `date`, up to and
    /// including the answer, is ([`Calendar::is_provisional`]). Day 1 is the next working day, whatever `date` is
    /// itself; 0 days answer `date`. More than [`MAX_DAYS`] count as [`MAX_DAYS`].
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

    /// How many working days lie after `from`, up to and including `to`; 0 when `to` is not after `from`. It undoes
    /// [`Calendar::add_working_days`], and tells how many working days something is overdue.
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
