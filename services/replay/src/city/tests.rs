//! The shipped city is valid. A broken one is refused with line, key and correction.

use std::collections::BTreeMap;

use super::*;

fn xiangtan() -> City {
    City::parse(XIANGTAN, "city.toml").expect("the shipped city is right")
}

/// Parses the shipped city with one piece replaced, and returns the faults.
fn broken(from: &str, to: &str) -> Vec<String> {
    assert!(XIANGTAN.contains(from), "the shipped city no longer has {from}");
    let error = City::parse(&XIANGTAN.replacen(from, to, 1), "city.toml").expect_err("a broken city is refused");
    assert_eq!(error.origin, "city.toml");
    error.faults.iter().map(ToString::to_string).collect()
}

fn line_of(piece: &str) -> usize {
    let at = XIANGTAN.find(piece).expect("the piece stands in the shipped city");
    1 + XIANGTAN[..at].matches('\n').count()
}

#[test]
fn the_shipped_city_is_large_enough_for_the_bulletin() {
    let city = xiangtan();
    assert!(city.topics().count() >= 60, "ten hot topics and at least fifty others");
    assert!(
        city.top_units().count() >= 26,
        "the bulletin's ten and at least sixteen others"
    );
    let online = |account| {
        city.channels
            .iter()
            .filter(|it| it.online && it.account == account)
            .count()
    };
    assert_eq!((online(false), online(true)), (7, 1));
    assert_eq!(city.platforms(), ["nation", "province"]);
    assert!(city.units.iter().any(|unit| unit.parent.is_some()));
}

#[test]
fn the_catalogue_leads_by_the_longest_category_then_the_longest_region() {
    let city = xiangtan();
    for (category, region, lead, top) in [
        ("0101", "430300", Some("human_resources"), "human_resources"),
        ("0101", "430302", Some("430302"), "430302"),
        ("0201", "430321", Some("430321_market"), "430321"),
        ("0201", "430321100", Some("430321_market"), "430321"),
        ("0701", "430321100", Some("430321100"), "430321"),
        ("0902", "430381", Some("public_security_traffic"), "public_security"),
        (
            "0806",
            "430304",
            Some("urban_development_group"),
            "urban_development_group",
        ),
        ("0801", "430304", Some("430304_urban"), "430304"),
        ("0601", "430300", None, ""),
    ] {
        assert_eq!(city.lead_for(category, region), lead, "{category} {region}");
        assert_eq!(lead.map_or("", |lead| city.top_unit(lead)), top, "{category} {region}");
    }
}

/// The rule of routing, written a second time: a village, or a code padded with zeros, belongs to its larger region.
#[test]
fn a_village_is_led_by_the_row_of_what_it_lies_in() {
    let city = xiangtan();
    for (category, region, lead) in [
        ("0201", "430321100001", "430321_market"),
        ("0701", "430321100001", "430321100"),
        ("0701", "430321100000", "430321100"),
        ("0101", "430302000000", "430302"),
        ("0101", "430300000000", "human_resources"),
    ] {
        assert_eq!(city.lead_for(category, region), Some(lead), "{category} {region}");
    }
}

#[test]
fn villages_and_zeros_are_taken_and_one_place_once() {
    let village = XIANGTAN
        .replacen("\"430304\", name", "\"430304000000\", name", 1)
        .replacen("\"430382100\", name", "\"430382100001\", name", 1)
        .replacen("region = \"430371\"", "region = \"430302001001\"", 1);
    let city = City::parse(&village, "city.toml").expect("villages are regions");
    assert_eq!(city.lead_for("0101", "430302001001"), Some("430371"));
    let twice = XIANGTAN.replacen("\"430304\", name", "\"430302000\", name", 1);
    let error = City::parse(&twice, "city.toml")
        .expect_err("one place twice")
        .to_string();
    assert!(
        error.contains("\"430302000\" is the same place as \"430302\""),
        "{error}"
    );
}

