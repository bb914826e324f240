//! 审核: passes or rejects the reply that waits. A decision: routing applies it to the order.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::common::RejectionGround;
use personal::sealing::SealKey;
use uuid::Uuid;

use super::Error;
use crate::domain::review::{self, Verdict};
use crate::events;
use crate::store::{reviews, watches};

/// What the reviewer asks for, checked in shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewReply {
    /// Order.
    pub order_id: Uuid,
    /// The reply that was read.
    pub reply_id: Uuid,
    /// The verdict.
    pub judgement: Judgement,
    /// Subject of the reviewer.
    pub reviewer: String,
}

/// A verdict with the words for the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// 通过
    Pass,
    /// 驳回
    Reject {
        /// At least one, sorted, none twice.
        grounds: Vec<RejectionGround>,
        /// What is required; free text, so it is sealed.
        requirement: String,
    },
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// The review.
    pub review_id: Uuid,
    /// When.
    pub reviewed_at: DateTime<Utc>,
}

/// Runs inside the transaction that the call opened; `key` seals the requirement.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason, [`platform::store::StoreError::Absent`] for an unknown order.
pub async fn review_reply(
    tx: &mut Tx,
    command: &ReviewReply,
    key: &SealKey,
    now: DateTime<Utc>,
) -> Result<Reviewed, Error> {
    let mut order = watches::lock_order(tx.conn(), command.order_id).await?;
    let found = reviews::of_reply(tx.conn(), order.id, command.reply_id).await?;
    let open = review::pending(&order, command.reply_id, found)?;
    let (verdict, requirement) = match &command.judgement {
        Judgement::Pass => (Verdict::Pass, None),
        Judgement::Reject { grounds, requirement } => (Verdict::Reject(grounds.clone()), Some(requirement)),
    };
    let judged = open.judge(verdict, &command.reviewer, now.max(order.last_at))?;
    let sealed = requirement.map(|text| key.seal(reviews::requirement(judged.id), text));
    reviews::save_verdict(tx.conn(), &judged, sealed.as_ref()).await?;
    let told = events::reviewed(&mut order, &judged).expect("it was judged two lines above");
    order.last_at = told.occurred_at;
    watches::save_orders(tx.conn(), std::iter::once(&order)).await?;
    let reviewed_at = told.occurred_at;
    tx.tell(told);
    Ok(Reviewed {
        review_id: judged.id,
        reviewed_at,
    })
}
