use super::*;
use crate::domain::measure::Measure;

/// A file with one figure and one column, one line of it replaced.
fn with(line: &str, other: &str) -> Result<Definitions, String> {
    let text = r#"
[cohorts]
orders = "工单"
[groups.units]
dimension = "unit"
[groups.types]
dimension = "type"
members = [{ code = "A" }, { code = "B", of = ["B", "C"] }]
[[figure]]
key = "a.b"
name = "名"
kind = "rate"
cohort = "orders"
definition = "甲 ÷ 乙"
version = "1"
numerator = { measures = ["orders.on_time"] }
denominator = { measures = ["orders.due"] }
[[column]]
key = "c.d"
name = "列"
kind = "count"
cohort = "orders"
definition = "丙"
version = "2"
numerator = { measures = ["orders.late"] }
"#;
    assert!(text.contains(line), "{line}");
    Definitions::parse(&text.replace(line, other), 2)
}

#[test]
fn the_compiled_in_definitions_are_right_at_every_level() {
    for level in 1..=5 {
        let definitions = Definitions::parse(COMPILED_IN, level).expect("checked by this test");
        assert!(definitions.figures.len() >= 60 && definitions.columns.len() >= 15);
    }
}

#[test]
fn every_measure_makes_a_figure_or_a_column() {
    let definitions = Definitions::parse(COMPILED_IN, 2).expect("checked");
    let used: BTreeSet<Measure> = definitions
        .figures
        .iter()
        .chain(&definitions.columns)
        .flat_map(Figure::sources)
        .flat_map(|source| source.measures.clone())
        .collect();
    // Not printed: forwarded appeals serve to check the bulletin's arithmetic (domain.md §9) by hand.
    let unused: Vec<Measure> = Measure::ALL
        .iter()
        .copied()
        .filter(|measure| !used.contains(measure))
        .collect();
    assert_eq!(unused, [Measure::AppealsForwarded]);
}

#[test]
fn persons_are_neither_grouped_nor_mixed_with_their_appeals() {
    for (line, other, told) in [
        ("[\"orders.due\"]", "[\"persons\"]", "different kinds"),
        (
            "[\"orders.due\"]",
            "[\"appeals.received\", \"persons\"]",
            "different kinds",
        ),
        (
            "numerator = { measures = [\"orders.on_time\"] }",
            "each = \"units\"\nnumerator = { measures = [\"persons\"] }",
            "persons can only be counted as a whole: remove each",
        ),
        (
            "[\"orders.on_time\"] }",
            "[\"persons\"], group = \"units\" }",
            "numerator: persons can only be counted as a whole: remove group",
        ),
    ] {
        let fault = with(line, other).expect_err(other);
        assert!(fault.contains(told), "{other}: {fault}");
    }
}

#[test]
fn names_of_measures_and_dimensions_are_theirs_alone() {
    for measure in Measure::ALL {
        assert_eq!(Measure::from_name(measure.name()), Some(*measure));
    }
    for dimension in Dimension::ALL {
        assert_eq!(Dimension::from_name(dimension.name()), Some(*dimension));
    }
}

