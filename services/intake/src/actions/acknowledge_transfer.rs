//! Stores that the receiver of a transfer has taken it over.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId};
use crate::events;
use crate::store::appeals::{self, Texts};
use crate::store::cells;

/// The caller's request, checked in shape. The text is personal: no Debug.
#[derive(Clone)]
pub struct AcknowledgeTransfer {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// The receiver's number, or the name of its desk.
    pub reference: String,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal without an open transfer.
pub async fn acknowledge_transfer(
    tx: &mut Tx,
    key: &SealKey,
    command: &AcknowledgeTransfer,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let appeal = appeal.acknowledge(now)?;
    let texts = Texts {
        acknowledged_by: Some(cells::seal_acknowledged_by(key, appeal.id.0, &command.reference)),
        ..Texts::default()
    };
    appeals::save_decision(tx.conn(), &appeal, &texts).await?;
    tx.tell(events::acknowledged(&appeal, &command.actor));
    Ok(appeal)
}
