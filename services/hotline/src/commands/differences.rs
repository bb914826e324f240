//! Lists the changes that a city file would make, row by row. Intake and routing answer dry runs; lists without a dry
//! run are compared here.

use std::collections::HashSet;

use hotline_proto::common::{self as pb, AppealType, ClockKind, RowChange, RowDifference, Seat, Urgency};
use hotline_proto::routing::time_limit::Kind;
use hotline_proto::routing::{
    CatalogueRow, DayRange, GetDirectoryResponse, LimitRow, LimitStart, Notice, TimeLimit, Unit,
};
use replay::city::City;
use rpc::publication::Difference;
use rpc::time::date_from_proto;

use super::load::{Publisher, leaving};
use super::pages::{
    activation, catalogue_parts, deputy_parts, directory, library_parts, reference_parts, rows, unit_parts,
};
use crate::console::Failure;

/// Compares a city with the versions in force on the city's first day.
///
/// # Errors
/// The status of a service, with every violation. Publishing the city would be refused in the same way.
pub async fn differences(publisher: &Publisher, city: &City) -> Result<Vec<pb::Difference>, Failure> {
    let before = directory(&publisher.routing, Some(city.valid_from)).await?;
    let reference = city.reference();
    let parts = reference_parts(&reference, activation(city.valid_from, rows(&reference), true));
    let mut intake = publisher.intake.clone();
    let answer = intake.publish_reference(tokio_stream::iter(parts)).await?;
    let mut found = vec![answer.into_inner().difference.unwrap_or_default()];
    found.extend(units(publisher, city, &before).await?);
    found.push(catalogue(publisher, city, &before).await?);
    found.push(compared_here(city, &before));
    found.extend(registers(publisher, city).await?);
    Ok(found)
}

/// Deputies and the library, where the file has them. Intake answers dry runs.
async fn registers(publisher: &Publisher, city: &City) -> Result<Vec<pb::Difference>, Failure> {
    let mut intake = publisher.intake.clone();
    let mut found = Vec::new();
    if let Some(deputies) = city.deputies() {
        let parts = deputy_parts(&deputies, activation(city.valid_from, deputies.len(), true));
        let answer = intake.publish_deputies(tokio_stream::iter(parts)).await?;
        found.extend(answer.into_inner().difference);
    }
    if let Some((policies, specialists)) = city.library() {
        let end = activation(city.valid_from, policies.len() + specialists.len(), true);
        let answer = intake
            .publish_library(tokio_stream::iter(library_parts(&policies, &specialists, end)))
            .await?;
        found.extend(answer.into_inner().difference);
    }
    Ok(found)
}

/// The units as they are published first, including removed units that the old catalogue names. Those are removed after
/// the catalogue is replaced.
async fn units(
    publisher: &Publisher,
    city: &City,
    before: &GetDirectoryResponse,
) -> Result<[pb::Difference; 2], Failure> {
    let leaving = leaving(city, before);
    let units = [city.units(), leaving.clone()].concat();
    let parts = unit_parts(&units, activation(city.valid_from, units.len(), true));
    let answer = publisher
        .routing
        .clone()
        .publish_units(tokio_stream::iter(parts))
        .await?;
    let mut gone = Difference::default();
    gone.add("unit", leaving.iter().map(unit), []);
    Ok([answer.into_inner().difference.unwrap_or_default(), gone.answer()])
}

/// The catalogue. Routing refuses a dry run with units that are not in force, so a catalogue with new units is compared
/// here.
async fn catalogue(
    publisher: &Publisher,
    city: &City,
    before: &GetDirectoryResponse,
) -> Result<pb::Difference, Failure> {
    let rows = city.catalogue();
    let in_force: HashSet<&str> = before.units.iter().map(|unit| unit.code.as_str()).collect();
    if rows.iter().all(|row| in_force.contains(row.unit.as_str())) {
        let parts = catalogue_parts(&rows, activation(city.valid_from, rows.len(), true));
        let answer = publisher
            .routing
            .clone()
            .publish_catalogue(tokio_stream::iter(parts))
            .await?;
        return Ok(answer.into_inner().difference.unwrap_or_default());
    }
    let mut difference = Difference::default();
    difference.add(
        "catalogue_row",
        before.catalogue.iter().map(catalogue_row),
        rows.iter().map(catalogue_row),
    );
    Ok(difference.answer())
}

