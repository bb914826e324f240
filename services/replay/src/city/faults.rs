//! Faults in a TOML file of the operator, each with line, key and correction.
//!
//! The TOML parser stops at the first text that it cannot read. Contradictions are reported all at once.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One fault in a file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, {key}: {problem}; {right}")]
pub struct Fault {
    /// Line, counted from 1.
    pub line: usize,
    /// Path of the key: `units[3].parent`.
    pub key: String,
    /// What was found.
    pub problem: String,
    /// What would be right.
    pub right: String,
}

/// All faults in a file, by line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{origin} cannot be used: {}", list(.faults))]
pub struct FileError {
    /// Origin of the text: a path, or a name for a compiled-in file.
    pub origin: String,
    /// The faults, at least one.
    pub faults: Vec<Fault>,
}

/// A contradiction whose line is not yet known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Path of the key: `units[3].parent`.
    pub key: String,
    /// What was found.
    pub problem: String,
    /// What would be right.
    pub right: String,
}

impl Violation {
    /// A violation at `key`.
    #[must_use]
    pub fn new(key: impl Into<String>, problem: impl Into<String>, right: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
            right: right.into(),
        }
    }
}

/// Reads `text` as `T`. `shape` describes such a file for the error message.
///
/// # Errors
/// [`FileError`] with the first text that is not TOML or does not fit `T`.
pub fn read<T: DeserializeOwned>(text: &str, origin: &str, shape: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let line = line_at(text, error.span().unwrap_or_default().start);
        let fault = Fault {
            line,
            key: key_at(text, line),
            problem: error.message().replace('\n', ", "),
            right: shape.to_owned(),
        };
        FileError {
            origin: origin.to_owned(),
            faults: vec![fault],
        }
    })
}

/// Adds the lines to violations of a readable file.
///
/// # Errors
/// [`FileError`] when there are any.
pub fn refuse(text: &str, origin: &str, violations: Vec<Violation>) -> Result<(), FileError> {
    if violations.is_empty() {
        return Ok(());
    }
    let document = DeTable::parse(text).ok();
    let line_of = |key: &str| match &document {
        Some(document) => line_at(text, span_of(document, key).start),
        None => 1,
    };
    let mut faults: Vec<Fault> = violations
        .into_iter()
        .map(|Violation { key, problem, right }| Fault {
            line: line_of(&key),
            key,
            problem,
            right,
        })
        .collect();
    faults.sort_by_key(|fault| fault.line);
    Err(FileError {
        origin: origin.to_owned(),
        faults,
    })
}

/// Position of the value of `key`, or of its nearest existing parent.
fn span_of(document: &Spanned<DeTable<'_>>, key: &str) -> Range<usize> {
    let mut found = document.span();
    let mut table = Some(document.get_ref());
    for step in key.split('.') {
        let (name, index) = match step.split_once('[') {
            Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()),
            None => (step, None),
        };
        let Some(mut value) = table.and_then(|table| table.get(name)) else {
            break;
        };
        if let (DeValue::Array(items), Some(index)) = (value.get_ref(), index) {
            let Some(item) = items.get(index) else {
                return value.span();
            };
            value = item;
        }
        found = value.span();
        table = value.get_ref().as_table();
    }
    found
}

/// The line of a byte, counted from 1.
fn line_at(text: &str, byte: usize) -> usize {
    let before = &text.as_bytes()[..byte.min(text.len())];
    1 + before.iter().map(|b| usize::from(*b == b'\n')).sum::<usize>()
}

/// The key at the start of a line. The text may be anything, and is written to a log.
fn key_at(text: &str, line: usize) -> String {
    let content = text.lines().nth(line - 1).unwrap_or_default();
    let key = content
        .split('=')
        .next()
        .unwrap_or_default()
        .trim_matches(|c: char| " \t{[]".contains(c));
    let key: String = key.chars().filter(|c| !c.is_control()).take(40).collect();
    if key.is_empty() { "file".to_owned() } else { key }
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}
