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
/// The fault of a code that names no channel.
const NO_CHANNEL: &str = "is not a channel in force";
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
    /// Account beside the line: its messages are no appeals.
    pub account: bool,
}

impl Channel {
    /// Text for a difference: name, online or not, account or not, platform.
    #[must_use]
    pub fn text(&self) -> String {
        let online = if self.online { "online" } else { "" };
        let account = if self.account { "account" } else { "" };
        let platform = self.platform.as_deref().unwrap_or_default();
        let parts = [&self.named.name, online, account, platform];
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
    /// Every fault: codes of a wrong shape, duplicate codes, accounts with a platform, categories without their parent,
    /// empty kinds. For a set that is too large, only its size.
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
        check_accounts(&channels, &mut faults);
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

/// The messages of an account are no appeals, so no platform pushes appeals through it.
fn check_accounts(channels: &[Channel], faults: &mut Vec<Fault>) {
    let wrong = |channel: &Channel| channel.account && channel.platform.is_some();
    for (at, _) in channels.iter().enumerate().filter(|(_, channel)| wrong(channel)) {
        faults.push(Fault::new(
            format!("reference.channels[{at}].account"),
            "must be false for a channel with a platform: leave out one of the two",
        ));
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

/// Who brings what through a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// Agents register appeals.
    Agents,
    /// This platform pushes appeals.
    Platform(String),
    /// An account beside the line, whose messages are no appeals.
    Account,
}

impl Channel {
    /// The use of a checked channel.
    #[must_use]
    pub fn usage(self) -> Use {
        match self.platform {
            _ if self.account => Use::Account,
            Some(platform) => Use::Platform(platform),
            None => Use::Agents,
        }
    }
}

/// The codes of one version, for look-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// The version.
    pub version: u64,
    /// Channels by code, each with its use.
    pub channels: HashMap<String, Use>,
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
            None => Some(NO_CHANNEL),
            Some(Use::Account) => Some("is an account beside the line; record the message with RecordAccountMessage"),
            Some(Use::Platform(_)) if platform.is_none() => {
                Some("belongs to a platform; only that platform may use it")
            }
            Some(Use::Platform(owner)) if platform != Some(owner) => Some("is a channel of another platform"),
            Some(Use::Agents) if platform.is_some_and(|platform| self.names(platform)) => {
                Some("is not a channel of the platform")
            }
            Some(Use::Agents | Use::Platform(_)) => None,
        };
        let category = (!self.categories.contains(&codes.category)).then_some("is not a category in force");
        let region = (!self.covers(&codes.region)).then_some("is not a region in force, nor in one");
        [("channel", channel), ("category", category), ("region", region)]
            .into_iter()
            .filter_map(|(field, wrong)| wrong.map(|wrong| Fault::new(format!("{prefix}.{field}"), wrong)))
            .collect()
    }

    /// Whether the code is a region in force, or a place in one.
    #[must_use]
    pub fn covers(&self, code: &str) -> bool {
        region::covering(code).any(|place| self.regions.contains(place))
    }

    /// The fault of a code that should name an account.
    #[must_use]
    pub fn account_fault(&self, code: &str) -> Option<&'static str> {
        match self.channels.get(code) {
            None => Some(NO_CHANNEL),
            Some(Use::Agents | Use::Platform(_)) => Some("is not an account; register an appeal instead"),
            Some(Use::Account) => None,
        }
    }

    fn names(&self, platform: &str) -> bool {
        let owns = |used: &Use| matches!(used, Use::Platform(owner) if owner == platform);
        self.channels.values().any(owns)
    }
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
