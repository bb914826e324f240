//! Broken files are refused with the line, the key and what would be right.

use calendar::{Calendar, Close, Notice, Place};

const GOOD: &str = r#"version = "test-2024.1"

[[notice]]
year = 2024
source = "a notice"
off = ["2024-01-01", "2024-02-10..2024-02-17"]
work = [
    "2024-02-04",
    "2024-02-18",
]
"#;

#[test]
fn a_good_file_is_read() {
    let calendar = Calendar::parse(GOOD).expect("nothing is wrong with it");
    assert_eq!(calendar.version(), "test-2024.1");
    assert_eq!(calendar.source(2024), Some("a notice"));
    let empty = Calendar::parse("version = \"weeks-2024.1\"\nnotice = []").expect("plain weeks");
    assert_eq!(empty.source(2024), None);
}

/// Text in the good file and its replacement; line and key of the error; words of the problem and of what would be
/// right.
type Break = (
    &'static str,
    &'static str,
    usize,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip] // a table reads line by line
const BREAKS: [Break; 26] = [
    ("test-2024.1", "", 1, "version", "no version", "letters"),
    ("test-2024.1", "a+b", 1, "version", "no version", "letters"),
    ("test-2024.1", "test-2024", 1, "version", "no version", "letters"),
    ("test-2024.1", "test-2024.1+17:30", 1, "version", "no version", "letters"),
    ("test-2024.1", "2024.1", 1, "version", "no version", "letters"),
    ("test-2024.1", "a-very-long-name-of-a-version-2024.1", 1, "version", "no version", "letters"),
    ("version =", "versoin =", 1, "versoin", "unknown field", "write version"),
    ("version = \"test-2024.1\"", "", 1, "file", "missing field `version`", "write version"),
    ("[[notice]]", "[[notcie]]", 3, "[[notcie]]", "unknown field", "[[notice]]"),
    ("2024\n", "\"2024\"\n", 4, "year", "invalid type", "write version"),
    ("2024\n", "3024\n", 4, "notice.3024.year", "no year of", "2000 to 2100"),
    ("a notice", " ", 5, "notice.2024.source", "nothing", "title and number"),
    ("a notice\"", "a notice", 5, "source", "string", "source = "),
    ("off = ", "of = ", 6, "of", "unknown field", "off = "),
    ("off = [\"", "off = [\"x", 6, "notice.2024.off", "\"x2024-01-01\" is no day", "2026-01-04"),
    ("2024-01-01", "2024-1-1", 6, "notice.2024.off", "no day", "2026-01-04"),
    ("2024-01-01", "2024-02-30", 6, "notice.2024.off", "no day", "2026-01-04"),
    ("2024-01-01", "2023-12-31", 6, "notice.2024.off", "outside of 2024", "own year"),
    ("2024-01-01", "2024-12-30..2025-01-01", 6, "notice.2024.off", "2025-01-01 lies", "own year"),
    ("2024-01-01", "2024-01-02..2024-01-01", 6, "notice.2024.off", "before", "earlier day first"),
    ("2024-01-01", "2024-02-17", 6, "notice.2024.off", "twice", "once"),
    ("2024-02-18", "2024-02-17", 9, "notice.2024.work", "a day off as well", "not in both"),
    ("2024-02-18", "2024-02-19", 9, "notice.2024.work", "Monday", "Saturdays and Sundays"),
    ("2024-02-18", "2024-02-04", 9, "notice.2024.work", "twice", "once"),
    ("2024-02-18", "2025-02-08", 9, "notice.2024.work", "outside of 2024", "own year"),
    (",\n]\n", "]\n[[notice]]\nyear = 2024\nsource = \"s\"\noff = []\nwork = []\n", 11, "notice.2024.year", "two notices", "merge"),
];

