//! Deadlines and yellow cards as instants.

use calendar::{Calendar, Close, Due, MAX_DAYS, Span};
use chrono::TimeDelta;

use crate::wall;

/// The usual lead of cities.
const LEAD: Span = Span::WorkingDays(1);

/// Start, limit, deadline, yellow card one working day before.
type Limit = (&'static str, Span, &'static str, &'static str);

#[rustfmt::skip] // a table reads line by line
const LIMITS: [Limit; 14] = [
    // Working days: the hour of the start does not matter, only its local date.
    ("2024-04-30 09:00", Span::WorkingDays(5), "2024-05-10 18:00", "2024-05-09 18:00"),
    ("2024-04-30 23:59", Span::WorkingDays(5), "2024-05-10 18:00", "2024-05-09 18:00"),
    ("2024-05-10 00:00", Span::WorkingDays(5), "2024-05-16 18:00", "2024-05-15 18:00"),
    // T - 1 working day skips the holiday: 04-07 is a make-up Sunday.
    ("2024-04-03 10:00", Span::WorkingDays(2), "2024-04-08 18:00", "2024-04-07 18:00"),
    ("2024-04-02 10:00", Span::WorkingDays(2), "2024-04-07 18:00", "2024-04-03 18:00"),
    // Under 2 working days: half of the limit.
    ("2024-04-01 10:00", Span::WorkingDays(1), "2024-04-02 18:00", "2024-04-02 02:00"),
    // Natural days: the close of the day, working day or not. Over a holiday T - 1 does not fit, so the card is at
    // half.
    ("2024-03-29 10:00", Span::NaturalDays(7), "2024-04-05 18:00", "2024-04-03 18:00"),
    ("2024-04-04 18:00", Span::NaturalDays(2), "2024-04-06 18:00", "2024-04-05 18:00"),
    // Minutes: exact, at night and on holidays, with the card at half.
    ("2024-02-10 23:50", Span::Minutes(30), "2024-02-11 00:20", "2024-02-11 00:05"),
    ("2024-02-09 12:00", Span::Minutes(24 * 60), "2024-02-10 12:00", "2024-02-10 00:00"),
    ("2024-04-01 09:00", Span::Minutes(10 * 24 * 60), "2024-04-11 09:00", "2024-04-06 09:00"),
    // Zero days: never before the start.
    ("2024-04-01 17:00", Span::WorkingDays(0), "2024-04-01 18:00", "2024-04-01 17:30"),
    ("2024-04-01 19:00", Span::WorkingDays(0), "2024-04-01 19:00", "2024-04-01 19:00"),
    ("2024-04-01 19:00", Span::Minutes(0), "2024-04-01 19:00", "2024-04-01 19:00"),
];

#[test]
fn a_limit_falls_at_the_close_of_its_day() {
    let calendar = Calendar::national();
    for (start, span, due, warn) in LIMITS {
        let expected = Due {
            at: wall(due),
            provisional: false,
            calendar_version: "cn-2026.2".to_owned(),
        };
        let found = calendar.due(wall(start), span);
        assert_eq!(found, expected, "{start} {span:?}");
        let warned = calendar.warn_at(wall(start), span, &found, LEAD);
        assert_eq!(warned, wall(warn), "{start} {span:?}");
    }
}

#[test]
fn another_close_moves_deadline_and_card() {
    let close = Close::new(17, 30).expect("a time of day");
    let calendar = Calendar::national().with_close(close);
    let start = wall("2024-04-30 09:00");
    let due = calendar.due(start, Span::WorkingDays(5));
    assert_eq!(due.at, wall("2024-05-10 17:30"));
    assert_eq!(due.calendar_version, "cn-2026.2+17:30");
    let warned = calendar.warn_at(start, Span::WorkingDays(5), &due, LEAD);
    assert_eq!(warned, wall("2024-05-09 17:30"));
}

#[test]
fn only_counted_days_make_a_deadline_provisional() {
    let calendar = Calendar::national();
    let start = wall("2026-12-23 10:00");
    assert!(!calendar.due(start, Span::WorkingDays(1)).provisional);
    assert!(calendar.due(start, Span::WorkingDays(2)).provisional, "25 December");
    assert!(!calendar.due(start, Span::NaturalDays(30)).provisional);
    assert!(!calendar.due(start, Span::Minutes(60 * 24 * 30)).provisional);
}

#[test]
fn a_deadline_set_upstream_is_warned_of_by_its_own_hour() {
    let calendar = Calendar::national();
    let start = wall("2024-04-01 17:00");
    let upstream = |at| Due {
        at: wall(at),
        provisional: false,
        calendar_version: "cn-2026.2".to_owned(),
    };
    for (at, warn) in [
        ("2024-04-03 09:00", "2024-04-02 09:00"), // two working days, T - 1 at the same hour
        ("2024-04-02 09:00", "2024-04-02 01:00"), // under two: half
        ("2024-03-29 09:00", "2024-03-29 09:00"), // had passed at the start
    ] {
        let warned = calendar.warn_at(start, Span::WorkingDays(5), &upstream(at), LEAD);
        assert_eq!(warned, wall(warn), "{at}");
    }
}

/// Start on Tuesday 2024-04-02 10:00: limit, lead, yellow card. 04-04 to 04-06 are off, 04-07 is a make-up Sunday.
#[rustfmt::skip] // a table reads line by line
const LEADS: [(Span, Span, &str); 12] = [
    (Span::WorkingDays(4), Span::WorkingDays(3), "2024-04-03 18:00"),
    (Span::WorkingDays(4), Span::WorkingDays(4), "2024-04-06 02:00"),
    // Due on a day off: one working day before lies after the start, and there are no two.
    (Span::NaturalDays(2), Span::WorkingDays(1), "2024-04-03 14:00"),
    (Span::NaturalDays(4), Span::NaturalDays(2), "2024-04-04 18:00"),
    (Span::NaturalDays(4), Span::NaturalDays(5), "2024-04-04 14:00"),
    (Span::Minutes(60), Span::Minutes(20), "2024-04-02 10:40"),
    (Span::Minutes(60), Span::Minutes(60), "2024-04-02 10:30"),
    (Span::Minutes(2880), Span::NaturalDays(1), "2024-04-03 10:00"),
    (Span::Minutes(4320), Span::WorkingDays(1), "2024-04-03 22:00"),
    (Span::WorkingDays(1), Span::Minutes(90), "2024-04-03 16:30"),
    (Span::WorkingDays(1), Span::Minutes(0), "2024-04-03 02:00"),
    (Span::WorkingDays(1), Span::NaturalDays(u32::MAX), "2024-04-03 02:00"),
];

#[test]
fn a_lead_that_does_not_fit_becomes_half_of_the_limit() {
    let calendar = Calendar::national();
    let start = wall("2024-04-02 10:00");
    for (span, lead, warn) in LEADS {
        let due = calendar.due(start, span);
        assert_eq!(
            calendar.warn_at(start, span, &due, lead),
            wall(warn),
            "{span:?} {lead:?}"
        );
    }
}

#[test]
fn half_a_limit_is_cut_to_whole_microseconds() {
    let calendar = Calendar::national();
    let start = wall("2024-04-01 10:00") + TimeDelta::microseconds(1);
    let due = calendar.due(start, Span::WorkingDays(1));
    let warned = calendar.warn_at(start, Span::WorkingDays(1), &due, LEAD);
    assert_eq!(warned, wall("2024-04-02 02:00"), "half a microsecond is cut off");
}

#[test]
fn a_slip_in_a_rule_table_is_bounded() {
    let calendar = Calendar::national();
    let start = wall("2024-04-01 10:00");
    let most = calendar.due(start, Span::WorkingDays(MAX_DAYS));
    assert_eq!(calendar.due(start, Span::WorkingDays(u32::MAX)), most);
    let most = calendar.due(start, Span::NaturalDays(MAX_DAYS));
    assert_eq!(calendar.due(start, Span::NaturalDays(u32::MAX)), most);
    for most in [Span::WorkingDays(250), Span::NaturalDays(366), Span::Minutes(525_600)] {
        assert!(most.is_allowed() && most.length() == most.most(), "{most:?}");
    }
    for slip in [
        Span::WorkingDays(0),
        Span::WorkingDays(251),
        Span::NaturalDays(MAX_DAYS + 1),
        Span::Minutes(u32::MAX),
    ] {
        assert!(!slip.is_allowed(), "{slip:?}");
    }
}

#[test]
fn spans_are_read_from_rule_tables() {
    #[derive(serde::Deserialize)]
    struct Row {
        sign: Span,
        handle: Span,
        close: Close,
    }
    let text = "sign = { minutes = 30 }\nhandle = { working_days = 5 }\nclose = \"18:00\"";
    let row: Row = toml::from_str(text).expect("a rule row");
    assert_eq!((row.sign, row.handle), (Span::Minutes(30), Span::WorkingDays(5)));
    assert_eq!(row.close, Close::default());
}