#[test]
fn a_fault_names_its_figure_and_what_would_be_right() {
    for (line, other, told) in [
        (
            "\"orders.on_time\"",
            "\"orders.on_tiem\"",
            "figure a.b: numerator: measure \"orders.on_tiem\" does not exist",
        ),
        ("[\"orders.on_time\"]", "[]", "at least one measure"),
        (
            "[\"orders.on_time\"]",
            "[\"orders.due\", \"orders.due\"]",
            "counted twice",
        ),
        (
            "[\"orders.on_time\"]",
            "[\"orders.due\", \"calls.offered\"]",
            "different kinds",
        ),
        ("[\"orders.due\"]", "[\"appeals.received\"]", "different kinds"),
        (
            "denominator = { measures = [\"orders.due\"] }",
            "",
            "a rate needs a denominator",
        ),
        ("kind = \"rate\"", "kind = \"count\"", "must not have a denominator"),
        ("kind = \"rate\"", "kind = \"share\"", "unknown variant `share`"),
        ("key = \"a.b\"", "key = \"a/b\"", "key must be two words"),
        ("name = \"名\"", "name = \" \"", "name must not be empty"),
        (
            "cohort = \"orders\"",
            "cohort = \"ordres\"",
            "cohort must be one of [cohorts], is \"ordres\"",
        ),
        (
            "version = \"1\"",
            "version = \"1\"\neach = \"unist\"",
            "group \"unist\" is missing",
        ),
        ("version = \"1\"", "version = \"1\"\ntop = 1", "unknown field `top`"),
        (
            "[\"orders.on_time\"] }",
            "[\"orders.on_time\"], top = 3 }",
            "top needs a group",
        ),
        (
            "dimension = \"unit\"",
            "dimension = \"total\"",
            "groups.units: dimension must be one of type, topic",
        ),
        (
            "dimension = \"unit\"",
            "dimension = \"unit\"\nexcept = \"nobody\"",
            "except must name a group with members",
        ),
        (
            "dimension = \"unit\"",
            "dimension = \"unit\"\nlevels = \"deep\"",
            "levels must be \"topic\"",
        ),
        (
            "{ code = \"A\" }",
            "{ code = \"A\", of = [\"C\"] }",
            "\"C\" would be counted twice",
        ),
        ("{ code = \"A\" }", "{ code = \"B\" }", "must occur once"),
    ] {
        let fault = with(line, other).expect_err(other);
        assert!(fault.contains(told), "{other}: {fault}");
    }
    assert!(with("a.b", "a.b").is_ok());
}

#[test]
fn a_fault_names_its_column() {
    for (line, other, told) in [
        ("key = \"c.d\"", "key = \"a.b\"", "column a.b: key is used twice"),
        (
            "[\"orders.late\"]",
            "[\"persons\"]",
            "column c.d: a column must not count persons",
        ),
        (
            "[\"orders.late\"]",
            "[\"library.policies\"]",
            "column c.d: a column must not count persons",
        ),
        (
            "version = \"2\"",
            "version = \"2\"\neach = \"units\"",
            "column c.d: a column is split by the dimension asked for",
        ),
        (
            "[\"orders.late\"] }",
            "[\"orders.late\"], group = \"units\" }",
            "column c.d: a column is split by the dimension asked for",
        ),
    ] {
        let fault = with(line, other).expect_err(other);
        assert!(fault.contains(told), "{other}: {fault}");
    }
}

#[test]
fn a_filter_names_codes_that_what_is_counted_can_have() {
    let with = |filter: &str| with("version = \"1\"", &format!("version = \"1\"\nwhere = {{ {filter} }}"));
    let definitions =
        with("unit = \"430321\", type = \"COMPLAINT\", topic = \"05\", region = \"430302\"").expect("right");
    let conditions: Vec<_> = definitions.figures[0]
        .filter
        .conditions()
        .iter()
        .map(|condition| (condition.dimension, condition.codes[0].as_str(), condition.cut))
        .collect();
    let expected = [
        (Dimension::Type, "COMPLAINT", None),
        (Dimension::Topic, "05", Some(2)),
        (Dimension::Unit, "430321", None),
        (Dimension::Region, "430302", Some(6)),
    ];
    assert_eq!(conditions, expected);
    for (filter, told) in [
        ("colour = \"red\"", "where: dimension must be one of type, topic"),
        ("total = \"\"", "where: dimension must be one of"),
        ("account = \"wechat_account\"", "where: what is counted has no account"),
        ("unit = \"\"", "where: unit must not be empty"),
        ("type = \"complaint\"", "where: type \"complaint\" does not exist"),
        ("seat = \"sofa\"", "where: seat \"sofa\" does not exist"),
        ("region = \"4303\"", "where: region must have 6 digits"),
        ("unit = 1", "invalid type"),
    ] {
        let fault = with(filter).expect_err(filter);
        assert!(fault.contains(told), "{filter}: {fault}");
    }
}

