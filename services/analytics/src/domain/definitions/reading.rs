//! Reads `definitions.toml`, and checks it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;

use super::{Definitions, Figure, Group, Member, Members, Source, own_cut};
use crate::domain::coded;
use crate::domain::codes::REGION_DIGITS;
use crate::domain::filter::{Condition, Filter};
use crate::domain::measure::{Dimension, Measure, Subject};

/// Most figures, and most columns, of a file: each is computed for every bulletin or breakdown.
const MAX_ENTRIES: usize = 500;

/// As [`Definitions::parse`].
pub(super) fn read(text: &str, topic_level: usize) -> Result<Definitions, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut faults = Vec::new();
    let groups = read_groups(&file, topic_level, &mut faults);
    let reader = Reader {
        cohorts: &file.cohorts,
        groups: &groups,
    };
    let mut keys = BTreeSet::new();
    let mut entries = |kind: &str, raw: &[RawFigure], read: &dyn Fn(&RawFigure) -> Result<Figure, String>| {
        let mut entries = Vec::new();
        for raw in raw {
            if !keys.insert(raw.key.clone()) {
                faults.push(format!(
                    "{kind} {}: key is used twice: give each figure and column its own",
                    raw.key
                ));
            }
            match read(raw) {
                Ok(entry) => entries.push(entry),
                Err(wrong) => faults.push(format!("{kind} {}: {wrong}", raw.key)),
            }
        }
        if raw.len() > MAX_ENTRIES {
            faults.push(format!(
                "{kind}: the file must have at most {MAX_ENTRIES}, has {}",
                raw.len()
            ));
        }
        entries
    };
    let figures = entries("figure", &file.figure, &|raw| reader.figure(raw));
    let columns = entries("column", &file.column, &|raw| reader.column(raw));
    if file.figure.is_empty() {
        faults.push("figure: the file must have at least one".to_owned());
    }
    if faults.is_empty() {
        Ok(Definitions {
            figures,
            columns,
            topic_level,
        })
    } else {
        Err(faults.join("\n"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cohorts: BTreeMap<String, String>,
    groups: BTreeMap<String, RawGroup>,
    figure: Vec<RawFigure>,
    #[serde(default)]
    column: Vec<RawFigure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    dimension: String,
    members: Option<Vec<Member>>,
    except: Option<String>,
    levels: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFigure {
    key: String,
    name: String,
    kind: Kind,
    cohort: String,
    definition: String,
    version: String,
    each: Option<String>,
    #[serde(rename = "where", default)]
    filter: BTreeMap<String, String>,
    numerator: RawSource,
    denominator: Option<RawSource>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Count,
    Rate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    measures: Vec<String>,
    group: Option<String>,
    top: Option<usize>,
}

fn read_groups(file: &File, topic_level: usize, faults: &mut Vec<String>) -> HashMap<String, Group> {
    let mut groups = HashMap::new();
    for (name, raw) in &file.groups {
        match read_group(file, raw, topic_level) {
            Ok(group) => {
                groups.insert(name.clone(), group);
            }
            Err(wrong) => faults.push(format!("groups.{name}: {wrong}")),
        }
    }
    groups
}

fn read_group(file: &File, raw: &RawGroup, topic_level: usize) -> Result<Group, String> {
    let dimension = read_dimension(&raw.dimension).ok_or_else(|| {
        format!(
            "dimension must be one of {}, is {:?}",
            names_of_dimensions(),
            raw.dimension
        )
    })?;
    let members = match (&raw.members, raw.except.as_deref(), raw.levels.as_deref()) {
        (Some(listed), None, None) => {
            check_listed(listed)?;
            Members::Listed(listed.clone())
        }
        (None, Some(other), None) => Members::Except(left_out(file, other)?),
        (None, None, Some("topic")) => Members::Cut(topic_level * 2),
        (None, None, Some(other)) => {
            return Err(format!("levels must be \"topic\", is {other:?}"));
        }
        (None, None, None) => Members::Except(BTreeSet::new()),
        _ => return Err("only one of members, except and levels may be given".to_owned()),
    };
    Ok(Group { dimension, members })
}

fn check_listed(listed: &[Member]) -> Result<(), String> {
    let mut codes = BTreeSet::new();
    let mut stands_for = BTreeSet::new();
    for member in listed {
        if member.code.is_empty() || member.code.contains('/') || !codes.insert(&member.code) {
            return Err(format!(
                "code {:?} must occur once, not be empty and have no slash",
                member.code
            ));
        }
        let own = std::slice::from_ref(&member.code);
        let of = if member.of.is_empty() { own } else { &member.of };
        if let Some(twice) = of.iter().find(|of| !stands_for.insert(of.as_str())) {
            return Err(format!("{twice:?} would be counted twice"));
        }
    }
    Ok(())
}

fn left_out(file: &File, name: &str) -> Result<BTreeSet<String>, String> {
    let listed = file
        .groups
        .get(name)
        .and_then(|group| group.members.as_ref())
        .ok_or_else(|| format!("except must name a group with members, names {name:?}"))?;
    Ok(listed
        .iter()
        .flat_map(|member| {
            if member.of.is_empty() {
                vec![member.code.clone()]
            } else {
                member.of.clone()
            }
        })
        .collect())
}

struct Reader<'f> {
    cohorts: &'f BTreeMap<String, String>,
    groups: &'f HashMap<String, Group>,
}

impl Reader<'_> {
    fn figure(&self, raw: &RawFigure) -> Result<Figure, String> {
        check_key(&raw.key)?;
        for (field, text) in [
            ("name", &raw.name),
            ("definition", &raw.definition),
            ("version", &raw.version),
        ] {
            if text.trim().is_empty() {
                return Err(format!("{field} must not be empty"));
            }
        }
        let cohort = self
            .cohorts
            .get(&raw.cohort)
            .ok_or_else(|| format!("cohort must be one of [cohorts], is {:?}", raw.cohort))?;
        let numerator = self.source("numerator", &raw.numerator)?;
        let denominator = raw
            .denominator
            .as_ref()
            .map(|source| self.source("denominator", source))
            .transpose()?;
        let each = self.each(raw, &numerator)?;
        match (raw.kind, &denominator) {
            (Kind::Rate, None) => return Err("a rate needs a denominator: add one, or set kind to count".to_owned()),
            (Kind::Count, Some(_)) => {
                return Err("a count must not have a denominator: remove it, or set kind to rate".to_owned());
            }
            // domain.md §1 and §9: counting units and cohorts are never mixed in one rate.
            (Kind::Rate, Some(by)) if by.subject() != numerator.subject() => {
                return Err("numerator and denominator count different kinds of things".to_owned());
            }
            _ => {}
        }
        Ok(Figure {
            key: raw.key.clone(),
            name: raw.name.clone(),
            cohort: cohort.clone(),
            definition: raw.definition.clone(),
            version: raw.version.clone(),
            filter: filter(&raw.filter, numerator.subject())?,
            each,
            numerator,
            denominator,
        })
    }

    /// A column is split by the dimension that a caller asks for, so its counts must be in the roll-ups of dimensions.
    fn column(&self, raw: &RawFigure) -> Result<Figure, String> {
        let column = self.figure(raw)?;
        if column.each.is_some() || column.sources().any(|source| source.group.is_some()) {
            return Err("a column is split by the dimension asked for: remove each and group, or use where".to_owned());
        }
        if !column.subject().adds_up() {
            return Err("a column must not count persons or the library, which have no dimension".to_owned());
        }
        Ok(column)
    }

    fn each(&self, raw: &RawFigure, numerator: &Source) -> Result<Option<Group>, String> {
        let Some(name) = &raw.each else {
            return Ok(None);
        };
        let group = self.group(name, numerator.subject())?;
        if numerator.subject() == Subject::Person {
            return Err("persons can only be counted as a whole: remove each".to_owned());
        }
        if numerator.group.is_some() {
            return Err("numerator.group: remove it, `each` already names the group".to_owned());
        }
        Ok(Some(group))
    }

    fn source(&self, field: &str, raw: &RawSource) -> Result<Source, String> {
        let mut measures = Vec::new();
        for name in &raw.measures {
            let measure =
                Measure::from_name(name).ok_or_else(|| format!("{field}: measure {name:?} does not exist"))?;
            if measures.contains(&measure) {
                return Err(format!("{field}: {name:?} would be counted twice"));
            }
            measures.push(measure);
        }
        let Some(first) = measures.first() else {
            return Err(format!("{field}: at least one measure must be named"));
        };
        if measures.iter().any(|one| one.subject() != first.subject()) {
            return Err(format!("{field}: measures count different kinds of things"));
        }
        if raw.group.is_some() && first.subject() == Subject::Person {
            return Err(format!("{field}: persons can only be counted as a whole: remove group"));
        }
        let group = raw.group.as_deref().map(|name| self.group(name, first.subject()));
        let group = group.transpose().map_err(|wrong| format!("{field}: {wrong}"))?;
        if raw.top.is_some() && group.is_none() {
            return Err(format!("{field}: top needs a group"));
        }
        if group
            .as_ref()
            .is_some_and(|group| group.dimension == Dimension::LeadUnit)
        {
            return Err(format!(
                "{field}: lead units include those below them and cannot be added up: use unit or each"
            ));
        }
        Ok(Source {
            measures,
            group,
            top: raw.top,
        })
    }

    fn group(&self, name: &str, subject: Subject) -> Result<Group, String> {
        let group = self
            .groups
            .get(name)
            .ok_or_else(|| format!("group {name:?} is missing or has faults"))?;
        if subject.dimensions().contains(&group.dimension) || subject == Subject::Person {
            Ok(group.clone())
        } else {
            Err(format!(
                "group {name:?}: what is counted has no {}",
                group.dimension.name()
            ))
        }
    }
}

/// Reads `where`: a code for each dimension. A category stands for all below it, a lead unit for those below it too.
fn filter(raw: &BTreeMap<String, String>, subject: Subject) -> Result<Filter, String> {
    let mut conditions = Vec::new();
    for (name, code) in raw {
        let dimension = read_dimension(name)
            .ok_or_else(|| format!("where: dimension must be one of {}, is {name:?}", names_of_dimensions()))?;
        if !subject.dimensions().contains(&dimension) {
            return Err(format!("where: what is counted has no {name}"));
        }
        if code.is_empty() {
            return Err(format!("where: {name} must not be empty"));
        }
        if coded::is_coded(dimension) && coded::number(dimension, code).is_none() {
            return Err(format!("where: {name} {code:?} does not exist"));
        }
        let cut = match dimension {
            Dimension::Topic => Some(code.chars().count()),
            other => own_cut(other),
        };
        if dimension == Dimension::Region && Some(code.chars().count()) != cut {
            return Err(format!("where: {name} must have {REGION_DIGITS} digits, is {code:?}"));
        }
        conditions.push(Condition {
            dimension,
            codes: vec![code.clone()],
            cut,
        });
    }
    Ok(Filter::of(conditions))
}

fn read_dimension(name: &str) -> Option<Dimension> {
    Dimension::from_name(name).filter(|dimension| may_be_named(*dimension))
}

/// The others are not for print.
fn may_be_named(dimension: Dimension) -> bool {
    !matches!(dimension, Dimension::Total | Dimension::PersonBefore)
}

fn names_of_dimensions() -> String {
    let names = Dimension::ALL.iter().filter(|one| may_be_named(**one));
    names.map(|one| one.name()).collect::<Vec<_>>().join(", ")
}

fn check_key(key: &str) -> Result<(), String> {
    let right = key.split('.').count() == 2
        && key
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
    if right {
        Ok(())
    } else {
        Err("key must be two words of a-z and '_', joined by '.'".to_owned())
    }
}
