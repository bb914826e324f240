//! 回复: the unit submits its reply. Text and evidence are sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::routing::NoContactGround;
use personal::sealing::SealKey;
use platform::ids::new_id;
use platform::rows::{int, small};
use uuid::Uuid;

use super::{Actor, Asked, Error, Rules, apply, lock_for, write};
use crate::domain::order::Achieved;
use crate::domain::order::Order;
use crate::domain::transitions::Fact;
use crate::store::replies;

/// The caller's request.
#[derive(Clone)]
pub struct SubmitReply {
    /// The order.
    pub order: Asked,
    /// The reply.
    pub text: String,
    /// Result of the handling.
    pub achieved: Achieved,
    /// References of evidence.
    pub evidence: Vec<String>,
    /// Ground for having no contact record.
    pub no_contact: Option<NoContactGround>,
    /// The liaison.
    pub by: Actor,
}

/// The submitted reply.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The order after the reply.
    pub order: Order,
    /// Id of the reply.
    pub reply: Uuid,
    /// Submitted after the limit of its round.
    pub late: bool,
}

/// Submits the reply for review. `key` is fetched before the transaction.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`]; [`Error::Refused`] with
/// `NOT_IN_PROGRESS`, `NO_CONTACT_RECORD`, `UNTRUE_GROUND` or `COMMITMENT_IN_PAST`.
pub async fn submit_reply(
    tx: &mut Tx,
    rules: &Rules,
    key: &SealKey,
    command: &SubmitReply,
    now: DateTime<Utc>,
) -> Result<Submitted, Error> {
    let order = lock_for(tx, rules, command.order, &command.by.reach, now).await?;
    let id = new_id(now);
    let (order, change) = apply(order, |order| {
        order.submit_reply(id, command.achieved, command.no_contact, now)
    })?;
    let late = matches!(change.fact, Fact::Replied { late: true });
    let evidence = (!command.evidence.is_empty()).then(|| command.evidence.join(replies::EVIDENCE_SEPARATOR));
    let reply = replies::Reply {
        id,
        order_id: order.id.0,
        round: int(order.round()),
        at: change.at,
        actor: command.by.subject.clone(),
        result: small(command.achieved.result().into()),
        commitment_day: command.achieved.day(),
        no_contact: command.no_contact.map(|ground| small(ground.into())),
        late,
        text: key.seal(replies::cell("text", id), &command.text),
        evidence: evidence.map(|evidence| key.seal(replies::cell("evidence", id), &evidence)),
    };
    replies::insert(tx.conn(), reply).await?;
    write(tx, &order, &change, &command.by.subject).await?;
    Ok(Submitted { order, reply: id, late })
}
