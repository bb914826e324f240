//! 联系当事人: a contact of the unit with the appellant. What was said is sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::routing::{ContactMode, ContactResult};
use personal::Phone;
use personal::sealing::SealKey;
use platform::ids::new_id;
use platform::source;
use uuid::Uuid;

use super::{Actor, Error, Rules, lock_for, write};
use crate::domain::directory::Violation;
use crate::domain::order::{Order, OrderId};
use crate::domain::transitions::Contact;
use crate::store::contacts;

/// What the caller asks for.
#[derive(Clone)]
pub struct RecordContact {
    /// The order.
    pub order: OrderId,
    /// How.
    pub mode: ContactMode,
    /// When it was made, if the unit says.
    pub made_at: Option<DateTime<Utc>>,
    /// Number that was called; always there for a call.
    pub phone: Option<Phone>,
    /// How it went.
    pub result: ContactResult,
    /// What was said.
    pub note: Option<String>,
    /// Reference of the recording.
    pub recording: Option<String>,
    /// Who.
    pub by: Actor,
}

/// Gives the order and the id of the record. `key` is fetched before the transaction.
///
/// # Errors
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] with `NOT_IN_PROGRESS`, `TOO_MANY_CONTACTS`;
/// [`Error::Invalid`] for a time that may not stand.
pub async fn record_contact(
    tx: &mut Tx,
    rules: &Rules,
    key: &SealKey,
    command: &RecordContact,
    now: DateTime<Utc>,
) -> Result<(Order, Uuid), Error> {
    let order = lock_for(tx, command.order, &command.by.reach, now).await?;
    if let Some(fault) = command.made_at.and_then(|at| source::fault(at, now, rules.source_days)) {
        return Err(Error::Invalid(vec![Violation::new("made_time".to_owned(), fault)]));
    }
    let id = new_id(now);
    let (order, change) = order.record_contact(
        Contact {
            id,
            reached: command.result == ContactResult::Reached,
            mode: command.mode,
            made_at: command.made_at,
        },
        now,
    )?;
    let seal = |column, text: &str| key.seal(contacts::cell(column, id), text);
    let contact = contacts::Contact {
        id,
        order: order.id,
        round: order.round(),
        at: change.at,
        actor: command.by.subject.clone(),
        result: command.result.into(),
        mode: command.mode.into(),
        made_at: command.made_at,
        phone: command.phone.as_ref().map(|phone| seal("phone", phone.kept())),
        note: command.note.as_deref().map(|note| seal("note", note)),
        recording: command
            .recording
            .as_deref()
            .map(|recording| seal("recording", recording)),
    };
    contacts::insert(tx.conn(), &contact).await?;
    write(tx, &order, &change, &command.by.subject).await?;
    Ok((order, id))
}
