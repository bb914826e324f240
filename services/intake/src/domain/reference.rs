//! Channels, categories and regions: whole sets, each effective from a day (domain.md §3).

use std::collections::{HashMap, HashSet};

use hotline_proto::region;

use super::Fault;
use super::draft::Codes;

/// Maximum bytes of codes and names in the event `ReferencePublished`: 2.5 MiB. The event names every row. A reader
/// accepts answers of 4 MiB, and an answer ends with the event that passes 1 MiB. The sum is 1 MiB of earlier events,
/// 0.5 MiB of heads of 1,000 events at 500 bytes, and 2.5 MiB of this event.
pub const MAX_BYTES: usize = 5 * 512 * 1024;
/// Maximum rows of all kinds together. [`MAX_BYTES`] holds 50,000 rows of 50 bytes: a code of 12 digits, a name of ten
/// characters, and [`ROW_BYTES`]. A province of 30,000 villages fits; 100,000 rows would not.
pub const MAX_ROWS: usize = 50_000;
/// Maximum bytes of a row in the event besides code and name: tags and lengths.
const ROW_BYTES: usize = 8;
/// Maximum levels of the category tree, 2 digits each.
const MAX_LEVELS: usize = 5;

/// A code and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Code.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Code, `lower_snake`, and name.
    pub named: Named,
    /// Online channel. The definitions of analytics map channels to the lines of the bulletin.
    pub online: bool,
    /// Upstream platform that pushes the channel's appeals; `None` when agents register them.
    pub platform: Option<String>,
}

impl Channel {
    /// Text for a difference: name, online or not, platform.
    #[must_use]
    pub fn text(&self) -> String {
        let online = if self.online { "online" } else { "" };
        let parts = [&self.named.name, online, self.platform.as_deref().unwrap_or_default()];
        let shown: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        shown.join(", ")
    }
}

/// A whole set of reference data, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Channels.
    pub channels: Vec<Channel>,
    /// Categories, each with its parent.
    pub categories: Vec<Named>,
    /// Regions.
    pub regions: Vec<Named>,
}

impl Reference {
    /// Checks a whole set.
    ///
    /// # Errors
    /// Every fault: codes of a wrong shape, duplicate codes, categories without their parent, empty kinds. For a set
    /// that is too large, only its size.
    pub fn check(channels: Vec<Channel>, categories: Vec<Named>, regions: Vec<Named>) -> Result<Self, Vec<Fault>> {
        let named = channels.iter().map(|channel| &channel.named);
        if let Some(fault) = too_large(named.chain(&categories).chain(&regions)) {
            return Err(vec![fault]);
        }
        let mut faults = Vec::new();
        let channel_codes: Vec<&str> = channels.iter().map(|c| c.named.code.as_str()).collect();
        let category_codes = codes(&categories);
        let region_codes = codes(&regions);
        check_kind("channels", &channel_codes, channel_shape, &mut faults);
        check_kind("categories", &category_codes, category_shape, &mut faults);
        check_parents(&category_codes, &mut faults);
        check_kind("regions", &region_codes, region_shape, &mut faults);
        check_places(&region_codes, &mut faults);
        if faults.is_empty() {
            Ok(Self {
                channels,
                categories,
                regions,
            })
        } else {
            Err(faults)
        }
    }
}

/// The fault of the total size.
fn too_large<'n>(rows: impl Iterator<Item = &'n Named>) -> Option<Fault> {
    let sizes = rows.map(|row| row.code.len() + row.name.len() + ROW_BYTES);
    let (rows, bytes) = sizes.fold((0_usize, 0_usize), |(rows, bytes), size| (rows + 1, bytes + size));
    if rows > MAX_ROWS {
        let wrong = format!("must have at most {MAX_ROWS} rows of all kinds, has {rows}");
        Some(Fault::new("reference", wrong))
    } else if bytes > MAX_BYTES {
        let wrong = format!("must have at most {MAX_BYTES} bytes of codes and names, has {bytes}");
        Some(Fault::new("reference", wrong))
    } else {
        None
    }
}

fn codes(entries: &[Named]) -> Vec<&str> {
    entries.iter().map(|entry| entry.code.as_str()).collect()
}

fn check_kind(kind: &str, codes: &[&str], shape: fn(&str) -> Result<(), &'static str>, faults: &mut Vec<Fault>) {
    let path = format!("reference.{kind}");
    if codes.is_empty() {
        faults.push(Fault::new(&path, "must not be empty: a version is the whole set"));
    }
    let mut seen = HashSet::new();
    for (at, code) in codes.iter().enumerate() {
        let field = || format!("{path}[{at}].code");
        if let Err(right) = shape(code) {
            faults.push(Fault::new(field(), right));
        } else if !seen.insert(*code) {
            faults.push(Fault::new(field(), format!("{code} comes twice")));
        }
    }
}

