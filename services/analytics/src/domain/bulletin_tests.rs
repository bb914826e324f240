use super::*;
use crate::domain::definitions::COMPILED_IN;
use crate::domain::measure::Measure;

fn definitions() -> Definitions {
    Definitions::parse(COMPILED_IN, 2).expect("checked by its own test")
}

#[test]
fn percentages_are_half_up_to_two_decimals() {
    for (numerator, denominator, printed) in [
        (184_656, 201_194, "91.78"),
        (127_265, 187_806, "67.76"),
        (60_541, 60_541, "100.00"),
        (0, 7, "0.00"),
        (1, 8, "12.50"),
        (1, 16, "6.25"),
        // 0.125 % rounds up, 0.124…% does not.
        (1, 800, "0.13"),
        (124, 100_000, "0.12"),
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        // Shares are never forced to 100.
        (999_996, 1_000_000, "100.00"),
        (99_994, 100_000, "99.99"),
        (i64::MAX, i64::MAX, "100.00"),
        (5, 0, "–"),
        (0, 0, "–"),
    ] {
        assert_eq!(percent(numerator, denominator), printed, "{numerator}/{denominator}");
    }
}

/// Totals of the half-year.
const TOTALS: [(Measure, i64); 26] = [
    (Measure::CallsOffered, 201_194),
    (Measure::CallsAnswered, 184_656),
    (Measure::AppealsReceived, 187_806),
    (Measure::Persons, 98_765),
    (Measure::AppealsAnswered, 71_181),
    (Measure::AppealsNotAccepted, 30_000),
    (Measure::AppealsTransferred, 10_000),
    (Measure::AppealsProgressTold, 16_084),
    (Measure::AppealsInvalid, 4_321),
    (Measure::NoticesIssued, 32),
    (Measure::LeaderDays, 4),
    (Measure::LibraryPolicies, 438),
    (Measure::LibrarySpecialists, 67),
    (Measure::LedgerTypicalCases, 2),
    (Measure::LedgerMediaItems, 101),
    (Measure::OrdersOpened, 60_541),
    (Measure::OrdersDue, 60_541),
    (Measure::OrdersOnTime, 59_917),
    (Measure::ContactNeeded, 60_541),
    (Measure::ContactMade, 60_535),
    (Measure::CallbackDue, 60_541),
    (Measure::CallbackAttempted, 60_541),
    (Measure::Outcomes, 60_541),
    (Measure::OutcomesSatisfied, 9_275),
    (Measure::OutcomesDissatisfied, 2_228),
    (Measure::OutcomesUnrated, 49_038),
];

/// The city's half-year as sums. The figures must equal those that the city printed.
fn half_year() -> Counted {
    let mut counted = Counted::default();
    let filtered = definitions();
    let (topics, _) = filtered.find("seat.enterprise_topics/0101").expect("a figure");
    let of_enterprises = counted.under(&topics.filter);
    for (member, value) in [("0102", 87), ("010101", 199), ("010102", 1)] {
        of_enterprises.add(Dimension::Topic, member, Measure::AppealsReceived, value);
    }
    let (policies, _) = filtered.find("library.policies").expect("a figure");
    let sums = counted.under(&policies.filter);
    for (measure, value) in TOTALS {
        sums.add(Dimension::Total, "", measure, value);
    }
    for (member, value) in [
        ("HELP", 72_655),
        ("CONSULT", 71_181),
        ("COMPLAINT", 33_703),
        ("REPORT", 5_000),
        ("OTHER", 4_000),
        ("PRAISE", 579),
        ("SUGGESTION", 688),
    ] {
        sums.add(Dimension::Type, member, Measure::AppealsReceived, value);
    }
    for (member, value) in [
        ("010101", 17_000),
        ("0101", 141),
        ("0201", 15_735),
        ("0102", 8_102),
        ("0103", 6_936),
    ] {
        sums.add(Dimension::Topic, member, Measure::AppealsReceived, value);
    }
    let units = [9_459, 9_117, 8_989, 8_261, 2_628, 2_569, 2_228, 2_130, 2_107, 1_740];
    for (at, value) in units.into_iter().enumerate() {
        sums.add(Dimension::Unit, &format!("u{at}"), Measure::OrdersOpened, value);
    }
    for (at, value) in [1_739, 1_739, 1_739, 1_739, 1_739, 1_739, 879].into_iter().enumerate() {
        sums.add(Dimension::Unit, &format!("small{at}"), Measure::OrdersOpened, value);
    }
    for (member, value) in [
        ("phone", 183_109),
        ("gov_cn", 118),
        ("national_platform", 4),
        ("governor_mailbox", 369),
        ("mayor_mailbox", 540),
        ("provincial_transfer", 3_331),
        ("xiangyiban", 255),
        ("wechat_12345", 80),
    ] {
        sums.add(Dimension::Channel, member, Measure::AppealsReceived, value);
    }
    sums.add(Dimension::Tag, "civility_drive", Measure::AppealsReceived, 1_847);
    sums.add(Dimension::Tag, "another", Measure::AppealsReceived, 5);
    seats_and_accounts(sums);
    counted
}

