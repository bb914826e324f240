//! Asks the appellant back. The question is sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;
use platform::ids::new_id;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId};
use crate::events;
use crate::store::appeals::{self, Texts};
use crate::store::{cells, inquiries};

/// The caller's request, checked in shape. The text is personal: no Debug.
#[derive(Clone)]
pub struct AskAppellant {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// The question.
    pub question: String,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal in another state, or after the last question that an appeal may have.
pub async fn ask_appellant(
    tx: &mut Tx,
    key: &SealKey,
    command: &AskAppellant,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let asked = inquiries::count(tx.conn(), appeal.id).await?;
    let appeal = appeal.ask(asked, now)?;
    let id = new_id(now);
    let question = cells::seal_question(key, id, &command.question);
    inquiries::insert(tx.conn(), id, appeal.id, asked + 1, appeal.changed_at, &question).await?;
    appeals::save_decision(tx.conn(), &appeal, &Texts::default()).await?;
    tx.tell(events::asked(&appeal, &command.actor));
    Ok(appeal)
}
