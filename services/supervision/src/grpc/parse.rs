//! Requests as commands and queries: shape is checked here, all violations at once.

use hotline_proto::common::RejectionGround;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest, Once};
use platform::listing::{Asked, Page};

use crate::actions::{GetReview, Judgement, ListCards, ListClocks, ListReviews, ReviewReply};
use crate::store::reviews::Name;

/// Grounds that one rejection names at most: every one of the checklist, once.
const MAX_GROUNDS: usize = 13;
/// Characters of what is required: a page.
const MAX_REQUIREMENT: usize = 2000;

/// Reads `ReviewReply`.
///
/// # Errors
/// Every violation.
pub fn review_reply(request: &pb::ReviewReplyRequest, caller: &Caller) -> Once<ReviewReply> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let order_id = fields.uuid("order_id", &request.order_id);
    let reply_id = fields.uuid("reply_id", &request.reply_id);
    let judgement = judgement(&mut fields, request);
    let command = || {
        let command = ReviewReply {
            order_id: order_id?,
            reply_id: reply_id?,
            judgement: judgement?,
            reviewer: caller.actor(),
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

/// A pass has neither grounds nor a requirement, a rejection has both.
fn judgement(fields: &mut Fields, request: &pb::ReviewReplyRequest) -> Option<Judgement> {
    let verdict = fields.known::<pb::Verdict>("verdict", request.verdict);
    let grounds = grounds(fields, &request.grounds);
    let requirement = fields.optional_text("requirement", &request.requirement, MAX_REQUIREMENT);
    match verdict? {
        pb::Verdict::Pass => {
            if !request.grounds.is_empty() {
                fields.refuse("grounds", "must be empty for a pass");
            }
            if !request.requirement.is_empty() {
                fields.refuse("requirement", "must be empty for a pass");
            }
            Some(Judgement::Pass)
        }
        pb::Verdict::Reject => {
            if request.grounds.is_empty() {
                fields.refuse("grounds", "must be named for a rejection");
            }
            if request.requirement.is_empty() {
                fields.refuse("requirement", "must be given for a rejection");
            }
            Some(Judgement::Reject {
                grounds,
                requirement: requirement?,
            })
        }
        pb::Verdict::Unspecified => None,
    }
}

fn grounds(fields: &mut Fields, numbers: &[i32]) -> Vec<RejectionGround> {
    if numbers.len() > MAX_GROUNDS {
        fields.refuse("grounds", format!("must be {MAX_GROUNDS} at most"));
        return Vec::new();
    }
    let mut grounds: Vec<RejectionGround> = Vec::with_capacity(MAX_GROUNDS);
    for (at, number) in numbers.iter().enumerate() {
        let field = format!("grounds[{at}]");
        if let Some(ground) = fields.known(&field, *number) {
            if grounds.contains(&ground) {
                fields.refuse(&field, "must not be named twice");
            }
            grounds.push(ground);
        }
    }
    grounds.sort_unstable_by_key(|ground| i32::from(*ground));
    grounds
}

/// Reads `GetReview`; a liaison is confined to his unit.
///
/// # Errors
/// Every violation.
pub fn get_review(request: &pb::GetReviewRequest, caller: &Caller) -> Result<GetReview, InvalidRequest> {
    use pb::get_review_request::Name as Asked;
    let mut fields = Fields::new();
    let name = match &request.name {
        Some(Asked::ReviewId(id)) => fields.uuid("review_id", id).map(Name::Id),
        Some(Asked::ReplyId(id)) => fields.uuid("reply_id", id).map(Name::Reply),
        None => {
            fields.refuse("review_id", "must be given, or reply_id");
            None
        }
    };
    let query = name.map(|name| GetReview {
        name,
        unit: confined_to(caller),
        reader: caller.actor(),
    });
    fields.read(query)
}

/// The unit that a caller is confined to. One whose token names no unit sees nothing: no unit has the empty code.
fn confined_to(caller: &Caller) -> Option<String> {
    (!caller.sees_all()).then(|| caller.unit().unwrap_or_default().to_owned())
}

/// Reads `ListReviews`.
///
/// # Errors
/// Every violation.
pub fn list_reviews(request: &pb::ListReviewsRequest) -> Result<(ListReviews, Page), InvalidRequest> {
    let mut fields = Fields::new();
    let asked = Asked {
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
        size: request.page_size,
        token: &request.page_token,
    };
    let page = asked.page(&mut fields, &format!("reviews|{}", request.open_only));
    fields.finish()?;
    let query = ListReviews {
        window: page.window.clone(),
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
    let unit = confined_to(caller);
    let asked = Asked {
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
        size: request.page_size,
        token: &request.page_token,
    };
    let page = asked.page(&mut fields, &format!("cards|{order_id:?}|{unit:?}"));
    fields.finish()?;
    let query = ListCards {
        window: page.window.clone(),
        order_id,
        unit,
    };
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
    let asked = Asked {
        size: request.page_size,
        token: &request.page_token,
        ..Asked::default()
    };
    let page = asked.page(&mut fields, &format!("clocks|{order_id:?}|{state:?}"));
    fields.finish()?;
    let query = ListClocks {
        window: page.window.clone(),
        order_id,
        state,
    };
    Ok((query, page))
}
