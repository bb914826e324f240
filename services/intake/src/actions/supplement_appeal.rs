//! Stores what the appellant answered, beside the matter. The answer is sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId};
use crate::events;
use crate::store::appeals::{self, Texts};
use crate::store::{cells, inquiries};

/// The caller's request, checked in shape. The text is personal: no Debug.
#[derive(Clone)]
pub struct SupplementAppeal {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// The answer.
    pub answer: String,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal in another state.
pub async fn supplement_appeal(
    tx: &mut Tx,
    key: &SealKey,
    command: &SupplementAppeal,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let appeal = appeal.supplement(now)?;
    let inquiry = inquiries::open(tx.conn(), appeal.id).await?;
    let answer = cells::seal_supplement(key, inquiry, &command.answer);
    inquiries::answer(tx.conn(), inquiry, appeal.changed_at, &answer).await?;
    appeals::save_decision(tx.conn(), &appeal, &Texts::default()).await?;
    tx.tell(events::supplemented(&appeal, &command.actor));
    Ok(appeal)
}
