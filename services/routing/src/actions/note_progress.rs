//! 阶段性回复: the unit notes its progress. The text is sealed.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;
use platform::ids::new_id;
use platform::rows::int;
use uuid::Uuid;

use super::{Actor, Asked, Error, Rules, apply, lock_for, write};
use crate::domain::order::Order;
use crate::domain::violation::Violation;
use crate::store::progress;

/// The caller's request.
#[derive(Clone)]
pub struct NoteProgress {
    /// The order.
    pub order: Asked,
    /// The note.
    pub text: String,
    /// Day of the next note or of the reply, if the unit gives one.
    pub next_day: Option<NaiveDate>,
    /// The liaison.
    pub by: Actor,
}

/// Returns the order and the id of the note. `key` is fetched before the transaction.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`]; [`Error::Refused`] with
/// `NOT_IN_PROGRESS` or `TOO_MANY_RECORDS`; [`Error::Invalid`] for a day before today.
pub async fn note_progress(
    tx: &mut Tx,
    rules: &Rules,
    key: &SealKey,
    command: &NoteProgress,
    now: DateTime<Utc>,
) -> Result<(Order, Uuid), Error> {
    let order = lock_for(tx, rules, command.order, &command.by.reach, now).await?;
    if command.next_day.is_some_and(|day| day < calendar::local_date(now)) {
        let fault = Violation::new("next_day".to_owned(), "must not be before today".to_owned());
        return Err(Error::Invalid(vec![fault]));
    }
    let notes = progress::count(tx.conn(), order.id).await?;
    let id = new_id(now);
    let (order, change) = apply(order, |order| order.note_progress(id, command.next_day, notes, now))?;
    let note = progress::Note {
        id,
        order_id: order.id.0,
        round: int(order.round()),
        at: change.at,
        actor: command.by.subject.clone(),
        next_day: command.next_day,
        text: key.seal(progress::cell(id), &command.text),
    };
    progress::insert(tx.conn(), vec![note]).await?;
    write(tx, &order, &change, &command.by.subject).await?;
    Ok((order, id))
}
