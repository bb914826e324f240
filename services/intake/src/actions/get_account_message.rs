//! Reads a message of an account. A reader of its texts states a purpose. The reading is recorded before the texts are
//! shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;
use uuid::Uuid;

use super::Error;
use crate::domain::account::AccountMessage;
use crate::store::account_messages::{self, Texts};
use crate::store::reads::{self, Of, PersonalRead};

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct GetAccountMessage {
    /// The message.
    pub message: Uuid,
    /// Purpose of reading the texts; `None` leaves them out.
    pub purpose: Option<String>,
    /// Subject of the reader.
    pub reader: String,
}

/// Returns the message, and its texts when the reader has stated a purpose.
///
/// # Errors
/// Absent for an unknown message.
pub async fn get_account_message(
    tx: &mut Tx,
    command: &GetAccountMessage,
    now: DateTime<Utc>,
) -> Result<(AccountMessage, Option<Texts>), Error> {
    let (message, texts) = account_messages::read(tx.conn(), command.message).await?;
    let Some(purpose) = &command.purpose else {
        return Ok((message, None));
    };
    let read = PersonalRead {
        id: new_id(now),
        of: Of::Message(message.id),
        reader: command.reader.clone(),
        vouched: None,
        purpose: purpose.clone(),
        fields: texts.cells(),
        read_at: now,
    };
    reads::record(tx.conn(), &read).await?;
    Ok((message, Some(texts)))
}
