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

use super::{Actor, Asked, Error, Rules, apply, lock_for, write};
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

/// Returns the order and the id of the record. `key` is fetched before the transaction.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`]; [`Error::Refused`] with
/// `NOT_IN_PROGRESS` or `TOO_MANY_RECORDS`; [`Error::Invalid`] for a contact time in the future or too long ago.
pub async fn record_contact(
    tx: &mut Tx,
    rules: &Rules,
    key: &SealKey,
    command: &RecordContact,
    now: DateTime<Utc>,
) -> Result<(Order, Uuid), Error> {
    let order = lock_for(tx, rules, command.order, &command.by.reach, now).await?;
    if let Some(fault) = command.made_at.and_then(|at| source::fault(at, now, rules.source_days)) {
        return Err(Error::Invalid(vec![Violation::new("made_time".to_owned(), fault)]));
    }
    let id = new_id(now);
    let made = Contact {
        id,
        reached: command.result == ContactResult::Reached,
        mode: command.mode,
        made_at: command.made_at,
    };
    let (order, change) = apply(order, |order| order.record_contact(made, now))?;
    let seal = |column, text: &str| key.seal(contacts::cell(column, id), text);
    let contact = contacts::Contact {
        id,
        order_id: order.id.0,
        round: int(order.round()),
        at: change.at,
        actor: command.by.subject.clone(),
        result: small(command.result.into()),
        mode: small(command.mode.into()),
        made_at: command.made_at,
        phone: command.phone.as_ref().map(|phone| seal("phone", phone.kept())),
        note: command.note.as_deref().map(|note| seal("note", note)),
        recording: command
            .recording
            .as_deref()
            .map(|recording| seal("recording", recording)),
    };
    contacts::insert(tx.conn(), contact).await?;
    write(tx, &order, &change, &command.by.subject).await?;
    Ok((order, id))
}
