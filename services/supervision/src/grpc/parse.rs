//! Requests as commands and queries: shape is checked here, all violations at once.

use chrono::{DateTime, Utc};
use hotline_proto::common::RejectionGround;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest};
use platform::grpc::page;
use uuid::Uuid;

use crate::actions::{Judgement, ListCards, ListClocks, ListReviews, ReviewReply};
use crate::store::listing::Window;

/// Grounds that one rejection names at most: every one of the checklist, once.
const MOST_GROUNDS: usize = 13;
/// Characters of what is required.
const REQUIREMENT: std::ops::RangeInclusive<usize> = 1..=2000;

/// How a list's page goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows shown; the query asks for one more, to know whether another page follows.
    pub size: usize,
    /// What page tokens are bound to.
    pub bound: String,
}

/// Reads `ReviewReply`.
///
/// # Errors
/// Every violation.
pub fn review_reply(request: &pb::ReviewReplyRequest, caller: &Caller) -> Result<(Uuid, ReviewReply), InvalidRequest> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let order_id = fields.uuid("order_id", &request.order_id);
    let reply_id = fields.uuid("reply_id", &request.reply_id);
    let judgement = match fields.known::<pb::Verdict>("verdict", request.verdict) {
        Some(pb::Verdict::Pass) => Some(passed(&mut fields, request)),
        Some(pb::Verdict::Reject) => rejected(&mut fields, request),
        Some(pb::Verdict::Unspecified) | None => None,
    };
    fields.finish()?;
    let (Some(request_id), Some(order_id), Some(reply_id), Some(judgement)) =
        (request_id, order_id, reply_id, judgement)
    else {
        return Err(InvalidRequest::default());
    };
    let command = ReviewReply {
        order_id,
        reply_id,
        judgement,
        reviewer: caller.actor(),
    };
    Ok((request_id, command))
}

fn passed(fields: &mut Fields, request: &pb::ReviewReplyRequest) -> Judgement {
    if !request.grounds.is_empty() {
        fields.refuse("grounds", "must be empty for a pass");
    }
    if !request.requirement.is_empty() {
        fields.refuse("requirement", "must be empty for a pass");
    }
    Judgement::Pass
}

fn rejected(fields: &mut Fields, request: &pb::ReviewReplyRequest) -> Option<Judgement> {
    let requirement = fields.text("requirement", &request.requirement, REQUIREMENT);
    if !(1..=MOST_GROUNDS).contains(&request.grounds.len()) {
        fields.refuse("grounds", format!("must name 1 to {MOST_GROUNDS} grounds"));
        return None;
    }
    let mut grounds: Vec<RejectionGround> = Vec::with_capacity(request.grounds.len());
    for (at, number) in request.grounds.iter().enumerate() {
        let field = format!("grounds[{at}]");
        if let Some(ground) = fields.known(&field, *number) {
            if grounds.contains(&ground) {
                fields.refuse(&field, "must not be named twice");
            }
            grounds.push(ground);
        }
    }
    grounds.sort_unstable_by_key(|ground| i32::from(*ground));
    Some(Judgement::Reject {
        grounds,
        requirement: requirement?,
    })
}

/// Reads `ListReviews`.
///
/// # Errors
/// Every violation.
pub fn list_reviews(request: &pb::ListReviewsRequest) -> Result<(ListReviews, Page), InvalidRequest> {
    let mut fields = Fields::new();
    let from = fields.optional_time("from_time", request.from_time.as_ref());
    let to = fields.optional_time("to_time", request.to_time.as_ref());
    let bound = format!("reviews/{}/{from:?}/{to:?}", request.open_only);
    let (window, page) = paged(&mut fields, (from, to), request.page_size, &request.page_token, bound);
    fields.finish()?;
    let query = ListReviews {
        window,
        open_only: request.open_only,
    };
    Ok((query, page))
}

/// Reads `ListCards`; a liaison is confined to his unit.
///
/// # Errors
/// Every violation.
pub fn list_cards(request: &pb::ListCardsRequest, caller: &Caller) -> Result<(ListCards, Page), InvalidRequest> {
    let mut fields = Fields::new();
    let order_id = fields.optional_uuid("order_id", &request.order_id);
    let from = fields.optional_time("from_time", request.from_time.as_ref());
    let to = fields.optional_time("to_time", request.to_time.as_ref());
    // A confined caller whose token names no unit sees nothing: no unit has the empty code.
    let unit = (!caller.sees_all()).then(|| caller.unit().unwrap_or_default().to_owned());
    let bound = format!("cards/{order_id:?}/{from:?}/{to:?}/{unit:?}");
    let (window, page) = paged(&mut fields, (from, to), request.page_size, &request.page_token, bound);
    fields.finish()?;
    let query = ListCards { window, order_id, unit };
    Ok((query, page))
}

/// Reads `ListClocks`.
///
/// # Errors
/// Every violation.
pub fn list_clocks(request: &pb::ListClocksRequest) -> Result<(ListClocks, Page), InvalidRequest> {
    let mut fields = Fields::new();
    let order_id = fields.optional_uuid("order_id", &request.order_id);
    let state = match fields.optional_known::<pb::ClockState>("state", request.state) {
        Some(pb::ClockState::Open) => Some("open"),
        Some(pb::ClockState::Stopped) => Some("stopped"),
        Some(pb::ClockState::Fired) => Some("fired"),
        Some(pb::ClockState::Unspecified) | None => None,
    };
    let bound = format!("clocks/{order_id:?}/{state:?}");
    let (window, page) = paged(&mut fields, (None, None), request.page_size, &request.page_token, bound);
    fields.finish()?;
    let query = ListClocks {
        window,
        order_id,
        state,
    };
    Ok((query, page))
}

fn paged(
    fields: &mut Fields,
    (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    size: i32,
    token: &str,
    bound: String,
) -> (Window, Page) {
    let size = fields.page_size("page_size", size);
    let mut after = (from.unwrap_or(DateTime::UNIX_EPOCH), Uuid::nil());
    if !token.is_empty() {
        match position(&bound, token) {
            Some(position) => after = position,
            None => fields.refuse(
                "page_token",
                "must be the next_page_token of an answer with the same filter",
            ),
        }
    }
    let window = Window {
        after,
        before: to.unwrap_or_else(end_of_time),
        limit: size + 1,
    };
    let size = usize::try_from(size).unwrap_or_default();
    (window, Page { size, bound })
}

fn position(bound: &str, token: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let parts = page::decode(bound, token, 2)?;
    let at = DateTime::from_timestamp_micros(parts[0].parse().ok()?)?;
    Some((at, Uuid::try_parse(&parts[1]).ok()?))
}

/// No time that the edge lets in reaches it.
fn end_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp(7_258_118_400, 0).expect("2200-01-01 is in range")
}