fn check_parents(codes: &[&str], faults: &mut Vec<Fault>) {
    let known: HashSet<&str> = codes.iter().copied().collect();
    for (at, code) in codes.iter().enumerate() {
        if category_shape(code).is_err() || code.len() == 2 {
            continue;
        }
        let parent = &code[..code.len() - 2];
        if !known.contains(parent) {
            faults.push(Fault::new(
                format!("reference.categories[{at}].code"),
                format!("{code} has no parent {parent}"),
            ));
        }
    }
}

/// One place has one entry, whatever the zeros at the end of its code.
fn check_places(codes: &[&str], faults: &mut Vec<Fault>) {
    let mut places: HashMap<&str, &str> = HashMap::new();
    for (at, code) in codes.iter().enumerate().filter(|(_, code)| region::is_code(code)) {
        if let Some(earlier) = places
            .insert(region::folded(code), code)
            .filter(|earlier| earlier != code)
        {
            faults.push(Fault::new(
                format!("reference.regions[{at}].code"),
                format!("{code} is the same place as {earlier}"),
            ));
        }
    }
}

fn channel_shape(code: &str) -> Result<(), &'static str> {
    let right = (1..=64).contains(&code.len())
        && code.starts_with(|c: char| c.is_ascii_lowercase())
        && code
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if right {
        Ok(())
    } else {
        Err("must be lower_snake: a letter, then letters, digits or '_', 64 at most")
    }
}

fn category_shape(code: &str) -> Result<(), &'static str> {
    let right = (2..=2 * MAX_LEVELS).contains(&code.len())
        && code.len().is_multiple_of(2)
        && code.bytes().all(|b| b.is_ascii_digit());
    if right {
        Ok(())
    } else {
        Err("must have 2 digits a level, 5 levels at most")
    }
}

fn region_shape(code: &str) -> Result<(), &'static str> {
    if region::is_code(code) {
        Ok(())
    } else {
        Err(region::SHAPE)
    }
}

/// The codes of one version, for look-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// The version.
    pub version: u64,
    /// Channels by code, each with its platform.
    pub channels: HashMap<String, Option<String>>,
    /// Codes of categories.
    pub categories: HashSet<String>,
    /// Codes of regions, folded to the shortest code of their place.
    pub regions: HashSet<String>,
}

impl InForce {
    /// Checks an appeal's codes. `prefix` is the path of the draft, such as `appeal`. Tags are a free second axis.
    ///
    /// `platform` is the pushing platform; `None` for an agent. Each source has its own channels, so figures by channel
    /// do not depend on claims of the sender. A platform without a channel of its own may use any channel without an
    /// owner.
    #[must_use]
    pub fn check(&self, codes: &Codes, prefix: &str, platform: Option<&str>) -> Vec<Fault> {
        let channel = match self.channels.get(&codes.channel) {
            None => Some("is not a channel in force"),
            Some(Some(_)) if platform.is_none() => Some("belongs to a platform; only that platform may use it"),
            Some(Some(owner)) if platform != Some(owner) => Some("is a channel of another platform"),
            Some(None) if platform.is_some_and(|platform| self.names(platform)) => {
                Some("is not a channel of the platform")
            }
            Some(_) => None,
        };
        let category = (!self.categories.contains(&codes.category)).then_some("is not a category in force");
        let covered = region::covering(&codes.region).any(|place| self.regions.contains(place));
        let region = (!covered).then_some("is not a region in force, nor in one");
        [("channel", channel), ("category", category), ("region", region)]
            .into_iter()
            .filter_map(|(field, wrong)| wrong.map(|wrong| Fault::new(format!("{prefix}.{field}"), wrong)))
            .collect()
    }

    fn names(&self, platform: &str) -> bool {
        self.channels.values().flatten().any(|owner| owner == platform)
    }
}

#[cfg(test)]
mod tests {
    use hotline_proto::common::{AppealType, Urgency};

    use super::*;

    fn named(code: &str) -> Named {
        Named {
            code: code.to_owned(),
            name: "名".to_owned(),
        }
    }

    fn channel(code: &str) -> Channel {
        Channel {
            named: named(code),
            online: false,
            platform: None,
        }
    }

