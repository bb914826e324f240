//! Fields that several verbs share.

use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::time::to_proto;

use crate::domain::review::{State, Verdict};
use crate::domain::risk::{self, RiskNotice};
use crate::store::reviews::ListedReview;

/// Most bytes of a code, of any kind.
pub(super) const MAX_CODE: usize = 64;
/// Most characters of a text about a risk: a page.
pub(super) const MAX_TEXT: usize = 2_000;

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

/// Where a notice stands, in the words of the contract.
pub(super) const fn risk_state(state: risk::State) -> pb::RiskNoticeState {
    match state {
        risk::State::Issued => pb::RiskNoticeState::Issued,
        risk::State::FedBack => pb::RiskNoticeState::FedBack,
        risk::State::Verified => pb::RiskNoticeState::Verified,
    }
}

/// Renders one notice. A reader that is confined to a unit sees the feedback of its `own` unit alone.
pub(super) fn risk_notice(notice: RiskNotice, own: Option<&str>) -> pb::RiskNotice {
    let state = risk_state(notice.state()).into();
    let addressees = notice.addressees.iter().map(|addressee| {
        let shown = own.is_none_or(|own| own == addressee.unit);
        let fed_back_at = addressee.fed_back_at.filter(|_| shown);
        pb::RiskAddressee {
            unit: addressee.unit.clone(),
            feedback_time: fed_back_at.map(to_proto),
            late: fed_back_at.is_some_and(|at| notice.is_late(at)),
        }
    });
    pb::RiskNotice {
        notice_id: notice.id.to_string(),
        version: notice.version,
        state,
        level: notice.level,
        first_time: Some(to_proto(notice.first_at)),
        last_time: Some(to_proto(notice.last_at)),
        order_count: notice.counts.orders,
        appeal_count: notice.counts.appeals,
        person_count: notice.counts.persons,
        issued_time: Some(to_proto(notice.issued_at)),
        feedback_due_time: Some(to_proto(notice.due_at)),
        addressees: addressees.collect(),
        verified_time: notice.verified_at.map(to_proto),
        number: notice.number,
        category: notice.category,
        region: notice.region,
    }
}
