//! From a limit to its deadline and its yellow card.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::Calendar;
use crate::local::{days_after, local_date, same_time_on};

/// The longest limit in days that is told apart, ten years of 366: above any rule, and small enough that a slip in a
/// rule table cannot make a service count for seconds. Rule tables ask [`Span::is_sane`] when they are loaded.
pub const MAX_DAYS: u32 = 3_660;

/// How long something may take. In rule tables: `{ working_days = 5 }`, `{ minutes = 30 }`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Until the close of the n-th working day after the local date of the start.
    WorkingDays(u32),
    /// Until the close of the n-th day after the local date of the start, whatever day that is.
    NaturalDays(u32),
    /// Exactly so many minutes, nights and holidays included: matters of safety do not wait for offices.
    Minutes(u32),
}

impl Span {
    /// Whether a rule may say so: at least one day or minute, at most [`MAX_DAYS`] days (minutes: as long).
    #[must_use]
    pub fn is_sane(self) -> bool {
        match self {
            Self::WorkingDays(n) | Self::NaturalDays(n) => (1..=MAX_DAYS).contains(&n),
            Self::Minutes(n) => (1..=MAX_DAYS * 24 * 60).contains(&n),
        }
    }
}

/// A deadline, and what it was computed with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// The last instant that is in time.
    pub at: DateTime<Utc>,
    /// Some day that was counted lies in a year without a notice: a later notice may move the deadline.
    pub provisional: bool,
    /// [`Calendar::version`] of the calendar that computed it.
    pub calendar_version: String,
}

impl Calendar {
    /// When `span`, started at `start`, runs out.
    ///
    /// Natural days end at the close of their day like working days, because cities print a date on the order, not an
    /// hour, and nobody reads replies at night. They need no notice, hence are never provisional; neither are minutes.
    /// A deadline is never before its start: with 0 days after the close it is the start.
    #[must_use]
    pub fn due(&self, start: DateTime<Utc>, span: Span) -> Due {
        let (at, provisional) = match span {
            Span::WorkingDays(days) => {
                let (date, provisional) = self.add_working_days(local_date(start), days);
                (self.end_of_working_day(date), provisional)
            }
            Span::NaturalDays(days) => {
                let date = days_after(local_date(start), days.min(MAX_DAYS));
                (self.end_of_working_day(date), false)
            }
            Span::Minutes(minutes) => (start + TimeDelta::minutes(i64::from(minutes)), false),
        };
        Due {
            at: at.max(start),
            provisional,
            calendar_version: self.version().to_owned(),
        }
    }

    /// When the yellow card is due, domain.md §5: one working day before `due`, at the same time of day; at half of
    /// the limit, to the microsecond, when that is in minutes or has under 2 working days.
    ///
    /// The working days are counted from `start` to `due` and not read off `span`, so that it holds for natural days
    /// over a holiday and for a deadline that an upstream platform has set. The answer is after `start` and before
    /// `due`; it is `due` when the deadline had passed at the start.
    #[must_use]
    pub fn warn_at(&self, start: DateTime<Utc>, span: Span, due: &Due) -> DateTime<Utc> {
        if due.at <= start {
            return due.at;
        }
        let due_date = local_date(due.at);
        let in_days = !matches!(span, Span::Minutes(_));
        if in_days && self.working_days_between(local_date(start), due_date) >= 2 {
            // Of two working days after the start's date, the last before the due date is one: it is after the start.
            same_time_on(self.previous_working_day(due_date), due.at)
        } else {
            // Whole microseconds are what Postgres keeps; a finer instant would not come back as it was written.
            (start + (due.at - start) / 2).trunc_subsecs(6).max(start)
        }
    }
}