    fn check(channels: &[&str], categories: &[&str], regions: &[&str]) -> Vec<(String, String)> {
        Reference::check(
            channels.iter().map(|c| channel(c)).collect(),
            categories.iter().map(|c| named(c)).collect(),
            regions.iter().map(|c| named(c)).collect(),
        )
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|fault| (fault.field, fault.description))
        .collect()
    }

    #[test]
    fn a_whole_set_is_taken() {
        let faults = check(
            &["phone", "wechat_12345"],
            &["01", "0101", "010101", "01010101", "0101010101"],
            &["430300", "430302001", "430302001001", "430304000000"],
        );
        assert_eq!(faults, []);
    }

    #[test]
    fn every_fault_is_told_at_its_place() {
        let faults = check(
            &["phone", "Phone", "phone"],
            &["01", "0201", "1", "010101010101", "01"],
            &["4303", "430302", "430302", "430302000", "430302001001001"],
        );
        let fields: Vec<&str> = faults.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "reference.channels[1].code",
                "reference.channels[2].code",
                "reference.categories[2].code",
                "reference.categories[3].code",
                "reference.categories[4].code",
                "reference.categories[1].code",
                "reference.regions[0].code",
                "reference.regions[2].code",
                "reference.regions[4].code",
                "reference.regions[3].code",
            ]
        );
        assert_eq!(faults[5].1, "0201 has no parent 02");
        assert_eq!(faults[9].1, "430302000 is the same place as 430302");
    }

    #[test]
    fn an_empty_kind_is_refused() {
        let fields: Vec<String> = check(&[], &[], &[]).into_iter().map(|f| f.0).collect();
        assert_eq!(
            fields,
            ["reference.channels", "reference.categories", "reference.regions"]
        );
    }

    #[test]
    fn a_set_that_no_reader_could_take_is_refused() {
        let regions = |count: usize, name: &str| {
            let region = |at| Named {
                code: format!("{:012}", 430_302_001_001_usize + at),
                name: name.to_owned(),
            };
            let regions = (0..count).map(region).collect();
            Reference::check(vec![channel("phone")], vec![named("01")], regions)
        };
        regions(MAX_ROWS - 2, "十个字的村民委员会名").expect("as many as there may be");
        let told = |refused: Result<Reference, Vec<Fault>>| refused.expect_err("too large").remove(0).description;
        assert_eq!(
            told(regions(MAX_ROWS - 1, "名")),
            "must have at most 50000 rows of all kinds, has 50001"
        );
        let long = "字".repeat(100);
        assert!(told(regions(10_000, &long)).starts_with("must have at most 2621440 bytes"));
    }

    #[test]
    fn a_channel_is_told_in_one_line() {
        let text = |online, platform: Option<&str>| {
            let platform = platform.map(str::to_owned);
            let named = named("c");
            Channel {
                named,
                online,
                platform,
            }
            .text()
        };
        assert_eq!(text(false, None), "名");
        assert_eq!(text(true, None), "名, online");
        assert_eq!(text(true, Some("province")), "名, online, province");
        assert_eq!(text(false, Some("province")), "名, province");
    }

    fn in_force() -> InForce {
        InForce {
            version: 1,
            channels: HashMap::from([("transfer".to_owned(), Some("province".to_owned()))]),
            categories: HashSet::from(["0101".to_owned()]),
            regions: ["430300", "430302", "430304001"].map(str::to_owned).into(),
        }
    }

    fn codes_of(region: &str) -> Codes {
        Codes {
            channel: "transfer".to_owned(),
            kind: AppealType::Help,
            category: "0101".to_owned(),
            region: region.to_owned(),
            urgency: Urgency::Ordinary,
            tags: Vec::new(),
            anonymous: false,
            confidential: false,
            accused_unit: None,
            defects: Vec::new(),
        }
    }

    #[test]
    fn a_place_within_a_region_in_force_is_taken() {
        for code in [
            "430302",
            "430302000000",
            "430302001",
            "430302001001",
            "430304001",
            "430304001000",
            "430304001007",
            "430300000000",
        ] {
            let faults = in_force().check(&codes_of(code), "appeal", Some("province"));
            assert_eq!(faults, [], "{code}");
        }
        // A region above the published ones, one beside them, and a malformed code.
        for code in ["430304", "430304000000", "430304002", "430321", "4303", "43030200100"] {
            let faults = in_force().check(&codes_of(code), "appeal", Some("province"));
            let fault = Fault::new("appeal.region", "is not a region in force, nor in one");
            assert_eq!(faults, [fault], "{code}");
        }
    }

    #[test]
    fn whose_a_channel_is_is_told() {
        let in_force = in_force();
        let codes = codes_of("430300");
        let told = |platform| in_force.check(&codes, "appeal", platform);
        let fault = |wrong: &str| vec![Fault::new("appeal.channel", wrong)];
        assert_eq!(
            told(None),
            fault("belongs to a platform; only that platform may use it")
        );
        assert_eq!(told(Some("nation")), fault("is a channel of another platform"));
        assert_eq!(told(Some("province")), []);
    }
}
