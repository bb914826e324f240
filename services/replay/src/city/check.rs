//! Finds all contradictions in a city. The messages are those with which routing and intake would refuse it.

mod registers;

use std::collections::BTreeMap;

use calendar::{Calendar, Span};
use hotline_proto::common::ClockKind;
use hotline_proto::region::{covering, folded, is_code};
use routing::domain::units::MAX_LEVELS;
use rpc::fields::Fields;
use rpc::time::date_to_proto;

use super::faults::Violation;
use super::{City, LimitRow, Unit};

/// Longest code that the services take.
const MAX_CODE_CHARS: usize = 64;
/// Longest name that the services take.
const MAX_NAME_CHARS: usize = 100;
/// Maximum length of a list that the services take.
const MAX_ENTRIES: usize = 10_000;
/// Maximum number of limit rows that routing takes.
const MAX_LIMITS: usize = 500;

/// All contradictions; empty for a valid city.
pub(super) fn violations(city: &City) -> Vec<Violation> {
    let mut found = Vec::new();
    first_day(city, &mut found);
    codes_and_names(city, &mut found);
    categories(city, &mut found);
    units(city, &mut found);
    catalogue(city, &mut found);
    limits(city, &mut found);
    registers::registers(city, &mut found);
    notices(city, &mut found);
    found
}

fn first_day(city: &City, found: &mut Vec<Violation>) {
    let day = city.valid_from;
    if Fields::new().day("valid_from", Some(&date_to_proto(day))).is_none() {
        let problem = format!("\"{day}\" is no day that the services take");
        found.push(Violation::new(
            "valid_from",
            problem,
            "write a day of the years 2000 to 2199",
        ));
    }
}

fn codes_and_names(city: &City, found: &mut Vec<Violation>) {
    let regions: Vec<_> = city
        .regions
        .iter()
        .map(|x| (x.code.as_str(), x.name.as_str()))
        .collect();
    let channels: Vec<_> = city
        .channels
        .iter()
        .map(|x| (x.code.as_str(), x.name.as_str()))
        .collect();
    let categories: Vec<_> = city
        .categories
        .iter()
        .map(|x| (x.code.as_str(), x.name.as_str()))
        .collect();
    let tags: Vec<_> = city.tags.iter().map(|x| (x.code.as_str(), x.name.as_str())).collect();
    let units: Vec<_> = city.units.iter().map(|x| (x.code.as_str(), x.name.as_str())).collect();
    for (list, entries) in [
        ("regions", &regions),
        ("channels", &channels),
        ("categories", &categories),
        ("tags", &tags),
        ("units", &units),
    ] {
        if entries.is_empty() && list != "tags" {
            found.push(Violation::new(list, "nothing is listed", "list at least one"));
        }
        at_most(list, entries.len(), MAX_ENTRIES, found);
        unique(list, "code", entries.iter().map(|(code, _)| *code), found);
        for (at, (code, name)) in entries.iter().enumerate() {
            plain(&format!("{list}[{at}].code"), code, found);
            // The same check as in the services. They get the lists one after the other, so a late refusal would leave
            // half of the city published.
            if Fields::new().line("name", name, 1..=MAX_NAME_CHARS).is_none() {
                let right = format!("write 1 to {MAX_NAME_CHARS} characters on one line");
                found.push(Violation::new(
                    format!("{list}[{at}].name"),
                    format!("{name:?} is no name"),
                    right,
                ));
            }
        }
    }
    places(city, found);
    for (at, channel) in city.channels.iter().enumerate() {
        let code = channel.code.as_str();
        if !code.starts_with(|c: char| c.is_ascii_lowercase())
            || code.contains(|c: char| c.is_ascii_uppercase() || "-.".contains(c))
        {
            found.push(Violation::new(
                format!("channels[{at}].code"),
                format!("{code:?} is no code of a channel"),
                "write a lower-case letter, then lower-case letters, digits or \"_\"",
            ));
        }
        if let Some(platform) = &channel.platform {
            plain(&format!("channels[{at}].platform"), platform, found);
        }
    }
}

