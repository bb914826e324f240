//! What was acknowledged, line by line, in a file that outlives the run.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// One acknowledgement.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Line {
    /// An agent's appeal.
    Registered { request_id: String, appeal_id: String },
    /// A platform's appeal.
    Pushed { upstream_number: String, appeal_id: String },
    /// An appeal that becomes an order.
    Forwarded { appeal_id: String, order_id: String },
    /// What a person did with an order.
    Did { order_id: String, step: Did },
}

/// A person's step.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// The unit has taken the order.
    Signed,
    /// The unit spoke with the person.
    Contacted,
    /// The unit answered.
    Replied { reply_id: String },
    /// A reviewer let the answer pass.
    Passed,
    /// The person was asked, and is satisfied.
    CalledBack,
}

/// A run's file. A line is written before the call that it is about counts as done.
pub struct Ledger(Mutex<File>);

impl Ledger {
    pub fn create(folder: &Path, run: &str) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{run}.jsonl"));
        Ok(Self(Mutex::new(File::options().append(true).create(true).open(path)?)))
    }

    pub fn note(&self, line: &Line) {
        let mut text = serde_json::to_string(line).expect("a line has no keys that JSON cannot hold");
        text.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes()).expect("the ledger's volume has room");
    }
}

/// Every line of every run.
pub fn read_all(folder: &Path) -> Result<Vec<Line>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let file = File::open(entry.map_err(failed)?.path()).map_err(failed)?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(failed)?;
            lines.push(serde_json::from_str(&line).map_err(|error| format!("\"{line}\": {error}"))?);
        }
    }
    Ok(lines)
}
