//! 在线办结: closes an appeal with a direct answer.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId};
use crate::events;
use crate::store::appeals::{self, Texts};
use crate::store::cells;

/// The caller's request, checked in shape. The answer is personal: no Debug.
#[derive(Clone)]
pub struct AnswerAppeal {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// The answer.
    pub answer: String,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal that is decided, or waits for its appellant.
pub async fn answer_appeal(
    tx: &mut Tx,
    key: &SealKey,
    command: &AnswerAppeal,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let appeal = appeal.answer(now)?;
    let texts = Texts {
        answer: Some(cells::seal_answer(key, appeal.id.0, &command.answer)),
        ..Texts::default()
    };
    appeals::save_decision(tx.conn(), &appeal, &texts).await?;
    tx.tell(events::answered(&appeal, &command.actor));
    Ok(appeal)
}
