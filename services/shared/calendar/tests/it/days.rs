//! Working days and their number: the vectors of domain.md §5.

use calendar::{Calendar, local_date, start_of_day};
use chrono::{Datelike, NaiveDate, Weekday};

use crate::{date, wall};

#[test]
fn counts_the_vectors_of_the_rule() {
    let calendar = Calendar::national();
    for (from, days, to) in [
        ("2024-02-03", 1, "2024-02-04"), // a make-up Sunday
        ("2024-02-08", 1, "2024-02-09"), // New Year's Eve is a working day
        ("2024-02-08", 3, "2024-02-19"), // over the Spring Festival, and the make-up Sunday behind it
        ("2024-02-08", 5, "2024-02-21"),
        ("2024-04-03", 1, "2024-04-07"),
        ("2024-04-30", 5, "2024-05-10"),
        ("2024-04-30", 10, "2024-05-16"),
        ("2024-04-30", 0, "2024-04-30"),
        ("2024-12-31", 1, "2025-01-02"), // into the next notice
    ] {
        let expected = (date(to), false);
        assert_eq!(calendar.add_working_days(date(from), days), expected, "{from} + {days}");
        let between = calendar.working_days_between(date(from), date(to));
        assert_eq!(between, days, "{from} to {to}");
    }
}

#[test]
fn counts_the_working_days_of_each_notice() {
    let calendar = Calendar::national();
    let first_half = calendar.working_days_between(date("2023-12-31"), date("2024-06-30"));
    assert_eq!(first_half, 123, "domain.md §5");
    // Weekdays of the year, less the days off, plus the make-up workdays.
    for (year, days, make_up) in [(2023, 249, 7), (2024, 251, 8), (2025, 248, 5), (2026, 248, 6)] {
        let eve = date(&format!("{}-12-31", year - 1));
        let end = date(&format!("{year}-12-31"));
        assert_eq!(calendar.working_days_between(eve, end), days, "{year}");
        let weekends = eve.iter_days().skip(1).take_while(|d| *d <= end);
        let worked = weekends.filter(|d| is_weekend(*d) && calendar.is_working(*d));
        assert_eq!(worked.count(), make_up, "{year}");
        let source = calendar.source(year).expect("the year has a notice");
        assert!(source.contains(&year.to_string()), "{source}");
    }
    assert_eq!(calendar.version(), "cn-2026.2");
}

#[test]
fn make_up_days_decide_many_deadlines() {
    // The remark of domain.md §5: without make-up workdays 22 % of the half-year's 5-day deadlines and 38.5 % of the
    // 10-day ones are wrong. Counted over its 182 days.
    let calendar = Calendar::national();
    let naive = without_make_up_days();
    let days: Vec<NaiveDate> = date("2024-01-01").iter_days().take(182).collect();
    assert_eq!(days.last(), Some(&date("2024-06-30")));
    let wrong = |n| {
        let differs = |d: &&NaiveDate| calendar.add_working_days(**d, n).0 != naive.add_working_days(**d, n).0;
        days.iter().filter(differs).count()
    };
    assert_eq!((wrong(5), wrong(10)), (40, 70), "22.0 % and 38.5 % of 182");
}

#[test]
fn a_year_without_a_notice_has_the_days_of_the_law_and_is_provisional() {
    let calendar = Calendar::national();
    assert_eq!(calendar.source(2027), None);
    assert!(!calendar.is_working(date("2027-01-01")), "a Friday");
    let first_of_2027 = calendar.add_working_days(date("2026-12-31"), 1);
    assert_eq!(first_of_2027, (date("2027-01-04"), true));
    // The start's own day does not count for provisional: a Saturday, then into 2023.
    let into_2023 = calendar.add_working_days(date("2022-12-31"), 1);
    assert_eq!(into_2023, (date("2023-01-03"), false));
}

#[test]
fn next_and_previous_never_answer_the_day_itself() {
    let calendar = Calendar::national();
    assert_eq!(calendar.next_working_day(date("2024-04-03")), date("2024-04-07"));
    assert_eq!(calendar.previous_working_day(date("2024-04-07")), date("2024-04-03"));
    assert_eq!(calendar.working_days_between(date("2024-04-07"), date("2024-04-03")), 0);
}

#[test]
fn days_begin_at_midnight_in_the_city() {
    assert_eq!(local_date(wall("2024-02-03 00:00")), date("2024-02-03"));
    assert_eq!(local_date(wall("2024-02-02 23:59")), date("2024-02-02"));
    assert_eq!(start_of_day(date("2024-02-03")), wall("2024-02-03 00:00"));
    // Summer time, and a midnight of 1940 that did not exist: no date may fail.
    for day in date("1900-12-01").iter_days().take(40_000) {
        assert_eq!(local_date(start_of_day(day)), day);
    }
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The compiled-in file without its make-up workdays.
fn without_make_up_days() -> Calendar {
    let mut text = include_str!("../../notices.toml").to_owned();
    let mut from = 0;
    while let Some(at) = text[from..].find("work = [") {
        let start = from + at + "work = [".len();
        let end = start + text[start..].find(']').expect("the array ends");
        text.replace_range(start..end, "");
        from = start;
    }
    Calendar::parse(&text).expect("still a calendar")
}
