//! A published version of the policy library. It never changes; a day has the version in force on it.

use chrono::NaiveDate;

/// A version as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Version number, from 1.
    pub version: u64,
    /// First day (Asia/Shanghai) on which it is in force. Of two versions with the same day the higher one wins.
    pub valid_from: NaiveDate,
    /// Its policies.
    pub policies: Vec<Policy>,
    /// Codes of its specialists.
    pub specialists: Vec<String>,
}

/// A policy of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Code.
    pub code: String,
    /// First day on which it holds.
    pub valid_from: NaiveDate,
    /// Last day on which it holds; none without an end.
    pub valid_to: Option<NaiveDate>,
}
