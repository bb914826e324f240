//! Readings as queries: names, windows, pages. What a caller may see is decided here from his grants, once.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest};
use platform::grpc::page;
use platform::numbers::parse_number;
use prost_types::Timestamp;
use uuid::Uuid;

use super::parse::finish;
use crate::actions::get_appeal::{GetAppeal, MayUnmask};
use crate::domain::appeal::AppealId;
use crate::store::appeals::Name;
use crate::store::listing::{AppealFilter, Window};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<F> {
    /// Where it starts and ends; its limit is one more than the page, to know whether another follows.
    pub window: Window,
    /// What narrows it.
    pub filter: F,
    /// Rows shown.
    pub size: usize,
    /// What page tokens are bound to.
    pub bound: String,
}

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
            let platform = fields.ascii("upstream.platform", &upstream.platform, 1..=64);
            let number = fields.ascii("upstream.number", &upstream.number, 1..=64);
            platform
                .zip(number)
                .map(|(platform, number)| Name::Upstream { platform, number })
        }
    };
    let purpose = fields.optional_text("unmask_purpose", &request.unmask_purpose, 200);
    let command = name.map(|name| GetAppeal {
        name,
        platform: caller.platform().map(str::to_owned),
        purpose,
        may: may_unmask(caller),
        reader: caller.actor(),
    });
    finish(fields, command)
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
pub fn list_appeals(request: &pb::ListAppealsRequest, caller: &Caller) -> Result<Page<AppealFilter>, InvalidRequest> {
    let mut fields = Fields::new();
    let state = fields.optional_known::<pb::AppealState>("state", request.state);
    let channel = if request.channel.is_empty() {
        None
    } else {
        fields.code("channel", &request.channel, 64)
    };
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
    let bound = format!("appeals {filter:?}");
    let page = asked.page(&mut fields, &bound, filter);
    finish(fields, Some(page))
}

/// Reads `ListCalls`.
///
/// # Errors
/// Every violation.
pub fn list_calls(request: &pb::ListCallsRequest) -> Result<Page<()>, InvalidRequest> {
    let mut fields = Fields::new();
    let asked = Asked {
        size: request.page_size,
        token: &request.page_token,
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
    };
    let page = asked.page(&mut fields, "calls", ());
    finish(fields, Some(page))
}

/// Reads `GetReference`; an empty day is today.
///
/// # Errors
/// Every violation.
pub fn get_reference(request: &pb::GetReferenceRequest, now: DateTime<Utc>) -> Result<NaiveDate, InvalidRequest> {
    let mut fields = Fields::new();
    let day = fields.optional_day("day", &request.day);
    finish(fields, Some(day.unwrap_or_else(|| calendar::local_date(now))))
}

fn state_name(state: pb::AppealState) -> Option<&'static str> {
    match state {
        pb::AppealState::Unspecified => None,
        pb::AppealState::Received => Some("received"),
        pb::AppealState::Answered => Some("answered"),
        pb::AppealState::Ordered => Some("ordered"),
    }
}

/// What every list by time is asked for.
struct Asked<'r> {
    size: i32,
    token: &'r str,
    from: Option<&'r Timestamp>,
    to: Option<&'r Timestamp>,
}

impl Asked<'_> {
    fn page<F>(&self, fields: &mut Fields, filter_text: &str, filter: F) -> Page<F> {
        let limit = fields.page_size("page_size", self.size);
        let from = fields.optional_time("from_time", self.from).unwrap_or(year(2000));
        let before = fields.optional_time("to_time", self.to).unwrap_or(year(2200));
        if before < from {
            fields.refuse("to_time", "must not be before from_time");
        }
        let bound = format!(
            "{filter_text} {} {}",
            from.timestamp_micros(),
            before.timestamp_micros()
        );
        let after = if self.token.is_empty() {
            (from, Uuid::nil())
        } else {
            position(&bound, self.token).unwrap_or_else(|| {
                fields.refuse("page_token", "must come from the previous answer, with the same filter");
                (from, Uuid::nil())
            })
        };
        Page {
            window: Window {
                after,
                before,
                limit: limit + 1,
            },
            filter,
            size: usize::try_from(limit).unwrap_or(1),
            bound,
        }
    }
}

fn position(bound: &str, token: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let parts = page::decode(bound, token, 2)?;
    let at = DateTime::from_timestamp_micros(parts[0].parse().ok()?)?;
    Some((at, Uuid::try_parse(&parts[1]).ok()?))
}

/// Cuts a page off the rows read, and gives the token of the next one: empty on the last.
pub fn cut<T>(rows: &mut Vec<T>, size: usize, bound: &str, place: impl Fn(&T) -> (DateTime<Utc>, Uuid)) -> String {
    if rows.len() <= size {
        return String::new();
    }
    rows.truncate(size);
    rows.last().map_or_else(String::new, |last| {
        let (at, id) = place(last);
        page::encode(bound, &[&at.timestamp_micros().to_string(), &id.to_string()])
    })
}

fn year(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .expect("a year has a first day")
        .and_utc()
}
