//! Finds the lines of a settings file that a message is about.

use std::path::Path;

/// Adds file and line of the keys that a message names. The parser reports only the key.
pub(super) fn with_lines(told: String, path: &Path, text: &str) -> String {
    let word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_').to_owned();
    let words: Vec<String> = told.split_whitespace().map(word).collect();
    let unknown = told
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split('`').next());
    let (mut section, mut places) = (String::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.trim().clone_into(&mut section);
            if unknown == Some(section.as_str()) {
                places.push(format!("{} line {}, [{section}]", path.display(), index + 1));
            }
            continue;
        }
        let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let name = name.trim();
        let key = if section.is_empty() {
            name.to_owned()
        } else {
            format!("{section}.{name}")
        };
        if unknown == key.rsplit('.').next() || words.contains(&key) {
            places.push(format!("{} line {}, {key}", path.display(), index + 1));
        }
    }
    if places.is_empty() {
        return told;
    }
    format!("{told} ({})", places.join("; "))
}
