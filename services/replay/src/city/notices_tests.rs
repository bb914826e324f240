//! Tests of `[calendar]` in a city file.

use hotline_proto::Date;
use hotline_proto::routing::DayRange;

use super::{City, XIANGTAN};

fn with_notices(version: &str, notice: &str) -> String {
    format!("{XIANGTAN}\n[calendar]\nversion = \"{version}\"\n\n[[calendar.notice]]\n{notice}")
}

const NOTICE: &str =
    "year = 2027\nsource = \"a notice\"\noff = [\n    \"2027-01-01..2027-01-04\",\n]\nwork = [\"2027-01-09\"]\n";

#[test]
fn notices_of_a_city_go_on_top_of_those_that_are_compiled_in() {
    let day = |text: &str| text.parse().expect("a day");
    assert_eq!(City::parse(XIANGTAN, "city.toml").expect("the city").notices(), None);
    let city = City::parse(&with_notices("cn-2027.1", NOTICE), "city.toml").expect("a notice");
    let (version, notices) = city.notices().expect("there are some");
    assert_eq!(
        (version.as_str(), notices.len(), notices[0].year),
        ("cn-2027.1", 1, 2027)
    );
    let date = |day| Date {
        year: 2027,
        month: 1,
        day,
    };
    let range = |first, last: Option<i32>| DayRange {
        first: Some(date(first)),
        last: last.map(date),
    };
    assert_eq!(
        (notices[0].off.as_slice(), notices[0].work.as_slice()),
        ([range(1, Some(4))].as_slice(), [range(9, None)].as_slice())
    );
    let days = city.working_days();
    assert!(!days.is_working(day("2027-01-04")) && days.is_working(day("2027-01-09")));
    assert!(days.source(2026).is_some());
}

#[test]
fn notices_that_contradict_themselves_are_told_by_line() {
    let first = XIANGTAN.lines().count();
    for (text, line, key, told) in [
        (
            with_notices("cn-2026.1", NOTICE),
            3,
            "calendar.version",
            "write a version after",
        ),
        (with_notices("2027", NOTICE), 3, "calendar.version", "is no version"),
        (
            with_notices("cn-2027.1", &NOTICE.replace("01-09", "01-08")),
            11,
            "calendar.notice[0].work[0]",
            "a Friday",
        ),
        (
            with_notices("cn-2027.1", &NOTICE.replace("2027-01-01", "2026-12-31")),
            9,
            "calendar.notice[0].off[0]",
            "outside",
        ),
        (
            with_notices("cn-2027.1", &format!("{NOTICE}[[calendar.notice]]\n{NOTICE}")),
            13,
            "calendar.notice[1].year",
            "two notices",
        ),
    ] {
        let error = City::parse(&text, "city.toml").expect_err(told);
        assert_eq!(error.faults.len(), 1, "{error}");
        let fault = &error.faults[0];
        assert_eq!((fault.line, fault.key.as_str()), (first + line, key), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
    let none = format!("{XIANGTAN}\n[calendar]\nversion = \"cn-2027.1\"\nnotice = []\n");
    let error = City::parse(&none, "city.toml").expect_err("nothing").to_string();
    assert!(error.contains("calendar.notice: nothing is listed"), "{error}");
}
