//! Checks notices and refuses contradictions, because a wrong day moves thousands of deadlines. Notices from a TOML
//! file and from a request pass the same checks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use toml::Spanned;

use crate::{Calendar, Close};

/// Valid years of a notice. They catch a mistyped year.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// Longest version. It is stored with every deadline; a longer one is a mistake.
pub const MAX_VERSION_BYTES: usize = 32;
/// Most notices: one for each valid year.
pub const MAX_NOTICES: usize = 101;
/// Most entries of `off` and of `work`: the days of a year.
pub const MAX_ENTRIES: usize = 366;
/// Most characters of a source: a title with its number.
pub const MAX_SOURCE: usize = 200;

const SHAPE: &str = "write version = \"cn-2026.1\", then for each year a [[notice]] with year = 2026, source = \"…\", \
                     off = [\"2026-02-15..2026-02-23\", …] and work = [\"2026-02-14\", …]";
const DAY: &str = "write a day as \"2026-01-04\", or days off as first..last, \"2026-02-15..2026-02-23\"";

/// The State Council's notice on the holidays of one year, as text.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The year of the notice. All its days lie in it.
    pub year: i32,
    /// Title and number, printed as the reason for a day.
    pub source: String,
    /// Days off. Each entry is a day, `2026-01-04`, or a range with both ends, `2026-02-15..2026-02-23`.
    pub off: Vec<String>,
    /// Make-up workdays (调休): Saturdays and Sundays that are working days.
    pub work: Vec<String>,
}

/// A place in notices: the index of the notice, then that of the entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The version of all notices.
    Version,
    /// The list of notices.
    Notices,
    /// A notice's year.
    Year(usize),
    /// A notice's source.
    Source(usize),
    /// An entry of its days off.
    Off(usize, usize),
    /// An entry of its make-up workdays.
    Work(usize, usize),
}

impl Place {
    /// The place as a path, where `list` names the list of notices: `notices[0].off[2]`.
    #[must_use]
    pub fn path(self, list: &str) -> String {
        match self {
            Self::Version => "version".to_owned(),
            Self::Notices => list.to_owned(),
            Self::Year(at) => format!("{list}[{at}].year"),
            Self::Source(at) => format!("{list}[{at}].source"),
            Self::Off(at, entry) => format!("{list}[{at}].off[{entry}]"),
            Self::Work(at, entry) => format!("{list}[{at}].work[{entry}]"),
        }
    }
}

/// A fault in notices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoticeFault {
    /// Place of the fault.
    pub place: Place,
    /// What was found.
    pub problem: String,
    /// What would be right.
    pub right: String,
}

/// The reason for refusing a file of notices: the place, the fault, and what would be right.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, {key}: {problem}; {right}")]
pub struct CalendarError {
    /// Counted from 1.
    pub line: usize,
    /// The key, with the year where it is known: `notice.2026.off`.
    pub key: String,
    /// What was found.
    pub problem: String,
    /// What would be right.
    pub right: String,
}