fn places(city: &City, found: &mut Vec<Violation>) {
    let mut places: BTreeMap<&str, &str> = BTreeMap::new();
    for (at, region) in city.regions.iter().enumerate() {
        let code = region.code.as_str();
        let key = || format!("regions[{at}].code");
        if !is_code(code) {
            let problem = format!("{code:?} is no code of a region");
            let right = "write 6 digits, 9 for a township or 12 for a village";
            found.push(Violation::new(key(), problem, right));
        } else if let Some(earlier) = places.insert(folded(code), code).filter(|earlier| *earlier != code) {
            let problem = format!("{code:?} is the same place as {earlier:?}");
            found.push(Violation::new(key(), problem, "keep one of the two"));
        }
    }
    if !city.regions.iter().any(|region| region.code == city.code) {
        let problem = format!("{:?} is not among the regions", city.code);
        found.push(Violation::new("code", problem, "add the city itself to regions"));
    }
}

/// Whether a region of the catalogue is a prefix of a region of the city, or lies in one.
fn is_within(city: &City, region: &str) -> bool {
    city.regions.iter().any(|known| {
        let known = folded(&known.code);
        known.starts_with(folded(region)) || covering(region).any(|place| place == known)
    })
}

fn categories(city: &City, found: &mut Vec<Violation>) {
    let known = |code: &str| city.categories.iter().any(|category| category.code == code);
    for (at, category) in city.categories.iter().enumerate() {
        let code = category.code.as_str();
        if !(2..=10).contains(&code.len()) || code.len() % 2 != 0 || !digits(code) {
            let problem = format!("{code:?} is no code of a category");
            found.push(Violation::new(
                format!("categories[{at}].code"),
                problem,
                "write 2 digits a level, up to 5 levels",
            ));
        } else if code.len() > 2 && !known(&code[..code.len() - 2]) {
            let parent = &code[..code.len() - 2];
            let problem = format!("its parent {parent:?} is not among the categories");
            found.push(Violation::new(
                format!("categories[{at}].code"),
                problem,
                format!("add {parent:?} or take a known parent"),
            ));
        } else if code.len() == 4 && category.matter.as_ref().is_none_or(|matter| matter.trim().is_empty()) {
            let right = "add matter = \"…\", what people bring under this topic";
            found.push(Violation::new(
                format!("categories[{at}].matter"),
                "a topic has no matter",
                right,
            ));
        }
    }
    for (at, tag) in city.tags.iter().enumerate() {
        for (nth, code) in tag.categories.iter().enumerate().filter(|(_, code)| !known(code)) {
            let problem = format!("{code:?} is not among the categories");
            found.push(Violation::new(
                format!("tags[{at}].categories[{nth}]"),
                problem,
                "write the code of a category",
            ));
        }
    }
}

fn units(city: &City, found: &mut Vec<Violation>) {
    for (at, unit) in city.units.iter().enumerate() {
        regions_of(city, at, unit, found);
        kind_and_level(city, at, unit, found);
        let Some(parent) = unit.parent.as_deref() else { continue };
        let key = format!("units[{at}].parent");
        if city.unit(parent).is_none() {
            let problem = format!("{parent:?} is not among the units");
            found.push(Violation::new(
                key,
                problem,
                "write the code of a unit, or leave parent out for a top-level unit",
            ));
        } else if let Some((problem, right)) = endless(city, &unit.code) {
            found.push(Violation::new(key, problem, right));
        }
    }
}

/// Checks kind and level: a top-level unit names both, and no unit is above its parent.
fn kind_and_level(city: &City, at: usize, unit: &Unit, found: &mut Vec<Violation>) {
    if unit.parent.is_none() {
        if unit.kind.is_none() {
            let right = "write COUNTY, ZONE, BUREAU, STATE_COMPANY, UTILITY or VERTICAL_BODY";
            let problem = "a top-level unit has no kind";
            found.push(Violation::new(format!("units[{at}].kind"), problem, right));
        }
        if unit.level.is_none() {
            let right = "write CITY, COUNTY, TOWNSHIP or VILLAGE";
            let problem = "a top-level unit has no level";
            found.push(Violation::new(format!("units[{at}].level"), problem, right));
        }
        return;
    }
    let mut above = unit.parent.as_deref();
    for _ in 0..MAX_LEVELS {
        let Some(parent) = above.and_then(|code| city.unit(code)) else {
            return;
        };
        if let (Some(own), Some(theirs)) = (unit.level, parent.level) {
            if i32::from(own) < i32::from(theirs) {
                let problem = format!("its level is above that of {:?}", parent.code);
                let right = "write the level of the unit above, or one below it";
                found.push(Violation::new(format!("units[{at}].level"), problem, right));
            }
            return;
        }
        above = parent.parent.as_deref();
    }
}

