//! The domain's words as answers.

use hotline_proto::supervision as pb;
use platform::grpc::time::to_proto;

use crate::actions::Reviewed;
use crate::domain::review::{State, Verdict};
use crate::store::listing::{ListedCard, ListedClock, ListedReview};
use platform::listing::Page;

/// What `ReviewReply` answers.
#[must_use]
pub fn reviewed(reviewed: Reviewed) -> pb::ReviewReplyResponse {
    pb::ReviewReplyResponse {
        review_id: reviewed.review_id.to_string(),
        reviewed_time: Some(to_proto(reviewed.reviewed_at)),
    }
}

/// One page of reviews.
#[must_use]
pub fn reviews(mut rows: Vec<ListedReview>, page: &Page) -> pb::ListReviewsResponse {
    let next_page_token = page.cut(&mut rows, |row| (row.review.submitted_at, row.review.id));
    pb::ListReviewsResponse {
        reviews: rows.into_iter().map(review).collect(),
        next_page_token,
    }
}

/// One review.
#[must_use]
pub fn review(row: ListedReview) -> pb::Review {
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
    }
}

/// One page of cards.
#[must_use]
pub fn cards(mut rows: Vec<ListedCard>, page: &Page) -> pb::ListCardsResponse {
    let next_page_token = page.cut(&mut rows, |row| (row.issued_at, row.id));
    pb::ListCardsResponse {
        cards: rows.into_iter().map(card).collect(),
        next_page_token,
    }
}

fn card(row: ListedCard) -> pb::Card {
    pb::Card {
        card_id: row.id.to_string(),
        order_id: row.order_id.to_string(),
        order_number: row.order_number,
        round: row.round,
        unit: row.unit,
        colour: row.colour.into(),
        clock: row.kind.into(),
        due_time: Some(to_proto(row.due_at)),
        issued_time: Some(to_proto(row.issued_at)),
        withdrawn_time: row.withdrawn_at.map(to_proto),
    }
}

/// One page of clocks.
#[must_use]
pub fn clocks(mut rows: Vec<ListedClock>, page: &Page) -> pb::ListClocksResponse {
    let next_page_token = page.cut(&mut rows, |row| (row.due_at, row.id));
    pb::ListClocksResponse {
        clocks: rows.iter().map(clock).collect(),
        next_page_token,
    }
}

fn clock(row: &ListedClock) -> pb::WatchedClock {
    let state = match row.state.as_str() {
        "open" => pb::ClockState::Open,
        "stopped" => pb::ClockState::Stopped,
        "fired" => pb::ClockState::Fired,
        _ => pb::ClockState::Unspecified,
    };
    pb::WatchedClock {
        clock_id: row.id.to_string(),
        order_id: row.order_id.to_string(),
        round: row.round,
        kind: row.kind.into(),
        colour: row.colour.into(),
        due_time: Some(to_proto(row.due_at)),
        state: state.into(),
    }
}
