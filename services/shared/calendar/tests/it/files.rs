//! Broken files are refused with line, key and what would be right.

use calendar::{Calendar, Close};

const GOOD: &str = r#"version = "test-1"

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
    assert_eq!(calendar.version(), "test-1");
    assert_eq!(calendar.source(2024), Some("a notice"));
    let empty = Calendar::parse("version = \"weeks\"\nnotice = []").expect("plain weeks");
    assert_eq!(empty.source(2024), None);
}

/// What is found in the good file, its replacement; line and key of the error, words of the problem and of what would
/// be right.
type Break = (
    &'static str,
    &'static str,
    usize,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip] // a table reads line by line
const BREAKS: [Break; 22] = [
    ("test-1", "", 1, "version", "no version", "letters"),
    ("test-1", "a+b", 1, "version", "no version", "letters"),
    ("version =", "versoin =", 1, "versoin", "unknown field", "write version"),
    ("version = \"test-1\"", "", 1, "file", "missing field `version`", "write version"),
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
    assert_eq!(calendar.version(), "cn-2026.1+17:30");
    assert_eq!(calendar.close(), half_past_five);
    assert_eq!(
        Calendar::national().of_version("cn-2026.1+17:30"),
        Some(calendar.clone())
    );
    assert_eq!(calendar.of_version("cn-2026.1"), Some(Calendar::national()));
    for unknown in ["cn-2025.1", "cn-2026.10", "cn-2026.1+", "cn-2026.1+6pm", ""] {
        assert_eq!(calendar.of_version(unknown), None, "{unknown}");
    }
    assert_eq!(calendar.with_close(Close::default()), Calendar::national());
}