fn seats_and_accounts(sums: &mut Sums) {
    for (dimension, member, measure, value) in [
        (
            Dimension::Tag,
            "civility_drive_cityscape",
            Measure::AppealsReceived,
            700,
        ),
        (Dimension::Seat, "ordinary", Measure::AppealsReceived, 187_385),
        (Dimension::Seat, "deputies", Measure::AppealsReceived, 38),
        (Dimension::Seat, "enterprise_line", Measure::AppealsReceived, 287),
        (Dimension::Seat, "leader_day", Measure::AppealsReceived, 96),
        (Dimension::Seat, "deputies", Measure::OrdersOpened, 38),
        (Dimension::Seat, "deputies", Measure::OrdersOnTime, 38),
        (Dimension::DeputyLevel, "province", Measure::AppealsReceived, 1),
        (Dimension::DeputyLevel, "city", Measure::AppealsReceived, 5),
        (Dimension::DeputyLevel, "county", Measure::AppealsReceived, 23),
        (Dimension::DeputyLevel, "township", Measure::AppealsReceived, 9),
        (Dimension::Account, "wechat_account", Measure::AccountMessages, 367),
        (Dimension::AccountOutcome, "unclear", Measure::AccountMessages, 229),
        (Dimension::AccountOutcome, "answered", Measure::AccountMessages, 127),
        (Dimension::AccountOutcome, "invalid", Measure::AccountMessages, 11),
    ] {
        sums.add(dimension, member, measure, value);
    }
}

/// What the city printed, or would print by its own data.
const PRINTED: [(&str, &str); 63] = [
    ("volume.calls_answered", "184656"),
    ("volume.connect_rate", "91.78"),
    ("volume.appeals", "187806"),
    ("volume.persons", "98765"),
    ("volume.phone_appeals", "183109"),
    ("volume.answered_directly", "127265"),
    ("volume.direct_answer_rate", "67.76"),
    ("volume.not_accepted", "30000"),
    ("volume.transferred", "10000"),
    ("volume.progress_told", "16084"),
    ("volume.invalid", "4321"),
    ("volume.orders", "60541"),
    ("handling.on_time_rate", "98.97"),
    ("handling.contact_rate", "99.99"),
    ("handling.callback_rate", "100.00"),
    ("satisfaction.unrated_as_satisfied", "96.32"),
    ("satisfaction.rated_only", "80.63"),
    ("satisfaction.lower_bound", "15.32"),
    ("satisfaction.upper_bound", "96.32"),
    ("satisfaction.unrated", "49038"),
    ("satisfaction.rating_rate", "19.00"),
    ("type.appeals/HELP", "72655"),
    ("type.share/HELP", "38.69"),
    ("type.share/CONSULT", "37.90"),
    ("type.appeals/COMPLAINT", "38703"),
    ("type.share/COMPLAINT", "20.61"),
    ("type.appeals/OTHER", "4579"),
    ("type.share/OTHER", "2.44"),
    ("type.share/SUGGESTION", "0.37"),
    ("topic.appeals/0101", "17141"),
    ("unit.orders/u0", "9459"),
    ("unit.top_ten_share", "81.31"),
    ("channel.online_total", "4697"),
    ("channel.appeals/provincial_transfer", "3331"),
    ("channel.other_appeals/phone", "183109"),
    ("tag.appeals/civility_drive", "1847"),
    ("callback.resolve_rate", "–"),
    ("tag.civility_themes/civility_drive_environment", "0"),
    ("tag.civility_themes/civility_drive_cityscape", "700"),
    ("seat.appeals/deputies", "38"),
    ("seat.appeals/enterprise_line", "287"),
    ("seat.appeals/leader_day", "96"),
    ("seat.orders/deputies", "38"),
    ("seat.orders_on_time/deputies", "38"),
    ("seat.orders_on_time/enterprise_line", "0"),
    ("seat.deputies_by_level/nation", "0"),
    ("seat.deputies_by_level/province", "1"),
    ("seat.deputies_by_level/city", "5"),
    ("seat.deputies_by_level/county", "23"),
    ("seat.deputies_by_level/township", "9"),
    ("seat.enterprise_topics/0101", "200"),
    ("seat.enterprise_topics/0102", "87"),
    ("seat.leader_days", "4"),
    ("account.messages/wechat_account", "367"),
    ("account.outcome/unclear", "229"),
    ("account.outcome/answered", "127"),
    ("account.outcome/invalid", "11"),
    ("library.policies", "438"),
    ("library.specialists", "67"),
    ("supervision.risk_notices", "32"),
    ("ledger.typical_cases", "2"),
    ("ledger.media_items", "101"),
    ("ledger.test_calls", "0"),
];