/// Checks the regions of a unit: places of the city, each named once.
fn regions_of(city: &City, at: usize, unit: &Unit, found: &mut Vec<Violation>) {
    for (nth, region) in unit.regions.iter().enumerate() {
        let (problem, right) = if !is_code(region) || !is_within(city, region) {
            (
                format!("{region:?} is no region of the city"),
                "write 6 digits, 9 for a township or 12 for a village, of what is listed or lies in it",
            )
        } else if unit.regions[..nth].contains(region) {
            (format!("{region:?} is named twice"), "name each once")
        } else {
            continue;
        };
        found.push(Violation::new(format!("units[{at}].regions[{nth}]"), problem, right));
    }
}

/// The fault in a unit's chain of parents, and its correction. The chain has to end at the top.
fn endless(city: &City, code: &str) -> Option<(String, String)> {
    let above = |code: &str| city.unit(code).and_then(|unit| unit.parent.as_deref());
    let mut at = above(code);
    for _ in 0..MAX_LEVELS {
        match at {
            None => return None,
            Some(parent) if parent == code => {
                let problem = format!("{code:?} stands above itself");
                return Some((problem, "write a parent that does not lead back to the unit".to_owned()));
            }
            Some(parent) => at = above(parent),
        }
    }
    let problem = format!("the way up from {code:?} has more than {MAX_LEVELS} levels");
    let right = format!("write a parent that leads to the top within {MAX_LEVELS} levels");
    Some((problem, right))
}

fn catalogue(city: &City, found: &mut Vec<Violation>) {
    unique(
        "catalogue",
        "row",
        city.catalogue.iter().map(|row| row.row.as_str()),
        found,
    );
    if city.catalogue.is_empty() {
        found.push(Violation::new("catalogue", "nothing is listed", "list at least one"));
    }
    at_most("catalogue", city.catalogue.len(), MAX_ENTRIES, found);
    let mut first: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for (at, row) in city.catalogue.iter().enumerate() {
        let key = |field: &str| format!("catalogue[{at}].{field}");
        plain(&key("row"), &row.row, found);
        if !row.category.is_empty() && !city.categories.iter().any(|category| category.code == row.category) {
            let problem = format!("{:?} is not among the categories", row.category);
            found.push(Violation::new(
                key("category"),
                problem,
                "write the code of a category, or \"\" for all",
            ));
        }
        if !row.region.is_empty() && !is_within(city, &row.region) {
            let problem = format!("no region begins with {:?} or covers it", row.region);
            found.push(Violation::new(
                key("region"),
                problem,
                "write the code of a region or its beginning, or \"\" for all",
            ));
        }
        if city.unit(&row.unit).is_none() {
            let problem = format!("{:?} is not among the units", row.unit);
            found.push(Violation::new(key("unit"), problem, "write the code of a unit"));
        }
        match first.get(&(row.category.as_str(), folded(&row.region))) {
            Some(earlier) => {
                let problem = format!("row {earlier:?} has the same category and region");
                found.push(Violation::new(key("category"), problem, "keep one of the two"));
            }
            None => {
                first.insert((&row.category, folded(&row.region)), &row.row);
            }
        }
    }
}

fn limits(city: &City, found: &mut Vec<Violation>) {
    unique("limits", "row", city.limits.iter().map(|row| row.row.as_str()), found);
    at_most("limits", city.limits.len(), MAX_LIMITS, found);
    for (at, row) in city.limits.iter().enumerate() {
        let key = |field: &str| format!("limits[{at}].{field}");
        plain(&key("row"), &row.row, found);
        if let Some(channel) = row.channel.as_deref().filter(|channel| city.channel(channel).is_none()) {
            let problem = format!("{channel:?} is not among the channels");
            found.push(Violation::new(
                key("channel"),
                problem,
                "write the code of a channel, or leave it out for all",
            ));
        }
        if row.start.is_some() && row.clock != ClockKind::Handle {
            let right = "leave it out: only HANDLE may start at the signature";
            found.push(Violation::new(key("start"), "this clock starts at dispatch", right));
        }
        length(&key("limit"), row.limit, found);
        if let Some(warn_before) = row.warn_before {
            length(&key("warn_before"), warn_before, found);
        }
        if let Some(other) = city.limits[..at].iter().find(|other| tie(other, row, &city.limits)) {
            let problem = format!(
                "ties with row {:?}: both match the same matters with as many keys",
                other.row
            );
            let right = "fill in another key, or add a row with the keys of both";
            found.push(Violation::new(format!("limits[{at}]"), problem, right));
        }
    }
    for clock in [ClockKind::Sign, ClockKind::Handle, ClockKind::Rework] {
        if !city.limits.iter().any(|row| row.clock == clock && weight(row) == 0) {
            let name = clock.as_str_name().trim_start_matches("CLOCK_KIND_");
            let right = format!("add a row with clock = {name:?} and no other key");
            found.push(Violation::new(
                "limits",
                format!("no row matches everything for {name}"),
                right,
            ));
        }
    }
}

