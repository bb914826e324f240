//! 转办: forwards an appeal to routing. The order's id is derived from the event's id, so it is known at once.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::orders::order_of;
use platform::ids::new_id;

use super::{Error, decide_all};
use crate::domain::appeal::{Appeal, AppealId, OrderId};
use crate::events;
use crate::store::appeals::{Decision, Texts};

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct ForwardAppeal {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// Subject of the agent.
    pub actor: String,
}

/// Forwards appeals. An appeal that is unknown, decided, or waits for its appellant is refused.
///
/// # Errors
/// When the store fails.
pub async fn forward_appeals(
    tx: &mut Tx,
    commands: &[ForwardAppeal],
    now: DateTime<Utc>,
) -> Result<Vec<Result<Appeal, Error>>, Error> {
    let ids: Vec<AppealId> = commands.iter().map(|command| command.appeal).collect();
    decide_all(tx, &ids, |at, appeal| {
        let event = new_id(now);
        let appeal = appeal.forward(OrderId(order_of(event)), now)?;
        let told = events::forwarded(&appeal, event, &commands[at].actor);
        let texts = Texts::default();
        Ok((Decision { appeal, texts }, told))
    })
    .await
}