#[test]
fn the_half_year_is_printed_as_the_city_printed_it() {
    let mut names = Names::default();
    names.add(NameKind::Category, "0101".to_owned(), "社会保险".to_owned());
    names.add(NameKind::Unit, "u0".to_owned(), "湘潭县".to_owned());
    names.add(NameKind::Channel, "gov_cn".to_owned(), "中国政府网".to_owned());
    let printed = print(&definitions(), &half_year(), &names);
    let figure = |key: &str| {
        printed
            .iter()
            .find(|figure| figure.key == key)
            .unwrap_or_else(|| panic!("{key} is not printed"))
    };
    for (key, value) in PRINTED {
        assert_eq!(figure(key).value, value, "{key}");
    }
    assert_eq!(figure("topic.appeals/0101").name, "社会保险");
    assert_eq!(figure("topic.appeals/0201").name, "0201", "without a name: the code");
    assert_eq!(figure("type.appeals/HELP").name, "求助");
    assert_eq!(figure("channel.appeals/gov_cn").name, "中国政府网");
    let ten = figure("unit.top_ten_share");
    assert_eq!((ten.numerator, ten.denominator, ten.rate), (49_228, 60_541, true));
}

/// Which outcomes a printed line counts is data.
#[test]
fn what_was_answered_directly_is_what_the_definitions_sum() {
    let four = "[\"appeals.answered\", \"appeals.not_accepted\", \"appeals.transferred\", \"appeals.progress_told\"]";
    assert_eq!(COMPILED_IN.matches(four).count(), 2, "the count and the rate");
    for (sum, printed) in [
        (four, "127265"),
        ("[\"appeals.answered\"]", "71181"),
        ("[\"appeals.answered\", \"appeals.transferred\"]", "81181"),
    ] {
        let definitions = Definitions::parse(&COMPILED_IN.replace(four, sum), 2).expect("right");
        let figures = print(&definitions, &half_year(), &Names::default());
        let directly = figures.iter().find(|figure| figure.key == "volume.answered_directly");
        assert_eq!(directly.map(|figure| figure.value.as_str()), Some(printed), "{sum}");
    }
}

#[test]
fn members_stand_in_the_bulletins_order() {
    let printed = print(&definitions(), &half_year(), &Names::default());
    let members = |prefix: &str| -> Vec<&str> {
        printed
            .iter()
            .filter(|figure| figure.key.starts_with(prefix))
            .map(|figure| figure.member.as_str())
            .collect()
    };
    assert_eq!(
        members("type.appeals/"),
        ["HELP", "CONSULT", "COMPLAINT", "OTHER", "SUGGESTION"]
    );
    assert_eq!(members("topic.appeals/"), ["0101", "0201", "0102", "0103"]);
    assert_eq!(members("unit.orders/")[..3], ["u0", "u1", "u2"]);
    assert_eq!(
        members("unit.orders/")[10..12],
        ["small0", "small1"],
        "equal ones by code"
    );
    assert_eq!(members("channel.appeals/").len(), 7);
    assert_eq!(members("channel.other_appeals/"), ["phone"]);
    assert_eq!(members("tag.appeals/"), ["civility_drive"]);
}

#[test]
fn an_empty_window_prints_zeros_and_rates_over_nothing() {
    let printed = print(&definitions(), &Counted::default(), &Names::default());
    for figure in &printed {
        let nothing = if figure.rate { NOTHING } else { "0" };
        assert_eq!(
            (figure.value.as_str(), figure.denominator),
            (nothing, 0),
            "{}",
            figure.key
        );
        assert!(!figure.definition.is_empty() && !figure.cohort.is_empty());
    }
    let listed = printed.iter().filter(|figure| !figure.member.is_empty()).count();
    let expected = 5 + 5 + 7 + 1 + 2 + 3 * 3 + 5 + 3;
    assert_eq!(
        listed, expected,
        "types and their shares, online channels, tags, themes, seats, levels, outcomes"
    );
}