/// The fault of an entry, and what would be right.
type Fault = (String, &'static str);

impl Calendar {
    /// A calendar from notices, one a year. The close is the default, see [`Calendar::with_close`].
    ///
    /// # Errors
    /// All faults:
    ///
    /// - no version, no year, no date,
    /// - a day outside of its notice's year,
    /// - a year or a day named twice,
    /// - a day that is off and make-up at once,
    /// - a make-up workday that is no weekend.
    pub fn of_notices(version: &str, notices: Vec<Notice>) -> Result<Self, Vec<NoticeFault>> {
        let mut check = Check::default();
        let edition = edition(version);
        if edition.is_none() {
            let right =
                format!("write letters, then year and number, \"cn-2026.1\", in {MAX_VERSION_BYTES} characters");
            check.refuse(Place::Version, (format!("{version:?} is no version"), right.as_str()));
        }
        if notices.len() > MAX_NOTICES {
            check.refuse(
                Place::Notices,
                (format!("{} notices", notices.len()), "write one a year"),
            );
        }
        for (at, notice) in notices.iter().take(MAX_NOTICES).enumerate() {
            check.notice(at, notice);
        }
        match edition {
            Some(edition) if check.faults.is_empty() => Ok(Self {
                notices_version: version.to_owned(),
                version: version.to_owned(),
                edition,
                notices: notices.into_iter().map(|notice| (notice.year, notice)).collect(),
                off: check.off,
                make_up: check.make_up,
                close: Close::default(),
            }),
            _ => Err(check.faults),
        }
    }

    /// Adds notices to this calendar. A year that is named again gets the new notice; the other years keep theirs. A
    /// version that is not newer changes nothing, so that an old file may be published again.
    ///
    /// # Errors
    /// The faults of [`Calendar::of_notices`]; a version that is not newer but has other days.
    pub fn amended(&self, version: &str, notices: Vec<Notice>) -> Result<Self, Vec<NoticeFault>> {
        let named = Self::of_notices(version, notices)?;
        if named.edition <= self.edition && self.agrees(&named) {
            return Ok(self.clone());
        }
        if named.edition <= self.edition {
            let known = &self.notices_version;
            let newer = NoticeFault {
                place: Place::Version,
                problem: format!("{version} has other days than {known}, and is not newer"),
                right: format!("write a version after {known}"),
            };
            return Err(vec![newer]);
        }
        let mut notices = self.notices.clone();
        notices.extend(named.notices);
        Self::of_notices(version, notices.into_values().collect()).map(|calendar| calendar.with_close(self.close))
    }

    /// Whether each year of `other` has a notice here, with the same working days.
    fn agrees(&self, other: &Self) -> bool {
        other.notices.keys().all(|year| {
            let first = NaiveDate::from_ymd_opt(*year, 1, 1).expect("the year of a notice");
            let mut days = first.iter_days().take_while(|day| day.year() == *year);
            self.notices.contains_key(year) && days.all(|day| self.is_working(day) == other.is_working(day))
        })
    }

    /// Reads a file of notices, in the form of this crate's `notices.toml`.
    ///
    /// # Errors
    /// [`CalendarError`] for the first fault: no TOML, a missing or unknown key, or a fault of
    /// [`Calendar::of_notices`].
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let (file, notices) = read(text)?;
        Self::of_notices(file.version.get_ref(), notices).map_err(|faults| file.error(text, faults))
    }

    /// Reads a file of notices and adds them to this calendar, see [`Calendar::amended`].
    ///
    /// # Errors
    /// Errors of [`Calendar::parse`]; a version that is not newer.
    pub fn amended_by(&self, text: &str) -> Result<Self, CalendarError> {
        let (file, notices) = read(text)?;
        self.amended(file.version.get_ref(), notices)
            .map_err(|faults| file.error(text, faults))
    }
}

/// Year and number of a version such as `cn-2026.1`.
pub(crate) fn edition(version: &str) -> Option<(u32, u32)> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let digits = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let (name, number) = version.rsplit_once('-')?;
    let (year, edition) = number.split_once('.')?;
    let named = !name.is_empty() && name.chars().all(is_plain) && version.len() <= MAX_VERSION_BYTES;
    named.then_some((digits(year)?, digits(edition)?))
}

/// The days of notices, and their faults.
#[derive(Default)]
struct Check {
    years: BTreeMap<i32, usize>,
    off: BTreeSet<NaiveDate>,
    make_up: BTreeSet<NaiveDate>,
    faults: Vec<NoticeFault>,
}

impl Check {
    fn refuse(&mut self, place: Place, (problem, right): (String, &str)) {
        self.faults.push(NoticeFault {
            place,
            problem,
            right: right.to_owned(),
        });
    }

    fn notice(&mut self, at: usize, notice: &Notice) {
        let year = notice.year;
        if !YEARS.contains(&year) {
            let right = format!("a year lies in {} to {}", YEARS.start(), YEARS.end());
            // The days are not checked: all of them would be outside of such a year.
            return self.refuse(Place::Year(at), (format!("{year} is no year of a notice"), &right));
        }
        let source = &notice.source;
        if source.trim().is_empty() || source.chars().count() > MAX_SOURCE || source.chars().any(char::is_control) {
            let problem = if source.trim().is_empty() {
                "nothing is named"
            } else {
                "this is no title"
            };
            let right = format!("name the title and number of the notice, in {MAX_SOURCE} characters");
            self.refuse(Place::Source(at), (problem.to_owned(), &right));
        }
        if self.years.insert(year, at).is_some() {
            let right = "merge them into one [[notice]] per year";
            return self.refuse(Place::Year(at), (format!("{year} has two notices"), right));
        }
        for (list, place) in [
            (&notice.off, Place::Off(at, MAX_ENTRIES)),
            (&notice.work, Place::Work(at, MAX_ENTRIES)),
        ] {
            if list.len() > MAX_ENTRIES {
                self.refuse(place, (format!("{} entries", list.len()), "no year has so many days"));
            }
        }
        for (nth, entry) in notice.off.iter().take(MAX_ENTRIES).enumerate() {
            let taken = days(entry, year).and_then(|days| self.take_off(days));
            taken.unwrap_or_else(|fault| self.refuse(Place::Off(at, nth), fault));
        }
        for (nth, entry) in notice.work.iter().take(MAX_ENTRIES).enumerate() {
            let taken = days(entry, year).and_then(|days| self.take_make_up(days));
            taken.unwrap_or_else(|fault| self.refuse(Place::Work(at, nth), fault));
        }
    }