#[test]
fn a_broken_file_names_line_key_and_what_would_be_right() {
    for (found, replacement, line, key, problem, right) in BREAKS {
        let text = GOOD.replacen(found, replacement, 1);
        assert_ne!(text, GOOD, "{found} is in the good file");
        let error = Calendar::parse(&text).expect_err(replacement);
        assert_eq!((error.line, error.key.as_str()), (line, key), "{error}");
        assert!(error.problem.contains(problem), "{error}");
        assert!(error.right.contains(right), "{error}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_its_place() {
    let notice = |year: i32, off: &[&str], work: &[&str]| Notice {
        year,
        source: "a notice".to_owned(),
        off: off.iter().map(|day| (*day).to_owned()).collect(),
        work: work.iter().map(|day| (*day).to_owned()).collect(),
    };
    let mut unnamed = notice(2026, &[], &[]);
    unnamed.source = "a\u{7}".to_owned();
    let wrong = vec![
        notice(
            2024,
            &["2024-01-01", "2024-01-01"],
            &["2024-01-01", "2024-02-19", "2024-02-18"],
        ),
        notice(2025, &["2024-01-01"], &["x"]),
        notice(2024, &[], &[]),
        notice(1949, &["2024-01-01"], &[]),
        unnamed,
        notice(2027, &["2027-01-01"; 367], &[]),
    ];
    let faults = Calendar::of_notices("1", wrong).expect_err("nearly every field is wrong");
    let mut places: Vec<String> = faults.iter().map(|fault| fault.place.path("notices")).collect();
    assert_eq!(places.split_off(9)[..2], ["notices[5].off[366]", "notices[5].off[1]"]);
    assert_eq!(
        places,
        [
            "version",
            "notices[0].off[1]",
            "notices[0].work[0]",
            "notices[0].work[1]",
            "notices[1].off[0]",
            "notices[1].work[0]",
            "notices[2].year",
            "notices[3].year",
            "notices[4].source",
        ]
    );
    let many = (0..102).map(|n| notice(2000 + n, &[], &[])).collect();
    let faults = Calendar::of_notices("many-2000.1", many).expect_err("more notices than years");
    assert_eq!(faults[0].place, Place::Notices);
}

#[test]
fn notices_go_on_top_of_those_that_are_known() {
    let national = Calendar::national();
    let known = include_str!("../../notices.toml");
    assert_eq!(national.amended_by(known), Ok(national.clone()), "the same once more");
    let older = known
        .replace("cn-2026.2", "cn-2026.1")
        .replace("\"2026-01-01..2026-01-03\"", "\"2026-01-01\", \"2026-01-02\"");
    assert_eq!(
        national.amended_by(&older),
        Ok(national.clone()),
        "the same days: a Saturday is off anyway"
    );
    let only = GOOD.replace("test-2024.1", "cn-2026.3");
    let amended = national.amended_by(&only).expect("newer");
    assert_eq!((amended.version(), amended.edition()), ("cn-2026.3", (2026, 3)));
    assert_eq!(amended.source(2024), Some("a notice"), "named again");
    assert_eq!(amended.source(2026), national.source(2026), "not named, kept");
    for version in ["cn-2026.2", "cn-2026.1", "xt-2026.2", "cn-2025.9"] {
        let error = national
            .amended_by(&GOOD.replace("test-2024.1", version))
            .expect_err(version);
        assert_eq!((error.line, error.key.as_str()), (1, "version"));
        assert_eq!(
            error.problem,
            format!("{version} has other days than cn-2026.2, and is not newer")
        );
        assert!(error.right.contains("after cn-2026.2"), "{error}");
    }
    let close = "17:30".parse().expect("a time of day");
    let amended = national.with_close(close).amended_by(&only).expect("newer");
    assert_eq!((amended.version(), amended.close()), ("cn-2026.3+17:30", close));
}

#[test]
fn an_error_reads_as_a_sentence() {
    let text = GOOD.replace("2024-02-18", "2024-02-19");
    let error = Calendar::parse(&text).expect_err("a Monday");
    assert_eq!(
        error.to_string(),
        "line 9, notice.2024.work: 2024-02-19 is a Monday, a working day already; name only Saturdays and Sundays"
    );
}

#[test]
fn a_close_is_a_time_of_day_and_part_of_the_version() {
    let half_past_five: Close = "17:30".parse().expect("a time of day");
    assert_eq!(Close::new(17, 30), Ok(half_past_five));
    for wrong in ["24:00", "18:60", "18", "", "6pm"] {
        let error = wrong.parse::<Close>().expect_err(wrong);
        assert!(error.to_string().contains("\"23:59\""), "{error}");
    }
    assert!(Close::new(24, 0).is_err());

    let calendar = Calendar::national().with_close(half_past_five);
    assert_eq!(calendar.version(), "cn-2026.2+17:30");
    assert_eq!(calendar.close(), half_past_five);
    assert_eq!(
        Calendar::national().of_version("cn-2026.2+17:30"),
        Some(calendar.clone())
    );
    assert_eq!(calendar.of_version("cn-2026.2"), Some(Calendar::national()));
    for unknown in ["cn-2025.1", "cn-2026.20", "cn-2026.2+", "cn-2026.2+6pm", ""] {
        assert_eq!(calendar.of_version(unknown), None, "{unknown}");
    }
    assert_eq!(calendar.with_close(Close::default()), Calendar::national());
}
