//! Records an entry in the ledger of the hotline's own work.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use hotline_proto::events::LedgerKind;
use platform::ids::new_id;
use platform::rows::small;
use uuid::Uuid;

use super::Error;
use crate::domain::ledger_entry;
use crate::events;
use crate::store::ledger::{self, Entry};

/// The caller's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLedgerEntry {
    /// Kind.
    pub kind: LedgerKind,
    /// Day of the work.
    pub day: NaiveDate,
    /// Code of the unit that it concerns; empty for the hotline itself.
    pub unit: String,
    /// One line.
    pub title: String,
    /// Result; empty when none is given.
    pub result: String,
    /// Subject of the caller.
    pub actor: String,
}

/// Runs inside the transaction that the call opened. Returns the id of the entry.
///
/// # Errors
/// [`Error::Invalid`] for a day after today.
pub async fn record_ledger_entry(tx: &mut Tx, command: &RecordLedgerEntry, now: DateTime<Utc>) -> Result<Uuid, Error> {
    if let Some(fault) = ledger_entry::fault(command.day, now) {
        return Err(Error::Invalid(vec![fault]));
    }
    let entry = Entry {
        id: new_id(now),
        kind: small(command.kind.into()),
        day: command.day,
        unit: command.unit.clone(),
        title: command.title.clone(),
        result: command.result.clone(),
        recorded_at: now,
        actor: command.actor.clone(),
    };
    ledger::insert(tx.conn(), &entry).await?;
    tx.tell(events::recorded(&entry));
    Ok(entry.id)
}