#[test]
fn the_city_itself_and_all_of_it_are_told_apart() {
    let mut city = xiangtan();
    assert_eq!(city.whole(), "4303");
    city.catalogue[0].region = "4303".to_owned();
    let told = city.what_regions_mean();
    assert!(
        told.contains("430300 is 湘潭市 itself") && told.contains("4303 all of it with its districts (1)"),
        "{told}"
    );
    city.code = "430321".to_owned();
    assert!(
        city.what_regions_mean()
            .contains("430321 is 湘潭市 with all that lies in it")
    );
}

#[test]
fn what_waits_for_a_person_is_what_the_file_says() {
    let city = xiangtan();
    let mut uncovered: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for topic in city.topics() {
        for region in city
            .regions
            .iter()
            .filter(|region| city.lead_for(&topic.code, &region.code).is_none())
        {
            uncovered.entry(&region.code).or_default().push(&topic.code);
        }
    }
    assert_eq!(uncovered.keys().collect::<Vec<_>>(), [&"430300"]);
    let stated = format!("{}.", uncovered["430300"].join(", "));
    assert!(
        XIANGTAN.contains(&stated),
        "the comment above the catalogue should say {stated}"
    );
}

#[test]
fn the_services_are_told_all_of_it() {
    let city = xiangtan();
    let reference = city.reference();
    assert_eq!(reference.categories.len(), city.categories.len());
    assert_eq!(reference.regions.len(), city.regions.len());
    assert!(
        reference
            .channels
            .iter()
            .any(|channel| channel.code == "phone" && !channel.online)
    );
    assert!(
        city.units()
            .iter()
            .any(|unit| unit.code == "430321_water" && unit.parent == "430321")
    );
    assert_eq!(city.catalogue().len(), city.catalogue.len());
    let consult = city
        .limits()
        .into_iter()
        .find(|row| row.row == "handle-consult")
        .expect("it is in the file");
    assert_eq!(consult.r#type(), AppealType::Consult);
    assert_eq!(
        consult.limit.and_then(|limit| limit.kind),
        Some(routing::time_limit::Kind::WorkingDays(2))
    );
    let warn_before = |row: &str| {
        let limits = city.limits();
        let row = limits.iter().find(|limit| limit.row == row).expect("it is in the file");
        row.warn_before.and_then(|limit| limit.kind)
    };
    assert_eq!(warn_before("rework"), Some(routing::time_limit::Kind::WorkingDays(1)));
    assert_eq!(warn_before("sign"), None);
    let county = city.units().into_iter().find(|unit| unit.code == "430321");
    assert_eq!(county.expect("a unit").regions, ["430321"]);
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let unit = "{ code = \"430321\", name = \"湘潭县\", regions";
    for (from, to, line, says) in [
        (
            unit,
            "{ code = 430321, name = \"湘潭县\", regions",
            line_of(unit),
            "expected a string",
        ),
        (
            "online = false",
            "onlyne = false",
            line_of("online = false"),
            "unknown field `onlyne`",
        ),
        ("\"2024-01-01\"", "\"2024-1-1\"", line_of("\"2024-01-01\""), "is no day"),
        (
            "clock = \"SIGN\"",
            "clock = \"SIGNS\"",
            line_of("clock = \"SIGN\""),
            "write SIGN, HANDLE or REWORK",
        ),
        (
            "type = \"CONSULT\"",
            "type = \"UNSPECIFIED\"",
            line_of("type = \"CONSULT\""),
            "write CONSULT, HELP",
        ),
        ("valid_from =", "valid_from", line_of("valid_from ="), "key"),
    ] {
        let faults = broken(from, to);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with(&format!("line {line}, ")), "{line}: {faults:?}");
        assert!(
            faults[0].contains(says) && faults[0].contains("see scenarios/city.toml"),
            "{faults:?}"
        );
    }
}

