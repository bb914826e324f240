//! 回复: the unit submits its reply. Text and evidence are sealed.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::routing::NoContactGround;
use personal::sealing::SealKey;
use platform::ids::new_id;
use platform::rows::{int, small};
use uuid::Uuid;

use super::{Actor, Asked, Error, Locked, Rules, Step, write_all};
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

/// Submits several replies. Each item is decided by itself, after the items before it; refused items change nothing. The
/// accepted ones are written together. The results are in the order of the items.
///
/// # Errors
/// Errors of the store. An item fails with [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`], or
/// [`Error::Refused`] with `NOT_IN_PROGRESS`, `NO_CONTACT_RECORD`, `UNTRUE_GROUND` or `COMMITMENT_IN_PAST`.
pub async fn submit_replies(
    tx: &mut Tx,
    rules: &Rules,
    key: &SealKey,
    commands: &[SubmitReply],
    now: DateTime<Utc>,
) -> Result<Vec<Result<Submitted, Error>>, Error> {
    let items: Vec<_> = commands.iter().map(|item| (item.order, &item.by.reach)).collect();
    let mut locked = Locked::of(tx, rules, &items, now).await?;
    let mut results = Vec::with_capacity(commands.len());
    let (mut steps, mut texts) = (Vec::new(), Vec::new());
    for command in commands {
        let reply = new_id(now);
        results.push(submit(&mut locked, reply, command, now).map(|step| {
            let late = matches!(step.change.fact, Fact::Replied { late: true });
            let order = step.order.clone();
            texts.push(sealed(key, reply, command, &step, late));
            steps.push(step);
            Submitted { order, reply, late }
        }));
    }
    replies::insert(tx.conn(), texts).await?;
    write_all(tx, &steps).await?;
    Ok(results)
}

fn submit(locked: &mut Locked, id: Uuid, command: &SubmitReply, now: DateTime<Utc>) -> Result<Step, Error> {
    let order = locked.get(command.order, &command.by.reach)?;
    locked.step(order, &command.by.subject, |order| {
        order.submit_reply(id, command.achieved, command.no_contact, now)
    })
}

/// The reply with its texts sealed.
fn sealed(key: &SealKey, id: Uuid, command: &SubmitReply, step: &Step, late: bool) -> replies::Reply {
    let evidence = (!command.evidence.is_empty()).then(|| command.evidence.join(replies::EVIDENCE_SEPARATOR));
    replies::Reply {
        id,
        order_id: step.order.id.0,
        round: int(step.order.round()),
        at: step.change.at,
        actor: step.actor.clone(),
        result: small(command.achieved.result().into()),
        commitment_day: command.achieved.day(),
        no_contact: command.no_contact.map(|ground| small(ground.into())),
        late,
        text: key.seal(replies::cell("text", id), &command.text),
        evidence: evidence.map(|evidence| key.seal(replies::cell("evidence", id), &evidence)),
    }
}
