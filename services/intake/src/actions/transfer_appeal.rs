//! 转接: hands a matter to an emergency service or another hotline.

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::Tx;

use super::Error;
use crate::domain::appeal::AppealId;
use crate::domain::outcome::{Receiver, Transfer};
use crate::events;
use crate::store::appeals::{self, Texts};

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct TransferAppeal {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// Receiver.
    pub receiver: Receiver,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal in another state.
pub async fn transfer_appeal(
    tx: &mut Tx,
    command: &TransferAppeal,
    limit: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Transfer, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let (appeal, transfer) = appeal.transfer(command.receiver.clone(), limit, now)?;
    appeals::save_decision(tx.conn(), &appeal, &Texts::default()).await?;
    tx.tell(events::transferred(&appeal, transfer.receiver.kind(), &command.actor));
    Ok(transfer)
}
