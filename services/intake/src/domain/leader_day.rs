//! 领导接听日: days on which leaders take calls (domain.md §3).

use calendar::start_of_day;
use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::Fault;
use super::refusal::Refusal;

/// Maximum leaders of a day.
pub const MAX_LEADERS: usize = 50;

/// A leader day without its roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderDay {
    /// Identity.
    pub id: Uuid,
    /// 1 when announced, 2 when cancelled.
    pub version: u64,
    /// The day (Asia/Shanghai).
    pub day: NaiveDate,
    /// Public notice.
    pub notice: String,
    /// Time of the announcement.
    pub announced_at: DateTime<Utc>,
    /// The cancellation; `None` while it is announced.
    pub cancelled: Option<Cancelled>,
}

/// A cancellation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// Time.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// A leader's turn on the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Name, as the public notice gives it.
    pub name: String,
    /// Post.
    pub post: String,
    /// Code of the unit. Routing owns the units.
    pub unit: Option<String>,
    /// Beginning.
    pub from_at: DateTime<Utc>,
    /// End.
    pub to_at: DateTime<Utc>,
}

impl Turn {
    /// The faults of a turn on a leader day, with the name of the wrong field.
    #[must_use]
    pub fn faults(&self, day: NaiveDate) -> Vec<(&'static str, &'static str)> {
        let (first, end) = (start_of_day(day), start_of_day(day + Days::new(1)));
        let mut faults = Vec::new();
        if !(first..end).contains(&self.from_at) {
            faults.push(("from_time", "must lie in the leader day (Asia/Shanghai)"));
        }
        if self.to_at <= self.from_at {
            faults.push(("to_time", "must be after from_time"));
        } else if self.to_at > end {
            faults.push(("to_time", "must lie in the leader day (Asia/Shanghai)"));
        }
        faults
    }
}

/// The fault of a day that is past.
#[must_use]
pub fn past(day: NaiveDate, today: NaiveDate) -> Option<Fault> {
    (day < today).then(|| Fault::new("day", "must not be in the past: announce today or a later day"))
}

impl LeaderDay {
    /// Announces a day.
    #[must_use]
    pub const fn announce(id: Uuid, day: NaiveDate, notice: String, now: DateTime<Utc>) -> Self {
        Self {
            id,
            version: 1,
            day,
            notice,
            announced_at: now,
            cancelled: None,
        }
    }

    /// Cancels the day. `named` tells whether an appeal names it.
    ///
    /// # Errors
    /// [`Refusal::LeaderDayFixed`] for a cancelled day, and for one that an appeal names.
    pub fn cancel(self, reason: String, named: bool, now: DateTime<Utc>) -> Result<(Self, DateTime<Utc>), Refusal> {
        if self.cancelled.is_some() {
            return Err(Refusal::LeaderDayFixed("cancelled"));
        }
        if named {
            return Err(Refusal::LeaderDayFixed("named"));
        }
        let at = now.max(self.announced_at);
        let cancelled = Self {
            version: self.version + 1,
            cancelled: Some(Cancelled { at, reason }),
            ..self
        };
        Ok((cancelled, at))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 4, 2).expect("a day")
    }

    fn announced() -> LeaderDay {
        LeaderDay::announce(Uuid::nil(), day(), "公告".to_owned(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_turn_lies_in_its_day() {
        let (first, end) = (start_of_day(day()), start_of_day(day()) + TimeDelta::days(1));
        let tick = TimeDelta::microseconds(1);
        for (from_at, to_at, fields) in [
            (first, end, vec![]),
            (first - tick, end, vec!["from_time"]),
            (first, end + tick, vec!["to_time"]),
            (first, first, vec!["to_time"]),
            (end, end + tick, vec!["from_time", "to_time"]),
        ] {
            let turn = Turn {
                name: "赵六".to_owned(),
                post: "副市长".to_owned(),
                unit: None,
                from_at,
                to_at,
            };
            let found: Vec<&str> = turn.faults(day()).into_iter().map(|(field, _)| field).collect();
            assert_eq!(found, fields, "{from_at} to {to_at}");
        }
        assert_eq!(past(day(), day()), None);
        assert!(past(day(), day() + Days::new(1)).is_some());
    }

    #[test]
    fn a_day_is_cancelled_once_and_only_while_no_appeal_names_it() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        let named = announced().cancel("改期".to_owned(), true, now);
        assert_eq!(named, Err(Refusal::LeaderDayFixed("named")));
        let (cancelled, at) = announced().cancel("改期".to_owned(), false, now).expect("announced");
        assert_eq!((cancelled.version, at), (2, now));
        for named in [false, true] {
            let again = cancelled.clone().cancel("改期".to_owned(), named, now);
            assert_eq!(again, Err(Refusal::LeaderDayFixed("cancelled")));
        }
    }
}
