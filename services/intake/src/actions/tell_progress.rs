//! Ends a repeat by the same person: the progress of an earlier appeal's order was told.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId, OrderId};
use crate::events;
use crate::store::appeals::{self, Texts};
use crate::store::cells;

/// The caller's request, checked in shape. The text is personal: no Debug.
#[derive(Clone)]
pub struct TellProgress {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// The order of the earlier appeal.
    pub order: OrderId,
    /// What was told.
    pub told: String,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal in another state, an order of no earlier appeal by the same person, or a
/// closed one.
pub async fn tell_progress(
    tx: &mut Tx,
    key: &SealKey,
    command: &TellProgress,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let earlier = appeals::earlier(tx.conn(), &appeal, command.order).await?;
    let appeal = appeal.tell_progress(command.order, &earlier, now)?;
    let texts = Texts {
        outcome: Some(cells::seal_outcome(key, appeal.id.0, &command.told)),
        ..Texts::default()
    };
    appeals::save_decision(tx.conn(), &appeal, &texts).await?;
    tx.tell(events::progress_told(&appeal, command.order, &command.actor));
    Ok(appeal)
}
