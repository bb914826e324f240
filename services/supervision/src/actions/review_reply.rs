//! 审核: passes or rejects the reply that waits for review. The verdict is a decision: routing applies it to the order.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::RejectionGround;
use personal::sealing::SealKey;
use platform::status::Standing;
use platform::store::{StoreError, check_version};
use uuid::Uuid;

use super::Error;
use crate::domain::review::{self, Review, Verdict};
use crate::domain::watch::WatchedOrder;
use crate::events;
use crate::store::reviews::{self, Name};
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

/// Runs inside the transaction that the call opened; `key` seals the requirement.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason. [`StoreError::Absent`] for an order that is unknown or does not exist
/// for the unit. [`StoreError::Stale`] for a review of another version.
pub async fn review_reply(
    tx: &mut Tx,
    key: &SealKey,
    command: &ReviewReply,
    now: DateTime<Utc>,
) -> Result<Reviewed, Error> {
    let mut order = watches::lock_order(tx.conn(), command.order_id).await?;
    if command.unit.as_ref().is_some_and(|unit| !order.exists_for(unit)) {
        return Err(StoreError::Absent(watches::ORDER).into());
    }
    let found = reviews::find(tx.conn(), Name::Reply(command.reply_id), None).await?;
    let found = found.map(|found| found.listed.review);
    let found = found.filter(|review| review.order_id == order.id);
    if let Some(review) = &found {
        check_version(command.if_version, review.version)?;
    }
    let standing = standing(&order, found.as_ref());
    let refused = |refusal| Error::Refused(refusal, standing.clone());
    let open = review::pending(&order, command.reply_id, found).map_err(refused)?;
    let (verdict, requirement) = match &command.judgement {
        Judgement::Pass => (Verdict::Pass, None),
        Judgement::Reject { grounds, requirement } => (Verdict::Reject(grounds.clone()), Some(requirement)),
    };
    let judged = open
        .judge(verdict, &command.reviewer, now.max(order.last_at))
        .map_err(refused)?;
    let sealed = requirement.map(|text| key.seal(reviews::requirement(judged.id), text));
    reviews::save_verdict(tx.conn(), &judged, sealed.as_ref()).await?;
    let told = events::reviewed(&mut order, &judged).expect("it was judged above");
    order.last_at = told.occurred_at;
    watches::save_orders(tx.conn(), std::iter::once(&order)).await?;
    let reviewed_at = told.occurred_at;
    tx.tell(told);
    Ok(Reviewed {
        review_id: judged.id,
        reviewed_at,
    })
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
