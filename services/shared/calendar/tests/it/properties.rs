//! Properties of every day, start and limit, in years with a notice and without.

use std::sync::LazyLock;

use calendar::{Calendar, Span, local_date};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use proptest::prelude::*;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::national);

/// 2022-01-01 to the end of 2027: a year on either side of the notices.
fn dates() -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2022, 1, 1).expect("a date");
    (0_u64..2_191).prop_map(move |days| first + Days::new(days))
}

/// Any microsecond of the same years.
fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    (1_640_995_200_000_000_i64..1_830_297_600_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).expect("an instant"))
}

fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![
        (1_u32..40).prop_map(Span::WorkingDays),
        (1_u32..60).prop_map(Span::NaturalDays),
        (1_u32..100_000).prop_map(Span::Minutes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_lands_on_a_working_day_and_counting_undoes_it(from in dates(), days in 1_u32..60) {
        let (to, provisional) = CALENDAR.add_working_days(from, days);
        prop_assert!(to > from);
        prop_assert!(CALENDAR.is_working(to));
        prop_assert_eq!(CALENDAR.working_days_between(from, to), days);
        // The start's own day does not count for provisional, every later day does.
        let unknown = |day: NaiveDate| {
            let known = |year| CALENDAR.source(year).is_some();
            !known(day.year()) || (day.month() == 12 && day.day() >= 25 && !known(day.year() + 1))
        };
        let relied_on = from.iter_days().skip(1).take_while(|day| *day <= to);
        prop_assert_eq!(provisional, relied_on.into_iter().any(unknown));
    }

    #[test]
    fn adding_is_monotone_and_adds_up(from in dates(), gap in 0_u64..30, a in 1_u32..30, b in 1_u32..30) {
        let add = |date, days| CALENDAR.add_working_days(date, days).0;
        prop_assert!(add(from, a) <= add(from + Days::new(gap), a), "a later start is never due earlier");
        prop_assert!(add(from, a) < add(from, a + b), "a longer limit is due later");
        prop_assert_eq!(add(add(from, a), b), add(from, a + b));
    }

    #[test]
    fn the_previous_working_day_undoes_the_next(date in dates()) {
        let next = CALENDAR.next_working_day(date);
        let back = CALENDAR.previous_working_day(next);
        prop_assert_eq!(back == date, CALENDAR.is_working(date));
        prop_assert!(back <= date);
    }

    #[test]
    fn a_card_lies_between_start_and_deadline(start in instants(), span in spans(), lead in spans()) {
        let due = CALENDAR.due(start, span);
        let warned = CALENDAR.warn_at(start, span, &due, lead);
        prop_assert!(start < warned && warned < due.at, "{start} {warned} {}", due.at);
        prop_assert_eq!(warned.timestamp_subsec_nanos() % 1_000, 0, "whole microseconds");
    }

    #[test]
    fn a_deadline_in_working_days_is_the_close_of_one(start in instants(), days in 1_u32..40) {
        let due = CALENDAR.due(start, Span::WorkingDays(days));
        let date = local_date(due.at);
        prop_assert!(CALENDAR.is_working(date));
        prop_assert_eq!(due.at, CALENDAR.end_of_working_day(date));
        prop_assert_eq!(CALENDAR.working_days_between(local_date(start), date), days);
    }

    #[test]
    fn a_later_start_is_never_due_earlier(a in instants(), b in instants(), span in spans()) {
        let (early, late) = (a.min(b), a.max(b));
        prop_assert!(CALENDAR.due(early, span).at <= CALENDAR.due(late, span).at);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}", at in 0_usize..400) {
        let mut file = include_str!("../../notices.toml").to_owned();
        let at = (0..=at).rev().find(|i| file.is_char_boundary(*i)).unwrap_or(0);
        file.insert_str(at, &text);
        if let Err(error) = Calendar::parse(&file) {
            prop_assert!(error.line >= 1 && !error.key.is_empty() && !error.problem.contains('\n'));
        }
    }
}
