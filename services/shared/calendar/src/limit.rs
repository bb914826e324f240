//! Deadlines and yellow cards of limits.

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::Calendar;
use crate::local::{days_after, local_date, same_time_on};

/// Longest limit in days: ten years of 366. It exceeds every rule, and an error in a rule table cannot make a service
/// count for seconds. Rules stay far below it: [`Span::is_allowed`].
pub const MAX_DAYS: u32 = 3_660;

/// A time limit. In rule tables: `{ working_days = 5 }`, `{ minutes = 30 }`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Until the close of the n-th working day after the local date of the start.
    WorkingDays(u32),
    /// Until the close of the n-th day after the local date of the start, working day or not.
    NaturalDays(u32),
    /// Exactly this many minutes, nights and holidays included: matters of safety do not wait for office hours.
    Minutes(u32),
}

impl Span {
    /// Its number of days or minutes.
    #[must_use]
    pub const fn length(self) -> u32 {
        match self {
            Self::WorkingDays(n) | Self::NaturalDays(n) | Self::Minutes(n) => n,
        }
    }

    /// The largest number that a rule may have: a year of working days, of days, of minutes.
    #[must_use]
    pub const fn most(self) -> u32 {
        match self {
            Self::WorkingDays(_) => 250,
            Self::NaturalDays(_) => 366,
            Self::Minutes(_) => 525_600,
        }
    }

    /// Whether a rule may have this limit: 1 to [`Span::most`].
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        1 <= self.length() && self.length() <= self.most()
    }
}

/// A deadline, with what it was computed from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// The last instant in time.
    pub at: DateTime<Utc>,
    /// Whether a counted day lies in a year without a notice. A later notice may then move the deadline.
    pub provisional: bool,
    /// [`Calendar::version`] of the calendar that computed it.
    pub calendar_version: String,
}

impl Calendar {
    /// The deadline of `span` that starts at `start`.
    ///
    /// Natural days end at the close of their day, as working days do. Cities print a date on the order without an
    /// hour, and units read no replies at night. Natural days and minutes need no notice, so they are never
    /// provisional. A deadline is never before its start: with 0 days after the close it equals the start.
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

    /// The instant of the yellow card: `lead` before `due`. When that lead does not fit between `start` and `due`, it
    /// is half of the limit, to the microsecond.
    ///
    /// Days before the deadline are at the same time of day. A lead of n working days fits when more than n working
    /// days lie after the date of the start, up to the deadline. One working day before needs two. In a limit of
    /// minutes it never fits, because such a limit does not wait for office hours.
    ///
    /// The days are counted back from `due`, independent of `span`. So the result is right for natural days over a
    /// holiday and for a deadline of an upstream platform. The answer lies after `start` and before `due`. It equals
    /// `due` when the deadline had passed at the start.
    #[must_use]
    pub fn warn_at(&self, start: DateTime<Utc>, span: Span, due: &Due, lead: Span) -> DateTime<Utc> {
        if due.at <= start {
            return due.at;
        }
        let before = match lead {
            Span::WorkingDays(_) if matches!(span, Span::Minutes(_)) => None,
            Span::WorkingDays(days) => self.working_days_before(local_date(start), due.at, days),
            Span::NaturalDays(days) => Some(due.at - TimeDelta::days(i64::from(days.min(MAX_DAYS)))),
            Span::Minutes(minutes) => Some(due.at - TimeDelta::minutes(i64::from(minutes))),
        };
        before
            .filter(|warn| *warn > start && *warn < due.at)
            .unwrap_or_else(|| {
                // Cut to whole microseconds, as Postgres stores them. A finer instant would change when it is stored.
                (start + (due.at - start) / 2).trunc_subsecs(6).max(start)
            })
    }

    /// The instant `days` working days before `due`, at the same time of day. `None` when no more than `days` working
    /// days lie after the date of the start.
    fn working_days_before(&self, start: NaiveDate, due: DateTime<Utc>, days: u32) -> Option<DateTime<Utc>> {
        let due_date = local_date(due);
        if self.working_days_between(start, due_date) <= days {
            return None;
        }
        let date = (0..days).fold(due_date, |date, _| self.previous_working_day(date));
        Some(same_time_on(date, due))
    }
}