#[test]
fn a_group_is_of_a_dimension_that_what_is_counted_has() {
    for (line, other, told) in [
        (
            "numerator = { measures = [\"orders.on_time\"] }\ndenominator = { measures = [\"orders.due\"] }",
            "each = \"units\"\nnumerator = { measures = [\"appeals.received\"] }\ndenominator = { measures = [\"appeals.received\"] }",
            "group \"units\": what is counted has no unit",
        ),
        (
            "numerator = { measures = [\"orders.on_time\"] }\ndenominator = { measures = [\"orders.due\"] }",
            "numerator = { measures = [\"calls.answered\"], group = \"types\" }\ndenominator = { measures = [\"calls.offered\"] }",
            "numerator: group \"types\": what is counted has no type",
        ),
        (
            "dimension = \"unit\"\n[groups.types]",
            "dimension = \"lead_unit\"\n[groups.types]",
            "",
        ),
    ] {
        match with(line, other) {
            Ok(_) => assert!(told.is_empty(), "{other}"),
            Err(fault) => assert!(!told.is_empty() && fault.contains(told), "{other}: {fault}"),
        }
    }
    let lead_units = COMPILED_IN.replace(
        "[groups.units]\ndimension = \"unit\"",
        "[groups.units]\ndimension = \"lead_unit\"",
    );
    let fault = Definitions::parse(&lead_units, 2).expect_err("the top ten of overlapping units");
    assert!(fault.contains("lead units include those below them"), "{fault}");
}

#[test]
fn all_faults_are_told_at_once() {
    let twice = COMPILED_IN
        .replace("\"calls.answered\"", "\"calls.answred\"")
        .replace("cohort = \"due\"", "cohort = \"duw\"");
    let faults = Definitions::parse(&twice, 2).expect_err("two kinds of faults");
    // Two figures of calls, the rate and the count of a seat, and four columns.
    assert_eq!(faults.lines().count(), 8, "{faults}");
}

#[test]
fn figures_are_found_by_the_keys_that_are_printed() {
    let definitions = Definitions::parse(COMPILED_IN, 2).expect("checked");
    for (key, member) in [
        ("volume.appeals", Some(None)),
        ("volume.appeals/x", None),
        ("type.appeals/HELP", Some(Some("HELP"))),
        // Counted under COMPLAINT, because REPORT is not one of the bulletin's five.
        ("type.appeals/REPORT", None),
        ("type.appeals", None),
        ("topic.appeals/0101", Some(Some("0101"))),
        ("topic.appeals/", None),
        ("unit.orders/430321", Some(Some("430321"))),
        ("column.late", Some(None)),
        ("column.late/x", None),
        ("seat.appeals/deputies", Some(Some("deputies"))),
        ("seat.appeals/ordinary", None),
        ("nothing.here", None),
        ("", None),
    ] {
        let found = definitions.find(key).map(|(_, member)| member);
        assert_eq!(found, member, "{key}");
    }
}

#[test]
fn groups_put_members_together() {
    let definitions = Definitions::parse(COMPILED_IN, 1).expect("checked");
    let group = |key: &str| {
        let (figure, _) = definitions.find(key).expect("a figure");
        figure.each.clone().expect("expanded")
    };
    let types = group("type.appeals/HELP");
    assert_eq!(types.code_of("REPORT"), Some("COMPLAINT"));
    assert_eq!(types.code_of("PRAISE"), Some("OTHER"));
    let topics = group("topic.appeals/01");
    assert_eq!(topics.code_of("010203"), Some("01"));
    assert_eq!(topics.code_of("0"), Some("0"), "shorter than the level: stays whole");
    assert_eq!(topics.code_of("𠮷"), Some("𠮷"), "never cut within a character");
    let others = group("channel.other_appeals/phone");
    assert_eq!(
        (others.code_of("phone"), others.code_of("gov_cn")),
        (Some("phone"), None)
    );
}
