//! Ends a message of an account: answered, unclear or invalid.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::intake::AccountOutcome;
use personal::sealing::SealKey;
use uuid::Uuid;

use super::Error;
use crate::domain::account::{AccountMessage, Resolved};
use crate::events;
use crate::store::account_messages::{lock, save_resolved, seal};

/// The caller's request, checked in shape. The answer is personal: no Debug.
#[derive(Clone)]
pub struct ResolveAccountMessage {
    /// The message.
    pub message: Uuid,
    /// Outcome.
    pub outcome: AccountOutcome,
    /// The answer; always there for an answered message.
    pub answer: Option<String>,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent; `MESSAGE_ENDED` when it ended before.
pub async fn resolve_account_message(
    tx: &mut Tx,
    key: &SealKey,
    command: &ResolveAccountMessage,
    now: DateTime<Utc>,
) -> Result<(AccountMessage, Resolved), Error> {
    let message = lock(tx.conn(), command.message).await?;
    let (message, resolved) = message.resolve(command.outcome, now)?;
    let answer = command
        .answer
        .as_ref()
        .map(|answer| seal(key, "answer", message.id, answer));
    save_resolved(tx.conn(), &message, answer.as_ref()).await?;
    tx.tell(events::account_message_resolved(&message, resolved, &command.actor));
    Ok((message, resolved))
}
