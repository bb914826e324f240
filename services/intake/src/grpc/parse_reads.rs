//! Readings as queries: names, windows, pages. What a caller may see is decided here from his grants, once.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest};
use platform::listing::{Asked, Page};
use platform::numbers::parse_number;

use super::parse::MAX_CODE;
use crate::actions::get_appeal::{GetAppeal, MayUnmask};
use crate::domain::appeal::AppealId;
use crate::store::appeals::Name;
use crate::store::listing::AppealFilter;

/// Characters of why somebody reads what is masked: a line of an audit's list.
const MAX_PURPOSE: usize = 200;

/// Reads `GetAppeal`.
///
/// # Errors
/// Every violation.
pub fn get_appeal(request: &pb::GetAppealRequest, caller: &Caller) -> Result<GetAppeal, InvalidRequest> {
    use pb::get_appeal_request::Name as Sent;
    let mut fields = Fields::new();
    let name = match &request.name {
        None => {
            fields.refuse("name", "must be one of appeal_id, number or upstream");
            None
        }
        Some(Sent::AppealId(id)) => fields.uuid("appeal_id", id).map(|id| Name::Id(AppealId(id))),
        Some(Sent::Number(number)) => match parse_number('A', number) {
            Ok(number) => Some(Name::Number(number)),
            Err(what) => {
                fields.refuse("number", what);
                None
            }
        },
        Some(Sent::Upstream(upstream)) => {
            let platform = fields.ascii("upstream.platform", &upstream.platform, 1..=MAX_CODE);
            let number = fields.ascii("upstream.number", &upstream.number, 1..=MAX_CODE);
            platform
                .zip(number)
                .map(|(platform, number)| Name::Upstream { platform, number })
        }
    };
    let purpose = fields.optional_line("unmask_purpose", &request.unmask_purpose, MAX_PURPOSE);
    let command = name.map(|name| GetAppeal {
        name,
        platform: caller.platform().map(str::to_owned),
        purpose,
        may: may_unmask(caller),
        reader: caller.actor(),
    });
    fields.read(command)
}

/// Who talks to appellants or judges what was done for them sees who they are; a dispatcher needs the matter only.
fn may_unmask(caller: &Caller) -> MayUnmask {
    let all = [Role::Agent, Role::Reviewer, Role::CallbackAgent, Role::Supervisor];
    if all.into_iter().any(|role| caller.has(role)) {
        MayUnmask::All
    } else if caller.has(Role::Dispatcher) {
        MayUnmask::Text
    } else {
        MayUnmask::Nothing
    }
}

/// Reads `ListAppeals`.
///
/// # Errors
/// Every violation.
pub fn list_appeals(request: &pb::ListAppealsRequest, caller: &Caller) -> Result<(Page, AppealFilter), InvalidRequest> {
    let mut fields = Fields::new();
    let state = fields.optional_known::<pb::AppealState>("state", request.state);
    let channel = fields.optional_code("channel", &request.channel, MAX_CODE);
    let filter = AppealFilter {
        state: state.and_then(state_name),
        channel,
        platform: caller.platform().map(str::to_owned),
    };
    let asked = Asked {
        size: request.page_size,
        token: &request.page_token,
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
    };
    let page = asked.page(&mut fields, &format!("appeals|{filter:?}"));
    fields.read(Some((page, filter)))
}

/// Reads `ListCalls`.
///
/// # Errors
/// Every violation.
pub fn list_calls(request: &pb::ListCallsRequest) -> Result<Page, InvalidRequest> {
    let mut fields = Fields::new();
    let asked = Asked {
        size: request.page_size,
        token: &request.page_token,
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
    };
    let page = asked.page(&mut fields, "calls");
    fields.read(Some(page))
}

/// Reads `GetReference`; an empty day is today.
///
/// # Errors
/// Every violation.
pub fn get_reference(request: &pb::GetReferenceRequest, now: DateTime<Utc>) -> Result<NaiveDate, InvalidRequest> {
    let mut fields = Fields::new();
    let day = fields.optional_day("day", &request.day);
    fields.read(Some(day.unwrap_or_else(|| calendar::local_date(now))))
}

fn state_name(state: pb::AppealState) -> Option<&'static str> {
    match state {
        pb::AppealState::Unspecified => None,
        pb::AppealState::Received => Some("received"),
        pb::AppealState::Answered => Some("answered"),
        pb::AppealState::Ordered => Some("ordered"),
    }
}
