//! The shipped week follows from its source, and every rule detects a planted error.

use super::arithmetic::{half_up, largest_remainder};
use super::*;

fn broken(changes: &[(&str, &str)]) -> Vec<String> {
    let mut text = WEEK.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the shipped week no longer has {from}");
        text = text.replacen(from, to, 1);
    }
    let error = Scenario::parse(&text, "week.toml").expect_err("a broken scenario is refused");
    error.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn the_shipped_week_follows_from_its_source() {
    let week: Scenario = toml::from_str(WEEK).expect("the shipped week can be read");
    assert_eq!(week.check_arithmetic(), []);
    assert_eq!(week.window.days().count(), 7);
    assert_eq!(week.source.appeals, 187_806);
    assert_eq!(week.targets.orders, 605);
    assert_eq!(Scenario::parse(WEEK, "week.toml"), Ok(week));
}

#[test]
fn rounding_is_half_up() {
    for (n, expected) in [(0, 0), (49, 0), (50, 1), (149, 1), (150, 2), (60_541, 605)] {
        assert_eq!(half_up(n, 100), expected, "{n}");
    }
    assert_eq!(half_up(7, 1), 7);
}

#[test]
fn the_largest_fractions_get_what_is_left_over() {
    let shares = |parts: &[u64], total| largest_remainder(parts, 100, total);
    assert_eq!(
        shares(&[150, 150, 100], 4),
        Some(vec![2, 1, 1]),
        "the earlier first among equals"
    );
    assert_eq!(shares(&[190, 110], 3), Some(vec![2, 1]));
    assert_eq!(shares(&[190, 110], 1), None, "too many whole ones");
    assert_eq!(shares(&[190, 110], 5), None, "more missing than one for each");
}

/// The week with one piece of a section replaced.
fn changed(section: &str, from: &str, to: &str) -> Vec<String> {
    let at = WEEK
        .find(&format!("\n[{section}]\n"))
        .expect("the week has the section");
    assert!(WEEK[at..].contains(from), "{section} no longer has {from}");
    let text = format!("{}{}", &WEEK[..at], WEEK[at..].replacen(from, to, 1));
    let error = Scenario::parse(&text, "week.toml").expect_err("a broken scenario is refused");
    error.faults.iter().map(ToString::to_string).collect()
}

fn assert_told(faults: &[String], key: &str, right: &str) {
    let told = |fault: &String| fault.contains(&format!(", {key}: ")) && fault.contains(right);
    assert!(faults.iter().any(told), "{key} {right}: {faults:?}");
}

#[test]
fn every_single_target_follows_from_the_source() {
    let week: toml::Table = toml::from_str(WEEK).expect("the shipped week can be read");
    let targets = week["targets"].as_table().expect("a table");
    let numbers: Vec<(&String, i64)> = targets
        .iter()
        .filter_map(|(key, value)| Some((key, value.as_integer()?)))
        .collect();
    assert!(numbers.len() >= 28, "{numbers:?}");
    for (key, n) in numbers {
        if key == "divisor" {
            assert_told(
                &changed("targets", "divisor = 100", "divisor = 0"),
                "targets.divisor",
                "write 1 or more",
            );
            continue;
        }
        let faults = changed("targets", &format!("\n{key} = {n} "), &format!("\n{key} = {} ", n + 1));
        assert_told(&faults, &format!("targets.{key}"), &format!("write {n}: "));
    }
}

#[test]
fn every_line_of_a_table_of_targets_follows_from_the_source() {
    let targets = Scenario::parse(WEEK, "week.toml")
        .expect("the shipped week is right")
        .targets;
    for (table, lines) in [
        ("topics", &targets.topics),
        ("units", &targets.units),
        ("channels", &targets.channels),
    ] {
        for (at, line) in lines.iter().enumerate() {
            let row = |count: u64| format!("{{ code = {:?}, count = {count} }}", line.code);
            let faults = changed("targets", &row(line.count), &row(line.count + 1));
            assert_told(
                &faults,
                &format!("targets.{table}[{at}].count"),
                &format!("write {}: ", line.count),
            );
        }
        let first = format!("{{ code = {:?}, count", lines[0].code);
        let faults = changed("targets", &first, "{ code = \"another\", count");
        assert_told(&faults, &format!("targets.{table}"), "list the codes of source");
    }
    for (name, _, count) in targets.types.entries() {
        let faults = changed(
            "targets",
            &format!("{name} = {count}"),
            &format!("{name} = {}", count + 1),
        );
        assert_told(&faults, &format!("targets.types.{name}"), &format!("write {count}: "));
    }
}

