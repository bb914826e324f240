//! Documents as people write them, and how they are read.

use DocumentKind::{
    ForeignerResidence, HongKongMacauPermit, HongKongMacauTaiwanResidence, Other, Passport, ResidentIdentity,
    TaiwanPermit,
};
use DocumentMark::{CheckFailed, Masked, Unknown};

use super::*;

/// The text as written; the kind, number and mark that are read.
const WRITTEN: &[(&str, DocumentKind, &str, Option<DocumentMark>)] = &[
    ("11010519491231002X", ResidentIdentity, "11010519491231002X", None),
    ("11010519491231002x", ResidentIdentity, "11010519491231002X", None),
    (
        "１１０１０５１９４９１２３１００２Ｘ",
        ResidentIdentity,
        "11010519491231002X",
        None,
    ),
    (" 110105 19491231 002X\n", ResidentIdentity, "11010519491231002X", None),
    ("110105-19491231-002Х", ResidentIdentity, "11010519491231002X", None),
    (
        "\u{202D}11010519491231002×",
        ResidentIdentity,
        "11010519491231002X",
        None,
    ),
    (
        "110105194912310021",
        ResidentIdentity,
        "110105194912310021",
        Some(CheckFailed),
    ),
    (
        "11010519491331002X",
        ResidentIdentity,
        "11010519491331002X",
        Some(CheckFailed),
    ),
    // Both check digits are right. A birth year of 1849 is refused, and 1850 is accepted for old registers.
    (
        "110105184912310020",
        ResidentIdentity,
        "110105184912310020",
        Some(CheckFailed),
    ),
    ("110105185001010021", ResidentIdentity, "110105185001010021", None),
    ("110105491231002", ResidentIdentity, "110105491231002", None),
    (
        "110105491331002",
        ResidentIdentity,
        "110105491331002",
        Some(CheckFailed),
    ),
    ("H12345678", HongKongMacauPermit, "H12345678", None),
    ("m1234567800", HongKongMacauPermit, "M1234567800", None),
    ("H12345678(01)", HongKongMacauPermit, "H1234567801", None),
    ("12345678", TaiwanPermit, "12345678", None),
    ("1234567890(B)", TaiwanPermit, "1234567890B", None),
    ("E12345678", Passport, "E12345678", None),
    ("ＥＡ１２３４５６７", Passport, "EA1234567", None),
    ("TR1234567", Passport, "TR1234567", None),
    (
        "810000199408230021",
        HongKongMacauTaiwanResidence,
        "810000199408230021",
        None,
    ),
    (
        "830000199408230022",
        HongKongMacauTaiwanResidence,
        "830000199408230022",
        Some(CheckFailed),
    ),
    (
        "820000199001010010",
        HongKongMacauTaiwanResidence,
        "820000199001010010",
        None,
    ),
    ("911560198506071232", ForeignerResidence, "911560198506071232", None),
    (
        "911560198506071231",
        ForeignerResidence,
        "911560198506071231",
        Some(CheckFailed),
    ),
    ("USA110085060712", ForeignerResidence, "USA110085060712", None),
    ("usa 1100 850607 12", ForeignerResidence, "USA110085060712", None),
    (
        "USA110085130712",
        ForeignerResidence,
        "USA110085130712",
        Some(CheckFailed),
    ),
    ("430302********1234", Other, "430302********1234", Some(Masked)),
    ("430302XXXXXXXX1234", Other, "430302XXXXXXXX1234", Some(Masked)),
    ("1101051949123100", Other, "1101051949123100", Some(Unknown)),
    ("南字第12345号", Other, "南字第12345号", Some(Unknown)),
    ("无", Other, "无", Some(Unknown)),
];

#[test]
fn a_number_says_which_document_it_is_of() {
    for (written, kind, number, mark) in WRITTEN {
        let document = Document::read(written, None).expect("the text is visible");
        assert_eq!(
            (document.kind, &*document.number, document.mark),
            (*kind, *number, *mark),
            "{written:?}"
        );
        let again = Document::read(&document.number, None).expect("the text is visible");
        assert!(again == document, "{written:?}");
    }
}

#[test]
fn a_stated_kind_is_held_to_its_form() {
    for (written, stated, mark) in [
        ("M12345678", Passport, None),
        ("123456789", Passport, None),
        ("12345678", TaiwanPermit, None),
        ("E12345678", HongKongMacauPermit, Some(Unknown)),
        ("11010519491231002X", ResidentIdentity, None),
        ("11010519491231002X", Passport, Some(Unknown)),
        ("E12345678", ResidentIdentity, Some(Unknown)),
        ("110105194912310021", ResidentIdentity, Some(CheckFailed)),
        ("南字第12345号", Other, None),
        ("E1234***8", Passport, Some(Masked)),
    ] {
        let document = Document::read(written, Some(stated)).expect("the text is visible");
        assert_eq!((document.kind, document.mark), (stated, mark), "{written:?}");
    }
}

#[test]
fn a_field_that_shows_nothing_is_empty() {
    for text in ["", " ", "\u{200B}"] {
        assert!(Document::read(text, None).is_none(), "{text:?}");
    }
}

#[test]
fn nothing_of_a_number_is_in_its_debug() {
    let document = Document::read("E12345678", None).expect("a passport");
    assert_eq!(format!("{document:?}"), "Document");
    assert_eq!(document.masked(), "E*******8");
    let with_name = Document::read("张三丰430302199001011234", None).expect("a field");
    assert_eq!(with_name.masked(), "***");
}
