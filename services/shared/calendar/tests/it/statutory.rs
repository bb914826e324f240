//! The days off of a year without a notice. Each festival is computed independently of the table in the code.

use calendar::{Calendar, Notice};
use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use crate::date;

/// The months of the Chinese calendar from 2000 to 2050, from astronomical tables of other programs. The last
/// hexadecimal digit is the leap month. The three digits before it have a bit for each month of 30 days. The first
/// digit tells whether the leap month has 30 days.
const MONTHS: [u32; 51] = [
    0x0c960, 0x0d954, 0x0d4a0, 0x0da50, 0x07552, 0x056a0, 0x0abb7, 0x025d0, 0x092d0, 0x0cab5, 0x0a950, 0x0b4a0,
    0x0baa4, 0x0ad50, 0x055d9, 0x04ba0, 0x0a5b0, 0x15176, 0x052b0, 0x0a930, 0x07954, 0x06aa0, 0x0ad50, 0x05b52,
    0x04b60, 0x0a6e6, 0x0a4e0, 0x0d260, 0x0ea65, 0x0d530, 0x05aa0, 0x076a3, 0x096d0, 0x04afb, 0x04ad0, 0x0a4d0,
    0x1d0b6, 0x0d250, 0x0d520, 0x0dd45, 0x0b5a0, 0x056d0, 0x055b2, 0x049b0, 0x0a577, 0x0a4b0, 0x0aa50, 0x1b255,
    0x06d20, 0x0ada0, 0x14b63,
];

/// A calendar without notices.
fn by_law() -> Calendar {
    Calendar::of_notices("none-2000.1", Vec::new()).expect("no notices have no fault")
}

fn long(info: u32, month: u32) -> u64 {
    29 + u64::from(info >> (16 - month) & 1)
}

/// Days before a month of the Chinese year, with its leap month.
fn before(info: u32, month: u32) -> u64 {
    let leap = info & 15;
    let leap_days = if leap > 0 && leap < month {
        29 + u64::from(info >> 16 & 1)
    } else {
        0
    };
    (1..month).map(|month| long(info, month)).sum::<u64>() + leap_days
}

/// The lunar days of the law and Qingming, computed from month lengths and a formula.
fn computed(year: i32, first: NaiveDate, info: u32) -> Vec<NaiveDate> {
    let newer = year >= 2025;
    let mut days: Vec<NaiveDate> = (0..3).map(|after| first + Days::new(after)).collect();
    days.extend(newer.then(|| first - Days::new(1)));
    days.push(first + Days::new(before(info, 5) + 4));
    days.push(first + Days::new(before(info, 8) + 14));
    // 清明: the formula of the century, [Y × 0.2422 + 4.81] − [Y / 4].
    let of_century = u32::try_from(year - 2000).expect("this century");
    let qingming = (of_century * 2_422 + 48_100) / 10_000 - of_century / 4;
    days.extend(NaiveDate::from_ymd_opt(year, 4, qingming));
    days
}

#[test]
fn every_row_of_the_table_is_what_others_compute() {
    let calendar = by_law();
    let mut first = date("2000-02-05");
    for (year, info) in (2000..).zip(MONTHS) {
        let mut off = computed(year, first, info);
        let fixed = ["01-01", "05-01", "10-01", "10-02", "10-03"];
        off.extend(fixed.map(|day| date(&format!("{year}-{day}"))));
        off.extend((year >= 2025).then(|| date(&format!("{year}-05-02"))));
        for day in date(&format!("{year}-01-01"))
            .iter_days()
            .take_while(|day| day.year() == year)
        {
            let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
            assert_eq!(calendar.is_working(day), !weekend && !off.contains(&day), "{day}");
            assert!(calendar.is_provisional(day), "{day}");
        }
        first = first + Days::new(before(info, 13));
    }
    assert_eq!(
        first,
        date("2051-02-11"),
        "the next year begins on the astronomical date"
    );
}

#[test]
fn the_days_of_the_law_are_off_in_every_notice() {
    // The State Council's notices: each day of the law is a day off, or a weekend without work.
    let (national, law) = (Calendar::national(), by_law());
    for day in date("2023-01-01").iter_days().take_while(|day| day.year() <= 2026) {
        let weekday = !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        assert!(!(weekday && national.is_working(day) && !law.is_working(day)), "{day}");
    }
}

#[test]
fn a_year_beyond_the_table_has_the_days_of_the_solar_calendar() {
    let calendar = by_law();
    for (day, working) in [
        ("2051-02-13", true), // 春节 would be about here
        ("2051-05-01", false),
        ("2051-10-02", false),
        ("1999-10-01", false),
        ("1999-05-03", true),
        ("2024-05-02", true), // the older law
        ("2024-02-09", true),
        ("2025-05-02", false),
        ("2025-01-28", false),
    ] {
        assert_eq!(calendar.is_working(date(day)), working, "{day}");
    }
}

#[test]
fn next_years_days_are_off_and_provisional() {
    let calendar = Calendar::national();
    let nine = calendar.add_working_days(date("2026-12-21"), 9);
    assert_eq!(nine, (date("2027-01-04"), true));
    for (from, days, to, provisional) in [
        ("2026-12-21", 3, "2026-12-24", false),
        ("2026-12-21", 4, "2026-12-25", true), // a notice of 2027 may move it
        ("2026-12-30", 1, "2026-12-31", true),
        ("2025-12-24", 5, "2025-12-31", false), // 2026 has its notice
        ("2027-02-03", 1, "2027-02-04", true),
        ("2027-02-04", 1, "2027-02-09", true), // New Year's Eve is a Friday
        ("2027-04-02", 1, "2027-04-06", true),
        ("2027-06-08", 1, "2027-06-10", true),
        ("2027-09-14", 1, "2027-09-16", true),
        ("2027-09-30", 1, "2027-10-04", true),
    ] {
        let found = calendar.add_working_days(date(from), days);
        assert_eq!(found, (date(to), provisional), "{from} + {days}");
    }
}

#[test]
fn a_notice_settles_its_year_and_the_december_before() {
    let notice = Notice {
        year: 2027,
        source: "国务院办公厅关于2027年部分节假日安排的通知".to_owned(),
        off: vec!["2027-01-01..2027-01-03".to_owned(), "2027-02-05..2027-02-12".to_owned()],
        work: vec!["2027-01-30".to_owned(), "2027-02-14".to_owned()],
    };
    let calendar = Calendar::national().amended("cn-2027.1", vec![notice]).expect("newer");
    assert_eq!(
        calendar.add_working_days(date("2026-12-21"), 9),
        (date("2027-01-04"), false)
    );
    assert!(calendar.is_working(date("2027-01-30")) && !calendar.is_working(date("2027-02-12")));
    assert!(
        calendar.is_working(date("2027-04-05")),
        "the notice replaces the law in its year"
    );
    assert_eq!(calendar.version(), "cn-2027.1");
    assert!(calendar.source(2026).is_some(), "other years are kept");
    let (_, provisional) = calendar.add_working_days(date("2027-12-24"), 1);
    assert!(provisional, "2028 has no notice yet");
}
