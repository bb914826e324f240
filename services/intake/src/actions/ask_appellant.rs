//! Asks the appellant back. The question is sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;
use platform::ids::new_id;

use super::Error;
use crate::domain::Fault;
use crate::domain::appeal::{Appeal, AppealId};
use crate::domain::outcome::MAX_QUESTIONS;
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
/// Absent, or [`Error::Refused`] for an appeal in another state; [`Error::Invalid`] after the last question that an
/// appeal may have.
pub async fn ask_appellant(
    tx: &mut Tx,
    key: &SealKey,
    command: &AskAppellant,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let appeal = appeal.ask(now)?;
    let asked = inquiries::count(tx.conn(), appeal.id).await?;
    if asked >= MAX_QUESTIONS {
        let fault = Fault::new(
            "appeal_id",
            format!("names an appeal that was asked back {MAX_QUESTIONS} times; answer it, forward it or end it"),
        );
        return Err(Error::Invalid(vec![fault]));
    }
    let id = new_id(now);
    let question = cells::seal_question(key, id, &command.question);
    inquiries::insert(tx.conn(), id, appeal.id, asked + 1, appeal.changed_at, &question).await?;
    appeals::save_decision(tx.conn(), &appeal, &Texts::default()).await?;
    tx.tell(events::asked(&appeal, &command.actor));
    Ok(appeal)
}