#[test]
fn the_source_must_add_up() {
    for (from, to, key) in [
        ("\norders = 60541", "\norders = 60540", "source.orders"),
        ("HELP = 72655", "HELP = 72654", "source.types"),
        ("online = 4697", "online = 4698", "source.online"),
        (
            "orders_unrated = 49038",
            "orders_unrated = 49039",
            "source.orders_unrated",
        ),
        (
            "calls_answered = 184656",
            "calls_answered = 284656",
            "source.calls_answered",
        ),
        (
            "orders_on_time = 59917",
            "orders_on_time = 69917",
            "source.orders_on_time",
        ),
        (
            "orders_contacted = 60535",
            "orders_contacted = 60542",
            "source.orders_contacted",
        ),
        (
            "called_back = 60541",
            "called_back = 60542",
            "source.orders_called_back",
        ),
        (
            "civility_drive = 1847",
            "civility_drive = 187807",
            "source.civility_drive",
        ),
        ("count = 17141", "count = 171410", "source.topics"),
        ("count = 17141", "count = 1714", "source.topics"),
        ("count = 9459", "count = 94590", "source.units"),
    ] {
        assert_told(&changed("source", from, to), key, "");
    }
    let faults = changed("source", "{ HELP = 72655", "{ HELP = 872655");
    assert_told(&faults, "source.types", "make the parts of the source add up");
}

/// One changed choice: old text, new text, the key of the fault, and the correction.
const CHOICES: [(&str, &str, &str, &str); 19] = [
    (
        "deputies_orders = 4 ",
        "deputies_orders = 5 ",
        "chosen.deputies_orders",
        "at most 4",
    ),
    (
        "deputies_complex = 1 ",
        "deputies_complex = 5 ",
        "chosen.deputies_complex",
        "at most 4",
    ),
    (
        "no_contact_declined = 0 ",
        "no_contact_declined = 1 ",
        "chosen.no_contact_declined",
        "write 0",
    ),
    (
        "late_calls = 5 ",
        "late_calls = 2013 ",
        "chosen.late_calls",
        "at most 2012",
    ),
    (
        "asked_back = 6 ",
        "asked_back = 1180 ",
        "chosen.asked_back",
        "at most 1168",
    ),
    ("reworked = 8 ", "reworked = 9 ", "chosen.reworked", "write 8"),
    ("HELP = 326", "HELP = 327", "chosen.order_types", "write 605"),
    ("OTHER = 24", "OTHER = 47", "chosen.order_types.OTHER", "at most 46"),
    (
        "{ VERY_SATISFIED = 41",
        "{ VERY_SATISFIED = 40",
        "chosen.grades",
        "write 93",
    ),
    (
        "VERY_DISSATISFIED = 5",
        "VERY_DISSATISFIED = 6",
        "chosen.grades",
        "write 22",
    ),
    ("reports = 58", "reports = 388", "chosen.reports", "at most 387"),
    ("praises = 12", "praises = 23", "chosen.praises", "at most 22"),
    (
        "unreached = 200 ",
        "unreached = 490 ",
        "chosen.unreached",
        "at most 486",
    ),
    (
        "attempts_when_unreached = 3",
        "attempts_when_unreached = 0",
        "chosen.attempts_when_unreached",
        "1 to 10",
    ),
    (
        "rejected_then_late = 2 ",
        "rejected_then_late = 7 ",
        "chosen.rejected_then_late",
        "at most 6",
    ),
    (
        "near_deadline = 15",
        "near_deadline = 534",
        "chosen.signed_late",
        "at most 605",
    ),
    (
        "signed_late = 12 ",
        "signed_late = 530 ",
        "chosen.signed_late",
        "no consultations",
    ),
    (
        "then_satisfied = 6",
        "then_satisfied = 94",
        "chosen.reworked_then_satisfied",
        "at most 93",
    ),
    (
        "then_dissatisfied = 1 ",
        "then_dissatisfied = 23 ",
        "chosen.reworked_then_dissatisfied",
        "at most 22",
    ),
];

