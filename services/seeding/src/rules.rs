//! What becomes of each table of the five databases, in the order of loading: parents before children.
//!
//! A table that stands in no list is an error, so that a new one is not forgotten.

use hosting::Name;

/// What becomes of the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Its rows stay behind: receipts of requests that a service would forget at once, and what describes one database.
    Left,
    /// Its rows are written for the new log: its heads, and the cursors of readers.
    Written,
    /// Reference data, and what is registered once: loaded once.
    Once,
    /// As [`Self::Once`]; the installation has made its rows, which are replaced.
    Replaced,
    /// Loaded once for each copy, with mapped ids.
    Copied,
    /// The log: as [`Self::Copied`], with new partitions and positions.
    Log,
    /// Sums over facts: loaded once, each sum times the copies.
    Summed,
}

/// Id of the row that a sealed cell is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedFor {
    /// Column `id`.
    Id,
    /// An attempt of callback has no id: it is derived from its task and its number.
    Attempt,
}

/// A table and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What becomes of its rows.
    pub treatment: Treatment,
    /// Columns with sealed cells.
    pub sealed: &'static [&'static str],
    /// What its cells are bound to.
    pub sealed_for: SealedFor,
}

/// Columns of `bytea` that name nothing which a copy changes.
pub const OPAQUE: [&str; 1] = ["upstream_hash"];

/// Sums of roll-ups over things that are registered once. Copies do not multiply them.
pub const SUMMED_ONCE: [&str; 1] = ["leader_days"];

const fn table(name: &'static str, treatment: Treatment) -> Table {
    sealed(name, treatment, &[])
}

const fn sealed(name: &'static str, treatment: Treatment, sealed: &'static [&'static str]) -> Table {
    Table {
        name,
        treatment,
        sealed,
        sealed_for: SealedFor::Id,
    }
}

use Treatment::{Copied, Left, Log, Once, Replaced, Summed, Written};

/// Tables that every database has.
const COMMON: [Table; 11] = [
    table("data_key", Once),
    table("log_meta", Left),
    table("log_ancestor", Left),
    table("log_head", Written),
    table("log", Log),
    table("cursor", Written),
    table("parked", Left),
    table("waiting", Left),
    table("superseded", Copied),
    table("request", Left),
    table("sealed_read", Copied),
];

const INTAKE: [Table; 15] = [
    table("reference_head", Replaced),
    table("reference_version", Once),
    table("reference_code", Once),
    table("register_head", Replaced),
    table("register_version", Once),
    table("deputy", Once),
    table("policy", Once),
    table("specialist", Once),
    table("leader_day", Once),
    table("leader_turn", Once),
    sealed("call", Copied, &["phone"]),
    sealed(
        "appeal",
        Copied,
        &[
            "name",
            "phone",
            "id_number",
            "document_kind",
            "address",
            "title",
            "content",
            "place",
            "answer",
            "outcome",
            "acknowledged_by",
        ],
    ),
    sealed("inquiry", Copied, &["question", "answer"]),
    sealed("account_message", Copied, &["sender", "text", "answer"]),
    table("personal_read", Copied),
];

const ROUTING: [Table; 15] = [
    table("calendar_version", Once),
    table("calendar_notice", Once),
    table("directory_head", Replaced),
    table("directory_version", Once),
    table("unit", Once),
    table("catalogue_row", Once),
    table("limit_row", Once),
    table("orders", Copied),
    table("linked_appeal", Copied),
    table("transition", Copied),
    table("deadline", Copied),
    sealed("contact", Copied, &["phone", "note", "recording"]),
    sealed("progress_note", Copied, &["text"]),
    sealed("reply", Copied, &["text", "evidence"]),
    table("judgement", Copied),
];

const SUPERVISION: [Table; 9] = [
    table("watched_order", Copied),
    table("watched_appeal", Copied),
    table("watch_clock", Copied),
    table("card", Copied),
    sealed("review", Copied, &["requirement"]),
    sealed("risk_notice", Copied, &["summary", "measures"]),
    sealed("risk_addressee", Copied, &["feedback"]),
    table("risk_order", Copied),
    table("ledger_entry", Copied),
];

const CALLBACK: [Table; 3] = [
    table("told_order", Copied),
    sealed("callback_task", Copied, &["comment", "reason"]),
    Table {
        name: "attempt",
        treatment: Copied,
        sealed: &["recording"],
        sealed_for: SealedFor::Attempt,
    },
];

const ANALYTICS: [Table; 15] = [
    table("contribution_version", Replaced),
    table("library_version", Once),
    table("library_policy", Once),
    table("library_specialist", Once),
    table("published_name", Once),
    table("published_unit", Once),
    table("fact_leader_day", Once),
    table("fact_call", Copied),
    table("fact_appeal", Copied),
    table("fact_order", Copied),
    table("fact_callback", Copied),
    table("fact_account_message", Copied),
    table("fact_ledger_entry", Copied),
    table("fact_risk_notice", Copied),
    table("rollup", Summed),
];

/// The tables of a service's database, in the order of loading.
pub fn tables(service: Name) -> impl Iterator<Item = Table> {
    let own: &[Table] = match service {
        Name::Intake => &INTAKE,
        Name::Routing => &ROUTING,
        Name::Supervision => &SUPERVISION,
        Name::Callback => &CALLBACK,
        Name::Analytics => &ANALYTICS,
    };
    COMMON.iter().chain(own).copied()
}

/// Sequences of serials, each with the letter of its numbers.
#[must_use]
pub const fn sequence(service: Name) -> Option<(&'static str, char)> {
    match service {
        Name::Intake => Some(("appeal_serial", 'A')),
        Name::Routing => Some(("order_serial", 'W')),
        Name::Supervision => Some(("risk_notice_serial", 'R')),
        Name::Callback | Name::Analytics => None,
    }
}

/// Names by which the keys of publications are derived from the nil id.
pub const PUBLICATIONS: [&str; 3] = ["reference", "library", "routing.units"];
