//! README.md has a line for each value, made of values.yaml and its comments.
//! `UPDATE=1 cargo test -p chart readme` writes the table; without it, the table is compared.

use std::fmt::Write as _;

use serde_json::Value;

use crate::helm::{chart, text};
use crate::objects::Objects;

const BEGIN: &str = "<!-- made of values.yaml: UPDATE=1 cargo test -p chart readme -->\n";
const END: &str = "<!-- end -->\n";

/// A value: its path, its default, and its comment.
struct Line {
    path: Vec<String>,
    default: Value,
    comment: String,
}

/// The values that have a comment of their own. A key without one has to have keys below it that do.
fn lines(source: &str) -> Vec<Line> {
    let values = Objects::parse(source).0.remove(0);
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    // Below a value with a comment of its own that is a list or a map, the rest belongs to it.
    for text in source.lines() {
        let trimmed = text.trim_start();
        let depth = text.len() - trimmed.len();
        if let Some(words) = trimmed.strip_prefix('#') {
            comment.push(words.trim());
            continue;
        }
        let Some((key, rest)) = trimmed.split_once(':').filter(|_| !trimmed.starts_with('-')) else {
            comment.clear();
            continue;
        };
        path.retain(|(other, _)| *other < depth);
        path.push((depth, key.to_owned()));
        if comment.is_empty() {
            assert!(
                rest.trim().is_empty() || below_a_list(&values, &path),
                "{} has no comment",
                dotted(&path)
            );
            continue;
        }
        let names: Vec<String> = path.iter().map(|(_, key)| key.clone()).collect();
        lines.push(Line {
            default: names.iter().fold(values.clone(), |value, key| value[key].clone()),
            path: names,
            comment: std::mem::take(&mut comment).join(" "),
        });
    }
    lines
}

/// Inside a list, whose one line is that of the list.
fn below_a_list(values: &Value, path: &[(usize, String)]) -> bool {
    let mut value = values;
    for (_, key) in path {
        if value.is_array() {
            return true;
        }
        value = &value[key];
    }
    false
}

fn dotted(path: &[(usize, String)]) -> String {
    path.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join(".")
}

fn table(source: &str) -> String {
    let mut table = String::from("| key | default | |\n|---|---|---|\n");
    for line in lines(source) {
        // The parts of a map with a comment have lines of their own.
        let default = match &line.default {
            Value::Object(map) if !map.is_empty() => String::new(),
            other => format!("`{other}`"),
        };
        let comment = line.comment.replace('|', "\\|").replace("<service>", "&lt;service&gt;");
        let comment = comment.replace("`&lt;service&gt;`", "`<service>`");
        writeln!(table, "| `{}` | {default} | {comment} |", line.path.join(".")).expect("a String takes all");
    }
    table
}

#[test]
fn the_table_of_values_is_that_of_the_file() {
    let path = chart().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the chart has a README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("README.md has a place for the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let made = format!(
        "{before}{BEGIN}{}{END}{after}",
        table(&text("helm/hotline/values.yaml"))
    );
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).expect("README.md can be written");
    } else {
        assert!(
            made == readme,
            "helm/hotline/README.md is not that of values.yaml: UPDATE=1 cargo test -p chart readme"
        );
    }
}

/// Every value has a line: a key without a comment would be missing in the table.
#[test]
fn every_value_has_a_comment() {
    let source = text("helm/hotline/values.yaml");
    let lines = lines(&source);
    let covered = |path: &[String]| lines.iter().any(|line| path.starts_with(&line.path));
    let mut missing = Vec::new();
    let mut look = vec![(Vec::new(), Objects::parse(&source).0.remove(0))];
    while let Some((path, value)) = look.pop() {
        match value {
            Value::Object(map) if !map.is_empty() => look.extend(map.into_iter().map(|(key, value)| {
                let mut path: Vec<String> = path.clone();
                path.push(key);
                (path, value)
            })),
            _ if !covered(&path) => missing.push(path.join(".")),
            _ => {}
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(lines.len() > 90, "{}", lines.len());
}

#[test]
fn a_key_without_a_comment_would_be_found() {
    let wrong = std::panic::catch_unwind(|| lines("a:\n  # said\n  b: 1\n  c: 2\n"));
    assert!(wrong.is_err(), "c has no comment");
}
