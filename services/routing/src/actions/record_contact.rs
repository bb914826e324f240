//! 联系当事人: a contact of the unit with the appellant. What was said is sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::routing::ContactResult;
use platform::ids::new_id;
use platform::sealing::SealKey;
use uuid::Uuid;

use super::{Actor, Error, lock_for, write};
use crate::NAME;
use crate::domain::order::{Order, OrderId};
use crate::store::contacts;

/// What the caller asks for.
#[derive(Clone)]
pub struct RecordContact {
    /// The order.
    pub order: OrderId,
    /// Number that was called, in normal form.
    pub phone: String,
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
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] with `NOT_IN_PROGRESS`, `TOO_MANY_CONTACTS`.
#[tracing::instrument(skip_all, fields(service = NAME), name = "record_contact")]
pub async fn record_contact(
    tx: &mut Tx,
    key: &SealKey,
    command: &RecordContact,
    now: DateTime<Utc>,
) -> Result<(Order, Uuid), Error> {
    let order = lock_for(tx, command.order, &command.by.reach, now).await?;
    let id = new_id(now);
    let (order, change) = order.record_contact(id, command.result == ContactResult::Reached, now)?;
    let seal = |column, text: &str| key.seal(contacts::cell(column, id), text);
    let contact = contacts::Contact {
        id,
        order: order.id,
        round: order.round(),
        at: change.at,
        actor: command.by.subject.clone(),
        result: command.result.into(),
        phone: seal("phone", &command.phone),
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