/// Checks the ranges of routing's contract.
fn length(key: &str, span: Span, found: &mut Vec<Violation>) {
    if !span.is_allowed() {
        let right = format!("write a number from 1 to {}", span.most());
        let problem = format!("{} is too short or too long", span.length());
        found.push(Violation::new(key, problem, right));
    }
}

/// Checks the notices together with the compiled-in ones, as routing does.
fn notices(city: &City, found: &mut Vec<Violation>) {
    let Some(notices) = &city.calendar else { return };
    if notices.notice.is_empty() {
        let right = "add a [[calendar.notice]], or leave [calendar] out";
        found.push(Violation::new("calendar.notice", "nothing is listed", right));
    }
    let amended = Calendar::national().amended(&notices.version, notices.notice.clone());
    for fault in amended.err().unwrap_or_default() {
        let key = format!("calendar.{}", fault.place.path("notice"));
        found.push(Violation::new(key, fault.problem, fault.right));
    }
}

/// Number of filled-in keys. A row with more keys is more specific.
fn weight(row: &LimitRow) -> usize {
    [
        row.kind.is_some(),
        row.urgency.is_some(),
        row.channel.is_some(),
        row.seat.is_some(),
        row.complex,
    ]
    .map(usize::from)
    .iter()
    .sum()
}

/// Whether some matter matches both rows with the same number of keys, and no row with more keys.
fn tie(a: &LimitRow, b: &LimitRow, rows: &[LimitRow]) -> bool {
    let apart = differ(a.kind, b.kind)
        || differ(a.urgency, b.urgency)
        || differ(a.channel.as_ref(), b.channel.as_ref())
        || differ(a.seat, b.seat);
    if a.clock != b.clock || weight(a) != weight(b) || apart {
        return false;
    }
    let (kind, urgency, channel) = (
        a.kind.or(b.kind),
        a.urgency.or(b.urgency),
        a.channel.as_ref().or(b.channel.as_ref()),
    );
    let (seat, complex) = (a.seat.or(b.seat), a.complex || b.complex);
    !rows.iter().any(|row| {
        row.clock == a.clock
            && weight(row) > weight(a)
            && (row.kind.is_none() || row.kind == kind)
            && (row.urgency.is_none() || row.urgency == urgency)
            && (row.channel.is_none() || row.channel.as_ref() == channel)
            && (row.seat.is_none() || row.seat == seat)
            && (!row.complex || complex)
    })
}

fn differ<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a != b)
}

fn unique<'a>(list: &str, field: &str, codes: impl Iterator<Item = &'a str>, found: &mut Vec<Violation>) {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, code) in codes.enumerate() {
        if let Some(earlier) = first.get(code) {
            let problem = format!("{code:?} stands in {list}[{earlier}] already");
            found.push(Violation::new(
                format!("{list}[{at}].{field}"),
                problem,
                "name each once",
            ));
        } else {
            first.insert(code, at);
        }
    }
}

fn at_most(list: &str, length: usize, most: usize, found: &mut Vec<Violation>) {
    if length > most {
        let right = format!("list {most} at most");
        found.push(Violation::new(list, format!("{length} entries are too many"), right));
    }
}

/// Checks a code. Codes are used in keys, paths and command lines.
fn plain(key: &str, code: &str, found: &mut Vec<Violation>) {
    let right = code.len() <= MAX_CODE_CHARS && !code.is_empty();
    if !right || !code.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) {
        let right = format!("write 1 to {MAX_CODE_CHARS} letters, digits, \"_\", \".\" or \"-\"");
        found.push(Violation::new(key, format!("{code:?} is no code"), right));
    }
}

fn digits(code: &str) -> bool {
    code.bytes().all(|b| b.is_ascii_digit())
}
