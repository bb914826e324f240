//! Reads the notices from TOML, and refuses a file that contradicts itself: a wrong day moves thousands of deadlines.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use toml::Spanned;

use crate::{Calendar, Close};

/// The years that a notice may speak of: a slip of a digit is refused.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// The version is stored with every deadline; more is a mistake.
const MAX_VERSION_BYTES: usize = 32;

const SHAPE: &str = "write version = \"cn-2026.1\", then for each year a [[notice]] with year = 2026, source = \"…\", \
                     off = [\"2026-02-15..2026-02-23\", …] and work = [\"2026-02-14\", …]";
const DAY: &str = "write a day as \"2026-01-04\", or days off as first..last, \"2026-02-15..2026-02-23\"";

/// Why a file of notices is refused, where, and what would be right.
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

impl Calendar {
    /// Reads a file of notices, shaped like `notices.toml` of this crate. The close is the default, see
    /// [`Calendar::with_close`].
    ///
    /// # Errors
    /// [`CalendarError`] at the first thing that cannot be: no TOML, a missing or unknown key, no date, a day outside
    /// of its notice's year, a day named twice, off and make-up at once, a make-up workday that is no weekend.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let file: NoticesFile = toml::from_str(text).map_err(|e| unreadable(text, &e))?;
        let version = file.version.get_ref();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if version.is_empty() || version.len() > MAX_VERSION_BYTES || !version.chars().all(is_plain) {
            return Err(CalendarError {
                line: line_of(text, &file.version.span()),
                key: "version".to_owned(),
                problem: format!("{version:?} is no version"),
                right: format!("use 1 to {MAX_VERSION_BYTES} letters, digits, \"-\", \".\", \"_\""),
            });
        }
        let mut calendar = Self {
            notices_version: version.clone(),
            version: version.clone(),
            sources: BTreeMap::new(),
            off: BTreeSet::new(),
            make_up: BTreeSet::new(),
            close: Close::default(),
        };
        for table in &file.notice {
            add_notice(text, table, &mut calendar)?;
        }
        Ok(calendar)
    }
}

fn add_notice(text: &str, table: &NoticeTable, calendar: &mut Calendar) -> Result<(), CalendarError> {
    let year = *table.year.get_ref();
    let refuse = |span: Range<usize>, key: &str, problem: String, right: &str| CalendarError {
        line: line_of(text, &span),
        key: format!("notice.{year}.{key}"),
        problem,
        right: right.to_owned(),
    };
    if !YEARS.contains(&year) {
        let right = format!("a year lies in {} to {}", YEARS.start(), YEARS.end());
        let problem = format!("{year} is no year of a notice");
        return Err(refuse(table.year.span(), "year", problem, &right));
    }
    if table.source.get_ref().trim().is_empty() {
        let problem = "nothing is named".to_owned();
        let right = "name the title and number of the notice";
        return Err(refuse(table.source.span(), "source", problem, right));
    }
    if calendar.sources.insert(year, table.source.get_ref().clone()).is_some() {
        let problem = format!("{year} has two notices");
        let right = "merge them into one [[notice]] per year";
        return Err(refuse(table.year.span(), "year", problem, right));
    }
    for entry in &table.off {
        let refuse = |problem, right: &str| refuse(entry.span(), "off", problem, right);
        for day in days(entry.get_ref(), year).map_err(|(problem, right)| refuse(problem, right))? {
            if !calendar.off.insert(day) {
                return Err(refuse(format!("{day} is named twice"), "name it once"));
            }
        }
    }
    for entry in &table.work {
        let refuse = |problem, right: &str| refuse(entry.span(), "work", problem, right);
        for day in days(entry.get_ref(), year).map_err(|(problem, right)| refuse(problem, right))? {
            check_make_up(calendar, day).map_err(|(problem, right)| refuse(problem, right))?;
            calendar.make_up.insert(day);
        }
    }
    Ok(())
}

/// What is wrong with an entry, and what would be right.
type Fault = (String, &'static str);

fn check_make_up(calendar: &Calendar, day: NaiveDate) -> Result<(), Fault> {
    if calendar.off.contains(&day) {
        let problem = format!("{day} is a day off as well");
        return Err((problem, "leave it in \"off\" or in \"work\", not in both"));
    }
    if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        let problem = format!("{day} is a {}, a working day already", day.format("%A"));
        return Err((problem, "name only Saturdays and Sundays"));
    }
    if calendar.make_up.contains(&day) {
        return Err((format!("{day} is named twice"), "name it once"));
    }
    Ok(())
}

/// The days that `entry` names, at most a year of them.
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
    // chrono alone would take "2026-1-4" too: one way to write a day, so that a file can be searched.
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    date.filter(|d| d.to_string() == text)
        .ok_or_else(|| (format!("{text:?} is no day"), DAY))
}

/// What the TOML reader says, with the key of the line it points at.
fn unreadable(text: &str, error: &toml::de::Error) -> CalendarError {
    let line = line_of(text, &error.span().unwrap_or_default());
    let content = text.lines().nth(line - 1).unwrap_or_default();
    let key = content.split('=').next().unwrap_or_default().trim();
    // What stands there may be anything, and goes into a log.
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
