//! 不予受理: ends an appeal that the hotline does not accept.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::intake::DeclineGround;
use personal::sealing::SealKey;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId};
use crate::events;
use crate::store::appeals::{self, Texts};
use crate::store::cells;

/// The caller's request, checked in shape. The text is personal: no Debug.
#[derive(Clone)]
pub struct DeclineAppeal {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// Ground.
    pub ground: DeclineGround,
    /// The other path that the person was told.
    pub other_path: String,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal in another state.
pub async fn decline_appeal(
    tx: &mut Tx,
    key: &SealKey,
    command: &DeclineAppeal,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let appeal = appeal.decline(command.ground, now)?;
    let texts = Texts {
        outcome: Some(cells::seal_outcome(key, appeal.id.0, &command.other_path)),
        ..Texts::default()
    };
    appeals::save_decision(tx.conn(), &appeal, &texts).await?;
    tx.tell(events::declined(&appeal, command.ground, &command.actor));
    Ok(appeal)
}