/// Limits, and the notices of years that the city names.
fn compared_here(city: &City, before: &GetDirectoryResponse) -> pb::Difference {
    let mut difference = Difference::default();
    difference.add(
        "limit_row",
        before.limits.iter().map(limit_row),
        city.limits().iter().map(limit_row),
    );
    let (_, notices) = city.notices().unwrap_or_default();
    let named: HashSet<u32> = notices.iter().map(|notice| notice.year).collect();
    let known = before.notices.iter().filter(|notice| named.contains(&notice.year));
    difference.add("notice", known.map(notice), notices.iter().map(notice));
    difference.answer()
}

/// The rows that differ, one per line, and their number.
pub fn table(found: &[pb::Difference]) -> Vec<String> {
    let rows: Vec<&RowDifference> = found.iter().flat_map(|difference| &difference.rows).collect();
    let widest = |of: fn(&RowDifference) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (kind, key) = (widest(|row| &row.kind), widest(|row| &row.key));
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let of = |text: &str| String::from(if text.is_empty() { "–" } else { text });
            format!(
                "{:<kind$}  {:<key$}  {:<7}  {} → {}",
                row.kind,
                row.key,
                change(row),
                of(&row.before),
                of(&row.after)
            )
        })
        .collect();
    let sum = |of: fn(&pb::Difference) -> u32| found.iter().map(of).sum::<u32>();
    let (added, changed) = (sum(|of| of.added_count), sum(|of| of.changed_count));
    let removed = sum(|of| of.removed_count);
    let shown = lines.len();
    lines.push(format!("{added} added, {changed} changed, {removed} removed"));
    if u32::try_from(shown).is_ok_and(|shown| shown < added + changed + removed) {
        lines.push(format!("{shown} of them are shown: the first of each kind"));
    }
    lines
}

fn change(row: &RowDifference) -> &'static str {
    match row.change() {
        RowChange::Added => "added",
        RowChange::Changed => "changed",
        RowChange::Removed => "removed",
        RowChange::Unspecified => "?",
    }
}

/// The text as in the dry run of routing.
fn unit(unit: &Unit) -> (String, String) {
    let parent = if unit.parent.is_empty() { "none" } else { &unit.parent };
    let text = format!("{}, parent {parent}, regions {}", unit.name, unit.regions.join(" "));
    (unit.code.clone(), text.trim_end().to_owned())
}

/// The text as in the dry run of routing.
fn catalogue_row(row: &CatalogueRow) -> (String, String) {
    let all = |prefix: &str| String::from(if prefix.is_empty() { "all" } else { prefix });
    let (category, region) = (all(&row.category), all(&row.region));
    let text = format!("category {category}, region {region}, unit {}", row.unit);
    (row.row.clone(), text)
}

