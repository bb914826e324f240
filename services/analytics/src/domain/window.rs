//! A window of days, Asia/Shanghai.

use chrono::{Days, Months, NaiveDate};

use super::contribution::Span;

/// From the first day to the last, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First day.
    pub from: NaiveDate,
    /// Last day, not before the first.
    pub to: NaiveDate,
}

/// Roll-ups of one span, from one first day to another, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// How many days each of them covers.
    pub span: Span,
    /// First day of the first one.
    pub from: NaiveDate,
    /// First day of the last one.
    pub to: NaiveDate,
}

impl Window {
    /// The roll-ups that make up the window: its whole months, and the days before and after them. However long the
    /// window, at most 60 of them are days.
    #[must_use]
    pub fn stretches(self) -> Vec<Stretch> {
        let (first, last) = (next_month(self.from, false), Span::Month.first(self.to + Days::new(1)));
        if first >= last {
            return days(self.from, self.to).into_iter().collect();
        }
        let months = Stretch {
            span: Span::Month,
            from: first,
            to: last - Months::new(1),
        };
        let before = days(self.from, first - Days::new(1));
        let after = days(last, self.to);
        before.into_iter().chain([months]).chain(after).collect()
    }

    /// The window cut into the parts that lie in one month each.
    pub fn months(self) -> impl Iterator<Item = Self> {
        let firsts = std::iter::successors(Some(self.from), move |from| {
            Some(next_month(*from, true)).filter(|next| *next <= self.to)
        });
        firsts.map(move |from| Self {
            from,
            to: self.to.min(next_month(from, true) - Days::new(1)),
        })
    }
}

/// The days from one to another; none when there is no such day.
fn days(from: NaiveDate, to: NaiveDate) -> Option<Stretch> {
    let span = Span::Day;
    (from <= to).then_some(Stretch { span, from, to })
}

/// The first day of a month on or after this day; after its month, when `later`.
fn next_month(day: NaiveDate, later: bool) -> NaiveDate {
    let first = Span::Month.first(day);
    if first == day && !later {
        first
    } else {
        first + Months::new(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, month, day).expect("a day")
    }

    fn shown(stretches: &[Stretch]) -> Vec<String> {
        let show = |one: &Stretch| {
            format!(
                "{} {}..{}",
                one.span.name(),
                one.from.format("%m-%d"),
                one.to.format("%m-%d")
            )
        };
        stretches.iter().map(show).collect()
    }

    #[test]
    fn a_window_is_its_whole_months_and_the_days_around_them() {
        for (from, to, expected) in [
            (day(1, 1), day(6, 30), &["month 01-01..06-01"][..]),
            (day(4, 1), day(4, 30), &["month 04-01..04-01"]),
            (day(4, 1), day(4, 29), &["day 04-01..04-29"]),
            (day(4, 2), day(5, 30), &["day 04-02..05-30"]),
            (day(1, 31), day(2, 29), &["day 01-31..01-31", "month 02-01..02-01"]),
            (
                day(1, 15),
                day(4, 3),
                &["day 01-15..01-31", "month 02-01..03-01", "day 04-01..04-03"],
            ),
            (day(12, 1), day(12, 31), &["month 12-01..12-01"]),
            (day(4, 2), day(4, 2), &["day 04-02..04-02"]),
        ] {
            assert_eq!(shown(&Window { from, to }.stretches()), expected, "{from} to {to}");
        }
    }

    #[test]
    fn every_day_of_a_window_is_in_one_stretch() {
        for length in 0..100 {
            for offset in 0..70 {
                let from = day(1, 1) + Days::new(offset);
                let window = Window {
                    from,
                    to: from + Days::new(length),
                };
                let days = |one: &Stretch| match one.span {
                    Span::Day => (one.to - one.from).num_days() + 1,
                    Span::Month => (next_month(one.to, true) - one.from).num_days(),
                };
                let total: i64 = window.stretches().iter().map(days).sum();
                assert_eq!(total, i64::try_from(length).expect("small") + 1, "{window:?}");
            }
        }
    }

    #[test]
    fn the_months_of_a_window_cover_it() {
        let months: Vec<_> = Window {
            from: day(1, 15),
            to: day(3, 2),
        }
        .months()
        .map(|month| (month.from, month.to))
        .collect();
        assert_eq!(
            months,
            [
                (day(1, 15), day(1, 31)),
                (day(2, 1), day(2, 29)),
                (day(3, 1), day(3, 2))
            ]
        );
    }
}
