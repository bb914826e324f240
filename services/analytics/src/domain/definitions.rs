//! The definitions of the figures, read from `definitions.toml` and checked. An inconsistent definition stops the
//! start.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;

use super::measure::{Dimension, Measure, Subject};

/// The definitions that are compiled in.
pub const COMPILED_IN: &str = include_str!("../../definitions.toml");

/// Most figures of a file: each is computed for every bulletin.
const MAX_FIGURES: usize = 500;

/// All figures, in the bulletin's order.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// Figures in the file's order.
    pub figures: Vec<Figure>,
}

/// One figure, or one for each member of a group.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Stable key; a member's code follows it after a slash.
    pub key: String,
    /// Name in Chinese.
    pub name: String,
    /// Cohort, in words.
    pub cohort: String,
    /// Definition, in words.
    pub definition: String,
    /// Version of the definition.
    pub version: String,
    /// Group to expand by: one figure for each member.
    pub each: Option<Group>,
    /// The count, or the numerator of a rate.
    pub numerator: Source,
    /// The denominator of a rate; none for a count.
    pub denominator: Option<Source>,
}

/// The sums that make up a numerator or a denominator.
#[derive(Clone, Debug)]
pub struct Source {
    /// Measures of one subject; never empty.
    pub measures: Vec<Measure>,
    /// Adds up the members of this group; without a group, the totals.
    pub group: Option<Group>,
    /// Only so many of the group's largest members.
    pub top: Option<usize>,
}

impl Source {
    /// The kind of things that its measures count.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.measures
            .first()
            .map_or(Subject::Order, |measure| measure.subject())
    }
}

/// How members of a dimension are grouped for print.
#[derive(Clone, Debug)]
pub struct Group {
    /// Dimension of the members.
    pub dimension: Dimension,
    /// The members, and the codes that they are printed under.
    pub members: Members,
}

/// The members of a group.
#[derive(Clone, Debug)]
pub enum Members {
    /// These members, in this order, even when they are 0.
    Listed(Vec<Member>),
    /// All members that occur, except these.
    Except(BTreeSet<String>),
    /// All members that occur, with codes cut to this many characters.
    Cut(usize),
}

/// A listed member.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Code in the figure's key.
    pub code: String,
    /// Printed name; without one, the published name.
    pub name: Option<String>,
    /// Members of the dimension that it groups; without any, its own code.
    #[serde(default)]
    pub of: Vec<String>,
}

impl Member {
    fn stands_for(&self, member: &str) -> bool {
        if self.of.is_empty() {
            self.code == member
        } else {
            self.of.iter().any(|of| of == member)
        }
    }
}

impl Group {
    /// The code that a member of the dimension is printed under; none when the group leaves it out.
    #[must_use]
    pub fn code_of<'m>(&'m self, member: &'m str) -> Option<&'m str> {
        match &self.members {
            Members::Listed(listed) => listed
                .iter()
                .find(|one| one.stands_for(member))
                .map(|one| one.code.as_str()),
            Members::Except(left_out) => (!left_out.contains(member)).then_some(member),
            // Codes are ASCII. A shorter code, or a cut within a character, leaves the code whole.
            Members::Cut(length) => Some(member.get(..*length).unwrap_or(member)),
        }
    }

    /// The listed member of this code.
    #[must_use]
    pub fn listed(&self, code: &str) -> Option<&Member> {
        match &self.members {
            Members::Listed(listed) => listed.iter().find(|one| one.code == code),
            Members::Except(_) | Members::Cut(_) => None,
        }
    }
}

impl Definitions {
    /// Reads and checks definitions. Topics are counted at `topic_level` of the category tree, 2 digits a level.
    ///
    /// # Errors
    /// All faults, one a line. Each names its figure or group, and most say what is allowed.
    pub fn parse(text: &str, topic_level: usize) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut faults = Vec::new();
        let groups = read_groups(&file, topic_level, &mut faults);
        let reader = Reader {
            cohorts: &file.cohorts,
            groups: &groups,
        };
        let mut keys = BTreeSet::new();
        let mut figures = Vec::new();
        for raw in &file.figure {
            if !keys.insert(raw.key.as_str()) {
                faults.push(format!(
                    "figure {}: key is used twice: give each figure its own",
                    raw.key
                ));
            }
            match reader.figure(raw) {
                Ok(figure) => figures.push(figure),
                Err(wrong) => faults.push(format!("figure {}: {wrong}", raw.key)),
            }
        }
        if !(1..=MAX_FIGURES).contains(&file.figure.len()) {
            faults.push(format!(
                "figure: the file must have 1 to {MAX_FIGURES} figures, has {}",
                file.figure.len()
            ));
        }
        if faults.is_empty() {
            Ok(Self { figures })
        } else {
            Err(faults.join("\n"))
        }
    }

    /// Whether a figure counts distinct persons, which no roll-up has.
    #[must_use]
    pub fn count_persons(&self) -> bool {
        let mut sources = self
            .figures
            .iter()
            .flat_map(|figure| figure.denominator.iter().chain([&figure.numerator]));
        sources.any(|source| source.subject() == Subject::Person)
    }

    /// Finds a figure by its printed key, with the member's code if it is expanded.
    #[must_use]
    pub fn find<'k>(&self, key: &'k str) -> Option<(&Figure, Option<&'k str>)> {
        let (base, member) = match key.split_once('/') {
            Some((base, member)) => (base, Some(member)),
            None => (key, None),
        };
        let figure = self.figures.iter().find(|figure| figure.key == base)?;
        match (&figure.each, member) {
            (None, None) => Some((figure, None)),
            (Some(group), Some(code)) => {
                let known = !matches!(group.members, Members::Listed(_)) || group.listed(code).is_some();
                (known && !code.is_empty()).then_some((figure, Some(code)))
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cohorts: BTreeMap<String, String>,
    groups: BTreeMap<String, RawGroup>,
    figure: Vec<RawFigure>,
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
    let dimension = Dimension::from_name(&raw.dimension)
        .filter(|dimension| *dimension != Dimension::Total)
        .ok_or_else(|| {
            format!(
                "dimension must be type, topic, channel, tag or unit, is {:?}",
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
        let each = raw.each.as_deref().map(|name| self.group(name)).transpose()?;
        let numerator = self.source("numerator", &raw.numerator)?;
        let denominator = raw
            .denominator
            .as_ref()
            .map(|source| self.source("denominator", source))
            .transpose()?;
        if each.is_some() && numerator.subject() == Subject::Person {
            return Err("persons can only be counted as a whole: remove each".to_owned());
        }
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
        if each.is_some() && numerator.group.is_some() {
            return Err("numerator.group: remove it, `each` already names the group".to_owned());
        }
        Ok(Figure {
            key: raw.key.clone(),
            name: raw.name.clone(),
            cohort: cohort.clone(),
            definition: raw.definition.clone(),
            version: raw.version.clone(),
            each,
            numerator,
            denominator,
        })
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
        let group = raw.group.as_deref().map(|name| self.group(name)).transpose()?;
        if group.is_some() && first.subject() == Subject::Person {
            return Err(format!("{field}: persons can only be counted as a whole: remove group"));
        }
        if raw.top.is_some() && group.is_none() {
            return Err(format!("{field}: top needs a group"));
        }
        Ok(Source {
            measures,
            group,
            top: raw.top,
        })
    }

    fn group(&self, name: &str) -> Result<Group, String> {
        self.groups
            .get(name)
            .cloned()
            .ok_or_else(|| format!("group {name:?} is missing or has faults"))
    }
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

#[cfg(test)]
#[path = "definitions_tests.rs"]
mod tests;