/// One planted contradiction: old text, new text, the text on the faulty line, the field, and the message.
type Planted = (&'static str, &'static str, &'static str, &'static str, &'static str);

const CODES: [Planted; 12] = [
    (
        "\"2024-01-01\"",
        "\"2200-01-01\"",
        "\"2024-01-01\"",
        "valid_from",
        "years 2000 to 2199",
    ),
    (
        "code = \"gov_cn\"",
        "code = \"phone\"",
        "code = \"gov_cn\"",
        ".code",
        "already",
    ),
    (
        "code = \"gov_cn\"",
        "code = \"gov cn\"",
        "code = \"gov_cn\"",
        ".code",
        "is no code",
    ),
    (
        "code = \"gov_cn\"",
        "code = \"Gov-cn\"",
        "code = \"gov_cn\"",
        ".code",
        "is no code of a channel",
    ),
    (
        "name = \"中国政府网\"",
        "name = \"中国\\u0000政府网\"",
        "name = \"中国政府网\"",
        ".name",
        "is no name",
    ),
    (
        "name = \"中国政府网\"",
        "name = \" \"",
        "name = \"中国政府网\"",
        ".name",
        "is no name",
    ),
    (
        "\"430302\", name",
        "\"4303021\", name",
        "\"430302\", name",
        ".code",
        "6 digits",
    ),
    (
        "code = \"430300\"\n",
        "code = \"430900\"\n",
        "code = \"430300\"\n",
        "code",
        "add the city itself",
    ),
    ("\"0107\"", "\"9907\"", "\"0107\"", ".code", "its parent \"99\""),
    ("\"0107\"", "\"017\"", "\"0107\"", ".code", "2 digits a level"),
    (
        ", matter = \"小广告和乱堆乱放\"",
        "",
        "\"0801\"",
        ".matter",
        "a topic has no matter",
    ),
    (
        "[\"08\", \"10\"]",
        "[\"08\", \"99\"]",
        "[\"08\", \"10\"]",
        ".categories[1]",
        "not among the categories",
    ),
];

const UNITS_AND_CATALOGUE: [Planted; 7] = [
    (
        "parent = \"430321\"",
        "parent = \"430399\"",
        "parent = \"430321\"",
        ".parent",
        "not among the units",
    ),
    (
        "name = \"市公安局\", kind",
        "name = \"市公安局\", parent = \"public_security_traffic\", kind",
        "name = \"市公安局\", kind",
        ".parent",
        "above itself",
    ),
    (
        "row = \"buses\"",
        "row = \"taxis\"",
        "row = \"taxis\"",
        ".row",
        "already",
    ),
    (
        "category = \"1101\"",
        "category = \"1109\"",
        "row = \"buses\"",
        ".category",
        "not among the categories",
    ),
    (
        "category = \"1101\"",
        "category = \"1102\"",
        "row = \"taxis\"",
        ".category",
        "the same category and region",
    ),
    (
        "region = \"430371\"",
        "region = \"44\"",
        "row = \"local-430371\"",
        ".region",
        "no region begins with \"44\" or covers it",
    ),
    (
        "unit = \"taxation\"",
        "unit = \"tax\"",
        "unit = \"taxation\"",
        ".unit",
        "write the code of a unit",
    ),
];

const LIMITS: [Planted; 6] = [
    (
        "warn_before = { minutes = 60 }",
        "warn_before = { minutes = 0 }",
        "warn_before = { minutes = 60 }",
        ".warn_before",
        "from 1 to 525600",
    ),
    (
        "{ minutes = 120 }",
        "{ minutes = 0 }",
        "{ minutes = 120 }",
        ".limit",
        "from 1 to 525600",
    ),
    (
        "{ working_days = 10 }",
        "{ working_days = 251 }",
        "{ working_days = 10 }",
        ".limit",
        "from 1 to 250",
    ),
    (
        "type = \"CONSULT\", urgency = \"ORDINARY\"",
        "type = \"CONSULT\"",
        "row = \"handle-urgent\"",
        "]",
        "ties with row \"handle-consult\"",
    ),
    (
        "urgency = \"LIFE_SAFETY\"",
        "channel = \"fax\"",
        "row = \"sign-life\"",
        ".channel",
        "not among the channels",
    ),
    (
        "clock = \"REWORK\", limit",
        "clock = \"REWORK\", urgency = \"URGENT\", limit",
        "limits = [",
        "limits",
        "no row matches everything for REWORK",
    ),
];

#[test]
fn what_contradicts_itself_is_told_with_its_line() {
    for (from, to, stands, field, says) in CODES.into_iter().chain(UNITS_AND_CATALOGUE).chain(LIMITS) {
        let faults = broken(from, to);
        let line = format!("line {}, ", line_of(stands));
        let told =
            |fault: &&String| fault.starts_with(&line) && fault.contains(&format!("{field}: ")) && fault.contains(says);
        assert!(
            faults.iter().any(|fault| told(&fault)),
            "{line}{field} {says}: {faults:?}"
        );
    }
}

#[test]
fn a_way_up_has_as_many_levels_as_routing_takes() {
    let piece = "    { code = \"430321_water\"";
    let line = line_of(piece);
    let parse = |levels: usize| {
        let unit = |level: usize| {
            let parent = if level == 2 {
                "430321".to_owned()
            } else {
                format!("x{}", level - 1)
            };
            format!("    {{ code = \"x{level}\", name = \"甲\", parent = \"{parent}\" }},\n")
        };
        let units: Vec<String> = (2..=levels).map(unit).collect();
        City::parse(&XIANGTAN.replacen(piece, &(units.concat() + piece), 1), "city.toml")
    };
    parse(8).expect("routing takes eight levels");
    let error = parse(9).expect_err("routing takes no ninth level");
    assert_eq!(error.faults.len(), 1, "{error}");
    let told = error.faults[0].to_string();
    assert!(told.starts_with(&format!("line {}, units[", line + 7)), "{told}");
    assert!(
        told.contains("].parent: the way up from \"x9\" has more than 8 levels"),
        "{told}"
    );
}

#[test]
fn an_empty_catalogue_is_refused() {
    let (before, rest) = XIANGTAN.split_once("catalogue = [\n").expect("it has a catalogue");
    let (_, after) = rest.split_once("\n]\n").expect("the catalogue ends");
    let error = City::parse(&format!("{before}catalogue = []\n{after}"), "city.toml").expect_err("nobody leads");
    let told: Vec<String> = error.faults.iter().map(ToString::to_string).collect();
    let line = line_of("catalogue = [");
    assert_eq!(
        told,
        [format!("line {line}, catalogue: nothing is listed; list at least one")]
    );
}

#[test]
fn all_contradictions_are_told_at_once_by_line() {
    let text = XIANGTAN.replacen("unit = \"taxation\"", "unit = \"tax\"", 1).replacen(
        "code = \"gov_cn\"",
        "code = \"phone\"",
        1,
    );
    let error = City::parse(&text, "my-city.toml").expect_err("two things are wrong");
    let lines: Vec<usize> = error.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [line_of("code = \"gov_cn\""), line_of("unit = \"taxation\"")]);
    assert!(error.to_string().starts_with("my-city.toml cannot be used: line "));
}

/// The services get the lists one after the other. A list that the second would refuse is refused before the first gets
/// its own.
#[test]
fn lists_that_are_too_long_for_the_services_are_not_sent() {
    let more = |row: &str, list: &str, count: usize| -> String {
        let rows: Vec<String> = (0..count).map(|n| row.replace('#', &n.to_string())).collect();
        let text = XIANGTAN.replacen(&format!("{list} = [\n"), &format!("{list} = [\n{}", rows.concat()), 1);
        assert_ne!(text, XIANGTAN, "{list}");
        text
    };
    let limits = more(
        "  { row = \"x#\", clock = \"SIGN\", limit = { minutes = 5 } },\n",
        "limits",
        501,
    );
    let units = more("  { code = \"x#\", name = \"甲\" },\n", "units", 10_001);
    for (text, told) in [(limits, "limits: "), (units, "units: ")] {
        let error = City::parse(&text, "my-city.toml").expect_err("too many").to_string();
        assert!(error.contains(told) && error.contains("entries are too many"), "{told}");
    }
}