    fn take_off(&mut self, days: impl Iterator<Item = NaiveDate>) -> Result<(), Fault> {
        for day in days {
            if !self.off.insert(day) {
                return Err((format!("{day} is named twice"), "name it once"));
            }
        }
        Ok(())
    }

    fn take_make_up(&mut self, days: impl Iterator<Item = NaiveDate>) -> Result<(), Fault> {
        for day in days {
            if self.off.contains(&day) {
                let problem = format!("{day} is a day off as well");
                return Err((problem, "leave it in \"off\" or in \"work\", not in both"));
            }
            if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
                let problem = format!("{day} is a {}, a working day already", day.format("%A"));
                return Err((problem, "name only Saturdays and Sundays"));
            }
            if !self.make_up.insert(day) {
                return Err((format!("{day} is named twice"), "name it once"));
            }
        }
        Ok(())
    }
}

/// The days of an entry, at most a year of them.
fn days(entry: &str, year: i32) -> Result<impl Iterator<Item = NaiveDate> + use<>, Fault> {
    let (first, last) = entry.split_once("..").unwrap_or((entry, entry));
    let (first, last) = (day(first)?, day(last)?);
    if let Some(outside) = [first, last].into_iter().find(|d| d.year() != year) {
        let problem = format!("{outside} lies outside of {year}");
        return Err((problem, "put it into the [[notice]] of its own year"));
    }
    if last < first {
        let problem = format!("{last} is before {first}");
        return Err((problem, "write the earlier day first"));
    }
    Ok(first.iter_days().take_while(move |d| *d <= last))
}

fn day(text: &str) -> Result<NaiveDate, Fault> {
    // chrono would also accept "2026-1-4". With one form for a day, a file can be searched.
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    date.filter(|d| d.to_string() == text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        (format!("{shown:?} is no day"), DAY)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticesFile {
    version: Spanned<String>,
    notice: Vec<NoticeTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeTable {
    year: Spanned<i32>,
    source: Spanned<String>,
    off: Vec<Spanned<String>>,
    work: Vec<Spanned<String>>,
}

fn read(text: &str) -> Result<(NoticesFile, Vec<Notice>), CalendarError> {
    let file: NoticesFile = toml::from_str(text).map_err(|e| unreadable(text, &e))?;
    let notices = file.notice.iter().map(NoticeTable::notice).collect();
    Ok((file, notices))
}

impl NoticeTable {
    fn notice(&self) -> Notice {
        let entries = |list: &[Spanned<String>]| list.iter().map(|entry| entry.get_ref().clone()).collect();
        Notice {
            year: *self.year.get_ref(),
            source: self.source.get_ref().clone(),
            off: entries(&self.off),
            work: entries(&self.work),
        }
    }
}

impl NoticesFile {
    /// The first fault, with its line.
    fn error(&self, text: &str, faults: Vec<NoticeFault>) -> CalendarError {
        let NoticeFault { place, problem, right } = faults.into_iter().next().expect("notices are refused for a fault");
        let (span, key) = self.find(place);
        CalendarError {
            line: line_of(text, &span),
            key,
            problem,
            right,
        }
    }

    /// The range of a place in the file, and its key with the year.
    fn find(&self, place: Place) -> (Range<usize>, String) {
        let (at, key) = match place {
            Place::Version | Place::Notices => return (self.version.span(), place.path("notice")),
            Place::Year(at) => (at, "year"),
            Place::Source(at) => (at, "source"),
            Place::Off(at, _) => (at, "off"),
            Place::Work(at, _) => (at, "work"),
        };
        let table = &self.notice[at];
        let entry = match place {
            Place::Off(_, entry) => table.off.get(entry).map(Spanned::span),
            Place::Work(_, entry) => table.work.get(entry).map(Spanned::span),
            Place::Source(_) => Some(table.source.span()),
            _ => None,
        };
        let span = entry.unwrap_or_else(|| table.year.span());
        (span, format!("notice.{}.{key}", table.year.get_ref()))
    }
}

/// The error of the TOML reader, with the key of its line.
fn unreadable(text: &str, error: &toml::de::Error) -> CalendarError {
    let line = line_of(text, &error.span().unwrap_or_default());
    let content = text.lines().nth(line - 1).unwrap_or_default();
    let key = content.split('=').next().unwrap_or_default().trim();
    // The text may be anything, and the error is logged.
    let key: String = key.chars().filter(|c| !c.is_control()).take(40).collect();
    CalendarError {
        line,
        key: if key.is_empty() { "file".to_owned() } else { key },
        problem: error.message().replace('\n', ", "),
        right: SHAPE.to_owned(),
    }
}

/// The line that `span` starts in, counted from 1.
fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = &text.as_bytes()[..span.start.min(text.len())];
    1 + before.iter().map(|b| usize::from(*b == b'\n')).sum::<usize>()
}
