//! 审核: passes or rejects replies that wait for review. A verdict is a decision: routing applies it to the order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::RejectionGround;
use personal::sealing::{SealKey, Sealed};
use platform::status::Standing;
use platform::store::{StoreError, check_version};
use uuid::Uuid;

use super::Error;
use crate::domain::review::{self, Review, Verdict};
use crate::domain::watch::WatchedOrder;
use crate::events;
use crate::store::reviews::{self, Judged};
use crate::store::watches;

/// The request of the reviewer, with its shape checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewReply {
    /// Order.
    pub order_id: Uuid,
    /// Reply that the reviewer read.
    pub reply_id: Uuid,
    /// The verdict.
    pub judgement: Judgement,
    /// Subject of the reviewer.
    pub reviewer: String,
    /// Finds the order only if it exists for this unit.
    pub unit: Option<String>,
    /// Version of the review that the reviewer decided by; 0 accepts any version.
    pub if_version: u64,
}

/// A verdict with the text for the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// 通过
    Pass,
    /// 驳回
    Reject {
        /// At least one ground, sorted, without duplicates.
        grounds: Vec<RejectionGround>,
        /// Requirement for the unit. It is free text, so it is sealed.
        requirement: String,
    },
}

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Id of the review.
    pub review_id: Uuid,
    /// Time of the verdict.
    pub reviewed_at: DateTime<Utc>,
}

/// Judges replies one by one, each by what the verdicts before it left, and writes the verdicts together. Runs inside the
/// transaction that the call opened; `key` seals the requirements. Returns one result per command.
///
/// A refused command has its own error: [`Error::Refused`] with the domain's reason, [`StoreError::Absent`] for an order
/// that is unknown or does not exist for the unit, [`StoreError::Stale`] for a review of another version.
///
/// # Errors
/// When the store fails.
pub async fn review_replies(
    tx: &mut Tx,
    key: &SealKey,
    commands: &[ReviewReply],
    now: DateTime<Utc>,
) -> Result<Vec<Result<Reviewed, Error>>, StoreError> {
    let orders: Vec<Uuid> = commands.iter().map(|command| command.order_id).collect();
    let replies: Vec<Uuid> = commands.iter().map(|command| command.reply_id).collect();
    let locked = watches::lock_orders(tx.conn(), &orders).await?;
    let mut orders: BTreeMap<Uuid, WatchedOrder> = locked.into_iter().map(|order| (order.id, order)).collect();
    let found = reviews::of_replies(tx.conn(), &replies).await?;
    let mut found: HashMap<Uuid, Review> = found.into_iter().map(|review| (review.reply_id, review)).collect();
    let mut results = Vec::with_capacity(commands.len());
    let mut verdicts = Vec::with_capacity(commands.len());
    let mut changed = BTreeSet::new();
    for command in commands {
        let order = orders.get_mut(&command.order_id);
        let judged = match judge(command, order.as_deref(), found.get(&command.reply_id), now) {
            Ok(judged) => judged,
            Err(error) => {
                results.push(Err(error));
                continue;
            }
        };
        let order = order.expect("only a known order has a verdict");
        let told = events::reviewed(order, &judged).expect("it was judged above");
        order.last_at = told.occurred_at;
        changed.insert(order.id);
        results.push(Ok(Reviewed {
            review_id: judged.id,
            reviewed_at: told.occurred_at,
        }));
        tx.tell(told);
        found.insert(judged.reply_id, judged.clone());
        verdicts.push(Judged {
            requirement: command.judgement.sealed(key, judged.id),
            review: judged,
        });
    }
    if !verdicts.is_empty() {
        reviews::save_verdicts(tx.conn(), &verdicts).await?;
        let changed = orders.values().filter(|order| changed.contains(&order.id));
        watches::save_orders(tx.conn(), changed).await?;
    }
    Ok(results)
}

/// Gives a verdict on a reply. `found` is the review of that reply, if it has one.
fn judge(
    command: &ReviewReply,
    order: Option<&WatchedOrder>,
    found: Option<&Review>,
    now: DateTime<Utc>,
) -> Result<Review, Error> {
    let exists = |order: &&WatchedOrder| command.unit.as_ref().is_none_or(|unit| order.exists_for(unit));
    let order = order.filter(exists).ok_or(StoreError::Absent(watches::ORDER))?;
    let found = found.filter(|review| review.order_id == order.id);
    if let Some(review) = found {
        check_version(command.if_version, review.version)?;
    }
    let refused = |refusal| Error::Refused(refusal, standing(order, found));
    let open = review::pending(order, command.reply_id, found.cloned()).map_err(refused)?;
    let at = now.max(order.last_at);
    open.judge(command.judgement.verdict(), &command.reviewer, at)
        .map_err(refused)
}

impl Judgement {
    /// The verdict without the text.
    fn verdict(&self) -> Verdict {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Reject { grounds, .. } => Verdict::Reject(grounds.clone()),
        }
    }

    /// The requirement, sealed for the review.
    fn sealed(&self, key: &SealKey, review: Uuid) -> Option<Sealed> {
        match self {
            Self::Pass => None,
            Self::Reject { requirement, .. } => Some(key.seal(reviews::requirement(review), requirement)),
        }
    }
}

/// State of the review. Without a review, the state of the order, whose versions are routing's.
fn standing(order: &WatchedOrder, review: Option<&Review>) -> Standing {
    match review {
        Some(review) => Standing {
            state: Some(review.state.name().to_owned()),
            round: Some(review.round),
            version: Some(review.version),
        },
        None => Standing {
            state: Some(order.state_name()),
            round: Some(order.round),
            version: None,
        },
    }
}
