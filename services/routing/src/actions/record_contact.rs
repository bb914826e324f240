//! 联系当事人: the unit records a contact with the appellant. The note is sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::routing::{ContactMode, ContactResult};
use personal::Phone;
use personal::sealing::SealKey;
use platform::ids::new_id;
use platform::rows::{int, small};
use platform::source;
use uuid::Uuid;

use super::{Actor, Asked, Error, Locked, Rules, Step, write_all};
use crate::domain::order::Contact;
use crate::domain::order::Order;
use crate::domain::violation::Violation;
use crate::store::contacts;

/// The caller's request.
#[derive(Clone)]
pub struct RecordContact {
    /// The order.
    pub order: Asked,
    /// Way of the contact.
    pub mode: ContactMode,
    /// Time of the contact, if the unit gives one.
    pub made_at: Option<DateTime<Utc>>,
    /// Number that was called; always set for a phone call.
    pub phone: Option<Phone>,
    /// Result of the contact.
    pub result: ContactResult,
    /// Note on the conversation.
    pub note: Option<String>,
    /// Reference of the recording.
    pub recording: Option<String>,
    /// The liaison.
    pub by: Actor,
}

/// Records several contacts. Each item is decided by itself, after the items before it; refused items change nothing.
/// The accepted ones are written together. The results are in the order of the items.
///
/// # Errors
/// Errors of the store. An item fails with [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`],
/// [`Error::Refused`] with `NOT_IN_PROGRESS` or `TOO_MANY_RECORDS`, or [`Error::Invalid`] for a contact time in the
/// future or too long ago.
pub async fn record_contacts(
    tx: &mut Tx,
    rules: &Rules,
    key: &SealKey,
    commands: &[RecordContact],
    now: DateTime<Utc>,
) -> Result<Vec<Result<(Order, Uuid), Error>>, Error> {
    let items: Vec<_> = commands.iter().map(|item| (item.order, &item.by.reach)).collect();
    let mut locked = Locked::of(tx, rules, &items, now).await?;
    let mut results = Vec::with_capacity(commands.len());
    let (mut steps, mut records) = (Vec::new(), Vec::new());
    // Ids of one instant are random. Sorted, they keep the order of the items wherever contacts are listed.
    let mut ids: Vec<Uuid> = commands.iter().map(|_| new_id(now)).collect();
    ids.sort_unstable();
    for (command, id) in commands.iter().zip(ids) {
        results.push(record(&mut locked, rules, id, command, now).map(|step| {
            let order = step.order.clone();
            records.push(sealed(key, id, command, &step));
            steps.push(step);
            (order, id)
        }));
    }
    contacts::insert(tx.conn(), records).await?;
    write_all(tx, &steps).await?;
    Ok(results)
}

fn record(
    locked: &mut Locked,
    rules: &Rules,
    id: Uuid,
    command: &RecordContact,
    now: DateTime<Utc>,
) -> Result<Step, Error> {
    let order = locked.get(command.order, &command.by.reach)?;
    if let Some(fault) = command.made_at.and_then(|at| source::fault(at, now, rules.source_days)) {
        return Err(Error::Invalid(vec![Violation::new("made_time".to_owned(), fault)]));
    }
    let made = Contact {
        id,
        reached: command.result == ContactResult::Reached,
        mode: command.mode,
        made_at: command.made_at,
    };
    locked.step(order, &command.by.subject, |order| order.record_contact(made, now))
}

/// The record with its personal fields sealed.
fn sealed(key: &SealKey, id: Uuid, command: &RecordContact, step: &Step) -> contacts::Contact {
    let seal = |column, text: &str| key.seal(contacts::cell(column, id), text);
    contacts::Contact {
        id,
        order_id: step.order.id.0,
        round: int(step.order.round()),
        at: step.change.at,
        actor: step.actor.clone(),
        result: small(command.result.into()),
        mode: small(command.mode.into()),
        made_at: command.made_at,
        phone: command.phone.as_ref().map(|phone| seal("phone", phone.kept())),
        note: command.note.as_deref().map(|note| seal("note", note)),
        recording: command
            .recording
            .as_deref()
            .map(|recording| seal("recording", recording)),
    }
}