fn limit_row(row: &LimitRow) -> (String, String) {
    let clock = ClockKind::try_from(row.clock).map_or("?", |clock| clock.as_str_name());
    let mut words = vec![clock.trim_start_matches("CLOCK_KIND_").to_owned()];
    if row.r#type() != AppealType::Unspecified {
        let kind = row.r#type().as_str_name().trim_start_matches("APPEAL_TYPE_");
        words.push(format!("type={kind}"));
    }
    if row.urgency() != Urgency::Unspecified {
        let urgency = row.urgency().as_str_name().trim_start_matches("URGENCY_");
        words.push(format!("urgency={urgency}"));
    }
    if !row.channel.is_empty() {
        words.push(format!("channel={}", row.channel));
    }
    if row.seat() != Seat::Unspecified {
        let seat = row.seat().as_str_name().trim_start_matches("SEAT_");
        words.push(format!("seat={seat}"));
    }
    if row.complex {
        words.push("complex".to_owned());
    }
    if row.start() == LimitStart::Signature {
        words.push("from the signature".to_owned());
    }
    for (name, limit) in [("limit", row.limit), ("warn_before", row.warn_before)] {
        words.extend(limit.map(|limit| format!("{name}={}", time_limit(limit))));
    }
    (row.row.clone(), words.join(" "))
}

fn time_limit(limit: TimeLimit) -> String {
    match limit.kind {
        Some(Kind::WorkingDays(days)) => format!("{days} working days"),
        Some(Kind::NaturalDays(days)) => format!("{days} natural days"),
        Some(Kind::Minutes(minutes)) => format!("{minutes} minutes"),
        None => "?".to_owned(),
    }
}

fn notice(notice: &Notice) -> (String, String) {
    let days = |ranges: &[DayRange]| ranges.iter().map(day_range).collect::<Vec<_>>().join(",");
    let text = format!(
        "{} off={} work={}",
        notice.source,
        days(&notice.off),
        days(&notice.work)
    );
    (notice.year.to_string(), text)
}

/// Folds a range of one day into that day.
fn day_range(range: &DayRange) -> String {
    let day = |date| {
        let day = date_from_proto(&date);
        day.map_or_else(|| "?".to_owned(), |day| day.to_string())
    };
    let first = range.first.map(day).unwrap_or_default();
    match range.last.map(day).filter(|last| *last != first) {
        Some(last) => format!("{first}..{last}"),
        None => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replay::city::XIANGTAN;

    fn city() -> City {
        City::parse(XIANGTAN, "city.toml").expect("the shipped city")
    }

    fn in_force(city: &City) -> GetDirectoryResponse {
        GetDirectoryResponse {
            units: city.units(),
            catalogue: city.catalogue(),
            limits: city.limits(),
            ..GetDirectoryResponse::default()
        }
    }

    #[test]
    fn limits_are_compared_row_by_row() {
        let mut city = city();
        let before = in_force(&city);
        assert_eq!(compared_here(&city, &before), pb::Difference::default());
        let gone = city.limits.remove(1).row;
        let handle = city.limits.iter_mut().find(|row| row.row == "handle").expect("a row");
        handle.limit = calendar::Span::WorkingDays(7);
        let lines = table(&[compared_here(&city, &before)]);
        assert_eq!(gone, "sign-urgent");
        assert_eq!(
            lines,
            [
                "limit_row  handle       changed  HANDLE limit=5 working days warn_before=1 working days \
                 → HANDLE limit=7 working days warn_before=1 working days",
                "limit_row  sign-urgent  removed  SIGN urgency=URGENT limit=30 minutes → –",
                "0 added, 1 changed, 1 removed",
            ]
        );
    }

    #[test]
    fn a_notice_is_compared_with_the_one_of_its_year() {
        let notices = "\n[calendar]\nversion = \"cn-2027.1\"\n[[calendar.notice]]\nyear = 2027\nsource = \"a notice\"\n\
                       off = [\"2027-01-01..2027-01-03\"]\nwork = []\n";
        let city = City::parse(&format!("{XIANGTAN}{notices}"), "city.toml").expect("a notice");
        let mut before = in_force(&city);
        let lines = table(&[compared_here(&city, &before)]);
        assert_eq!(
            lines[0],
            "notice  2027  added    – → a notice off=2027-01-01..2027-01-03 work="
        );
        before.notices = city.notices().expect("one").1;
        assert_eq!(
            table(&[compared_here(&city, &before)]),
            ["0 added, 0 changed, 0 removed"]
        );
    }
}
