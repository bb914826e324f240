//! 转办: forwards an appeal to routing. The order's id is derived from the event's id, so it is known at once.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::orders::order_of;
use platform::ids::new_id;

use super::Error;
use crate::domain::appeal::{Appeal, AppealId, OrderId};
use crate::events;
use crate::store::appeals::{self, Texts};

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct ForwardAppeal {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// Subject of the agent.
    pub actor: String,
}

/// # Errors
/// Absent, or [`Error::Refused`] for an appeal that is decided, or waits for its appellant.
pub async fn forward_appeal(tx: &mut Tx, command: &ForwardAppeal, now: DateTime<Utc>) -> Result<Appeal, Error> {
    let appeal = appeals::lock_one(tx.conn(), command.appeal).await?;
    let event = new_id(now);
    let appeal = appeal.forward(OrderId(order_of(event)), now)?;
    appeals::save_decision(tx.conn(), &appeal, &Texts::default()).await?;
    tx.tell(events::forwarded(&appeal, event, &command.actor));
    Ok(appeal)
}
