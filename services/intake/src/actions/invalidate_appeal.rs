//! 无效: ends an appeal without a matter.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::intake::InvalidGround;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId};
use crate::events;
use crate::store::appeals::{self, Texts};

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct InvalidateAppeal {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// Ground.
    pub ground: InvalidGround,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal in another state.
pub async fn invalidate_appeal(tx: &mut Tx, command: &InvalidateAppeal, now: DateTime<Utc>) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let appeal = appeal.invalidate(command.ground, now)?;
    appeals::save_decision(tx.conn(), &appeal, &Texts::default()).await?;
    tx.tell(events::invalidated(&appeal, command.ground, &command.actor));
    Ok(appeal)
}
