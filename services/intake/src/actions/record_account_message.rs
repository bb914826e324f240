//! Records a message to an account beside the line.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;

use super::{Desk, Error};
use crate::domain::Fault;
use crate::domain::account::AccountMessage;
use crate::events;
use crate::store::account_messages::{Texts, insert, seal};

/// A message, checked in shape. The texts are personal: no Debug.
#[derive(Clone)]
pub struct RecordAccountMessage {
    /// Code of the account.
    pub account: String,
    /// Who wrote it.
    pub sender: Option<String>,
    /// The message.
    pub text: String,
    /// When it was sent, if the account gives a time.
    pub sent_at: Option<DateTime<Utc>>,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// [`Error::Invalid`] for a channel that is no account in force, and for a time that is in the future or too old.
pub async fn record_account_message(
    tx: &mut Tx,
    desk: &Desk,
    command: &RecordAccountMessage,
    now: DateTime<Utc>,
) -> Result<AccountMessage, Error> {
    let in_force = desk.references.in_force(tx.conn(), calendar::local_date(now)).await?;
    // Without reference data no account is in force.
    let in_force = in_force.unwrap_or_default();
    let unknown = in_force.account_fault(&command.account);
    let mut faults: Vec<Fault> = unknown.map(|wrong| Fault::new("account", wrong)).into_iter().collect();
    faults.extend(desk.source_fault("sent_time", command.sent_at, now));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let message = AccountMessage {
        id: new_id(now),
        version: 1,
        account: command.account.clone(),
        reference: in_force.version,
        received_at: now,
        sent_at: command.sent_at,
        resolved: None,
    };
    let texts = Texts {
        sender: command
            .sender
            .as_ref()
            .map(|sender| seal(&desk.key, "sender", message.id, sender)),
        text: seal(&desk.key, "text", message.id, &command.text),
        answer: None,
    };
    insert(tx.conn(), &message, &texts).await?;
    tx.tell(events::account_message_recorded(&message, &command.actor));
    Ok(message)
}
