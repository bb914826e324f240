//! Accepted fields, and the violations of the others.

use super::*;

#[test]
fn a_text_that_shows_nothing_is_empty() {
    for text in [
        "\u{200B}",
        "\u{2060}\u{200D}",
        "\u{3164}",
        "\u{2800} ",
        " \u{3000}\t",
        "\u{FE0F}",
    ] {
        let mut fields = Fields::new();
        assert_eq!(fields.text("title", text, 1..=10), None, "{text:?}");
        let told = fields.finish().expect_err("it is empty").violations;
        assert!(told[0].description.starts_with("must not be empty"), "{told:?}");
    }
    let mut fields = Fields::new();
    let family = "👨\u{200D}👩";
    assert_eq!(fields.text("title", family, 1..=10).as_deref(), Some(family));
}

#[test]
fn a_text_is_kept_without_what_programs_put_around_it() {
    for (sent, text, line) in [
        ("小区停水\n", "小区停水", "小区停水"),
        ("\u{FEFF}小区停水", "小区停水", "小区停水"),
        (
            " \u{3000}\u{A0}\u{FEFF}小区\u{FEFF}停水\u{200B}\t\r\n",
            "小区停水",
            "小区停水",
        ),
        (
            "停水\u{B}停电\u{C}停气\u{85}停网",
            "停水\n停电\n停气\n停网",
            "停水 停电 停气 停网",
        ),
        ("停水\u{2028}停电\u{2029}停气", "停水\n停电\n停气", "停水 停电 停气"),
        (
            "停水\r\n\r\n停电\r停气\n\r停网",
            "停水\n\n停电\n停气\n\n停网",
            "停水 停电 停气 停网",
        ),
        ("车站路\t1号", "车站路 1号", "车站路 1号"),
        ("\u{202D}13812345678\u{202C}", "13812345678", "13812345678"),
        ("\u{200F}\u{2067}شەھەر\u{2069}\u{61C}", "شەھەر", "شەھەر"),
        (
            "👨\u{200D}👩 ❤\u{FE0F}",
            "👨\u{200D}👩 ❤\u{FE0F}",
            "👨\u{200D}👩 ❤\u{FE0F}",
        ),
        ("𠮷野家  第 二 行", "𠮷野家  第 二 行", "𠮷野家  第 二 行"),
    ] {
        let mut fields = Fields::new();
        assert_eq!(fields.text("text", sent, 1..=20).as_deref(), Some(text), "{sent:?}");
        assert_eq!(fields.line("line", sent, 1..=20).as_deref(), Some(line), "{sent:?}");
        assert_eq!(
            fields.optional_text("text", sent, 20).as_deref(),
            Some(text),
            "{sent:?}"
        );
        assert_eq!(
            fields.optional_line("line", sent, 20).as_deref(),
            Some(line),
            "{sent:?}"
        );
        assert!(fields.is_clean());
    }
}

#[test]
fn a_length_is_that_of_what_is_kept_and_an_optional_text_may_show_nothing() {
    let mut fields = Fields::new();
    assert_eq!(
        fields.line("line", "\u{FEFF} 甲\n\n乙 ", 1..=3).as_deref(),
        Some("甲 乙")
    );
    for nothing in ["", "\n", " \t", "\u{FEFF}", "\u{200B}\u{202E}"] {
        assert_eq!(fields.optional_line("line", nothing, 3), None, "{nothing:?}");
        assert_eq!(fields.optional_text("text", nothing, 3), None, "{nothing:?}");
        assert_eq!(fields.line("line", nothing, 0..=3).as_deref(), Some(""), "{nothing:?}");
    }
    assert!(fields.is_clean());
    assert_eq!(fields.optional_line("line", "\0", 3), None);
    assert!(!fields.is_clean(), "NUL is refused, not taken as invisible");
}

#[test]
fn what_no_text_holds_is_refused() {
    for bad in [
        '\0',
        '\u{1}',
        '\u{8}',
        '\u{1B}',
        '\u{1F}',
        '\u{7F}',
        '\u{80}',
        '\u{9F}',
        '\u{FFFE}',
        '\u{FFFF}',
        '\u{FDD0}',
        '\u{10FFFF}',
    ] {
        let mut fields = Fields::new();
        assert_eq!(fields.text("text", &format!("甲{bad}乙"), 1..=20), None);
        assert_eq!(fields.line("line", &format!("甲{bad}乙"), 1..=20), None);
        let told = fields.finish().expect_err("both").violations;
        let right = format!("must not contain U+{:04X}", u32::from(bad));
        assert_eq!((&*told[0].description, &*told[1].description), (&*right, &*right));
    }
}

#[test]
fn an_answer_with_very_many_violations_fits_into_a_header() {
    let long = "长".repeat(100);
    for (description, named) in [
        ("must not be empty; 1 to 100 characters, in one line", 50),
        (&*long, 15),
    ] {
        let mut fields = Fields::new();
        for at in 0..100_000 {
            let mut row = Fields::at(&format!("reference.categories[{at}]"));
            row.refuse("name", description);
            fields.absorb(row);
        }
        let invalid = fields.finish().expect_err("all of them");
        assert_eq!(invalid.violations.len(), named + 1, "{description}");
        let rest = invalid.violations.last().expect("the rest");
        assert_eq!(rest.description, format!("{} more are not right", 100_000 - named));
        assert_eq!(invalid.to_string(), "100000 field(s) are not right");
        let headers = tonic::Status::from(invalid).into_http::<()>();
        let bytes: usize = headers.headers().values().map(http::HeaderValue::len).sum();
        assert!(bytes < 8 * 1024, "{description}: {bytes}");
    }
}

#[test]
fn a_violation_too_long_for_a_header_is_one_all_the_same() {
    let mut fields = Fields::new();
    fields.refuse("a", "x".repeat(2 * MAX_VIOLATION_BYTES));
    fields.refuse("b", "must not be empty");
    let mut whole = Fields::new();
    whole.absorb(fields);
    assert!(!whole.is_clean());
    let invalid = whole.finish().expect_err("two are not right");
    let named: Vec<&str> = invalid.violations.iter().map(|violation| &*violation.field).collect();
    assert_eq!((named, invalid.count), (vec!["a", ""], 2));
}

#[test]
fn every_violation_is_told_with_its_path() {
    let mut fields = Fields::at("items[3]");
    assert_eq!(fields.uuid("id", "x"), None);
    assert_eq!(fields.text("title", "a\u{0}b", 1..=10), None);
    assert_eq!(fields.text("content", &"字".repeat(11), 1..=10), None);
    assert_eq!(fields.text("note", "a\u{1B}b", 1..=10), None);
    assert_eq!(fields.text("blank", "  ", 1..=10), None);
    assert_eq!(fields.line("line", "甲\u{FFFF}乙", 1..=10), None);
    assert_eq!(
        fields.text("marks", &format!("e{}", "\u{301}".repeat(1000)), 1..=2000),
        None
    );
    assert_eq!(
        fields.text("fine", "𠮷野家\n第二行", 1..=10).as_deref(),
        Some("𠮷野家\n第二行")
    );
    let paths: Vec<String> = fields
        .finish()
        .expect_err("seven are wrong")
        .violations
        .into_iter()
        .map(|v| v.field)
        .collect();
    assert_eq!(
        paths,
        [
            "items[3].id",
            "items[3].title",
            "items[3].content",
            "items[3].note",
            "items[3].blank",
            "items[3].line",
            "items[3].marks"
        ]
    );
}