#[test]
fn what_was_chosen_must_be_able_to_happen() {
    for (from, to, key, right) in CHOICES {
        assert_told(&changed("chosen", from, to), key, right);
    }
    for (from, to, key, right) in [
        ("45, 90]", "45]", "weights.weekday", "write 7"),
        ("8, 4]", "8]", "weights.hour", "write 24"),
        ("month = [1]", "month = [1, 1]", "weights.month", "write 1"),
        (
            "110, 100, 105, 45, 40, 45, 90",
            "0, 0, 0, 0, 0, 0, 0",
            "weights.weekday",
            "write one",
        ),
        ("[40, 30, 20, 10]", "[40, 30, 10, 10, 10]", "weights.delay", "at most 4"),
    ] {
        assert_told(&changed("weights", from, to), key, right);
    }
    let faults = changed("keys", "\"volume.orders\" =", "\"volume.order\" =");
    assert_told(&faults, "keys", "leave it out");
    assert_told(&faults, "keys", "add \"volume.orders\"");
    for to in ["2024-03-31", "2024-12-31"] {
        let faults = changed("window", "to = \"2024-04-07\"", &format!("to = {to:?}"));
        assert_told(&faults, "window.to", "a day from 2024-04-01 on, at most 200 days");
    }
}

#[test]
fn figures_that_contradict_each_other_are_told_even_if_each_follows() {
    let fewer_calls = WEEK
        .replacen("calls_answered = 184656", "calls_answered = 183000", 1)
        .replacen("calls_answered = 1847", "calls_answered = 1830", 1);
    let error = Scenario::parse(&fewer_calls, "week.toml").expect_err("it cannot happen");
    let faults: Vec<String> = error.faults.iter().map(ToString::to_string).collect();
    assert_told(&faults, "targets.phone", "write at most 1830");
}

#[test]
fn the_half_year_is_the_published_bulletin() {
    let half_year = Scenario::parse(HALF_YEAR, "xiangtan-2024h1.toml").expect("the shipped half-year is right");
    let printed: BTreeMap<String, String> = half_year
        .printed()
        .into_iter()
        .map(|line| (line.key, line.value.to_string()))
        .collect();
    for (key, value) in [
        ("volume.calls_answered", "184656"),
        ("volume.connect_rate", "91.78"),
        ("volume.on_time_rate", "98.97"),
        ("volume.contact_rate", "99.99"),
        ("volume.callback_rate", "100.00"),
        ("volume.satisfaction_rate", "96.32"),
        ("types.SUGGESTION.share", "0.37"),
        ("hot_topics.社会保险", "17141"),
        ("units.湘潭县", "9459"),
        ("units.top_ten_share", "81.31"),
        ("online.total", "4697"),
        ("special.deputies.township", "9"),
        ("special.wechat_account.unclear", "229"),
        ("special.typical_cases", "2"),
    ] {
        assert_eq!(printed.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert!(
        half_year
            .printed()
            .iter()
            .all(|line| half_year.figure_of(line).is_some())
    );
    assert_eq!(
        half_year.source.rates,
        Scenario::parse(WEEK, "week.toml").expect("the week").source.rates
    );
}

#[test]
fn a_fault_names_its_equation_with_both_sides() {
    let half_year = HALF_YEAR
        .replacen(
            "orders_on_time = 59917                   # chosen",
            "orders_on_time = 59818 # chosen",
            1,
        )
        .replacen("red_cards = 1834", "red_cards = 1835", 1);
    let told = Scenario::parse(&half_year, "xiangtan-2024h1.toml")
        .expect_err("it does not follow")
        .to_string();
    for equation in [
        "source.rates.on_time_rate: on_time_rate = 98.97, but orders_on_time / orders = 59818 / 60541 = 98.81",
        "targets.red_cards: red_cards = 1835, but chosen.signed_late + orders_late = 1834",
    ] {
        assert!(told.contains(equation), "{told}");
    }
}

#[test]
fn faults_stand_at_their_lines() {
    let line_of = |piece: &str| {
        1 + WEEK[..WEEK.find(piece).expect("it is in the week")]
            .matches('\n')
            .count()
    };
    let faults = broken(&[("red_cards = 18", "red_cards = 17"), ("count = 33 }", "count = 34 }")]);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[0].starts_with(&format!("line {}, targets.red_cards: ", line_of("red_cards"))),
        "{faults:?}"
    );
    assert!(
        faults[1].starts_with(&format!(
            "line {}, targets.channels[4].count: ",
            line_of("count = 33 }")
        )),
        "{faults:?}"
    );
    let faults = broken(&[("seed = 20240401", "seed = -1")]);
    assert!(
        faults[0].starts_with(&format!("line {}, seed: ", line_of("seed ="))),
        "{faults:?}"
    );
    let faults = broken(&[("reports = 58", "raports = 58")]);
    assert!(
        faults[0].contains("unknown field `raports`") && faults[0].contains("see scenarios/week.toml"),
        "{faults:?}"
    );
}
