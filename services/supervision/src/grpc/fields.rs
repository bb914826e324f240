//! Fields that several verbs share.

use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::time::to_proto;

use crate::domain::review::{State, Verdict};
use crate::store::reviews::ListedReview;

/// The unit that a caller is confined to: a liaison, or a reviewer, supervisor or analyst whose token names one. A
/// liaison whose token names no unit sees nothing, because no unit has the empty code.
pub(super) fn confined_to(caller: &Caller) -> Option<String> {
    (!caller.sees_all()).then(|| caller.unit().unwrap_or_default().to_owned())
}

/// Renders one review.
pub(super) fn review(row: ListedReview) -> pb::Review {
    let (verdict, reviewer, reviewed_at) = match row.review.state {
        State::Open => (None, String::new(), None),
        State::Judged {
            verdict,
            reviewer,
            reviewed_at,
        } => (Some(verdict), reviewer, Some(reviewed_at)),
    };
    let (verdict, grounds) = match verdict {
        None => (pb::Verdict::Unspecified, Vec::new()),
        Some(Verdict::Pass) => (pb::Verdict::Pass, Vec::new()),
        Some(Verdict::Reject(grounds)) => (pb::Verdict::Reject, grounds),
    };
    pb::Review {
        review_id: row.review.id.to_string(),
        order_id: row.review.order_id.to_string(),
        order_number: row.order_number,
        round: row.review.round,
        reply_id: row.review.reply_id.to_string(),
        submitted_time: Some(to_proto(row.review.submitted_at)),
        late: row.review.late,
        no_contact: row.review.no_contact,
        verdict: verdict.into(),
        grounds: grounds.into_iter().map(i32::from).collect(),
        reviewed_time: reviewed_at.map(to_proto),
        reviewer,
        version: row.review.version,
    }
}
