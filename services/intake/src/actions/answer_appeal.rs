//! 在线办结: closes an appeal with a direct answer.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;

use super::{Error, decide_all};
use crate::domain::appeal::{Appeal, AppealId};
use crate::events;
use crate::store::appeals::{Decision, Texts};
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

/// Answers appeals. An appeal that is unknown, decided, or waits for its appellant is refused.
///
/// # Errors
/// When the store fails.
pub async fn answer_appeals(
    tx: &mut Tx,
    key: &SealKey,
    commands: &[AnswerAppeal],
    now: DateTime<Utc>,
) -> Result<Vec<Result<Appeal, Error>>, Error> {
    let ids: Vec<AppealId> = commands.iter().map(|command| command.appeal).collect();
    decide_all(tx, &ids, |at, appeal| {
        let command = &commands[at];
        let appeal = appeal.answer(now)?;
        let event = events::answered(&appeal, &command.actor);
        let texts = Texts {
            answer: Some(cells::seal_answer(key, appeal.id.0, &command.answer)),
            ..Texts::default()
        };
        Ok((Decision { appeal, texts }, event))
    })
    .await
}
