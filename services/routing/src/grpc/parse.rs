//! Requests to commands: their shape, all violations at once.

use calendar::Span;
use chrono::NaiveDate;
use hotline_proto::common::{AppealType, ClockKind, OrderState, ReplyResult, Urgency};
use hotline_proto::routing as pb;
use hotline_proto::routing::duration::Kind;
use hotline_proto::routing::get_order_request::Name;
use hotline_proto::routing::{ContactResult, NoContactGround};
use platform::grpc::fields::{Fields, InvalidRequest};
use platform::listing::{Asked, Page};
use platform::numbers::parse_number;
use uuid::Uuid;

use crate::actions::dispatch_order::DispatchOrder;
use crate::actions::get_order::OrderName;
use crate::actions::list_orders::ListOrders;
use crate::actions::publish_catalogue::PublishCatalogue;
use crate::actions::publish_limits::PublishLimits;
use crate::actions::publish_units::PublishUnits;
use crate::actions::record_contact::RecordContact;
use crate::actions::sign_order::SignOrder;
use crate::actions::submit_reply::SubmitReply;
use crate::actions::{Actor, Reach};
use crate::domain::catalogue::CatalogueRow;
use crate::domain::limits::{Clock, LimitRow};
use crate::domain::order::{OrderId, StateName};
use crate::domain::transitions::Achieved;
use crate::domain::units::Unit;

/// Longest code, as the columns have it.
const CODE: usize = 64;
/// Longest category or region code: five levels of two digits, nine digits; with room.
const KEY: usize = 32;
/// Units of a large city with their sub-units; a message of 1 MiB holds no more.
const MAX_UNITS: usize = 10_000;
/// Rows of a catalogue: categories times regions of a large city.
const MAX_CATALOGUE: usize = 10_000;
/// Rows of limits: every type, urgency and channel of three clocks. Their check compares each with each.
const MAX_LIMITS: usize = 500;
/// References of evidence.
const MAX_EVIDENCE: usize = 20;

pub(super) fn dispatch_order(
    request: &pb::DispatchOrderRequest,
    by: Actor,
) -> Result<(Uuid, DispatchOrder), InvalidRequest> {
    let mut f = Fields::new();
    let request_id = f.uuid("request_id", &request.request_id);
    let order = f.uuid("order_id", &request.order_id).map(OrderId);
    let unit = f.code("unit", &request.unit, CODE);
    let command = order.zip(unit).map(|(order, unit)| DispatchOrder { order, unit, by });
    f.read(request_id.zip(command))
}

pub(super) fn sign_order(request: &pb::SignOrderRequest, by: Actor) -> Result<(Uuid, SignOrder), InvalidRequest> {
    let mut f = Fields::new();
    let request_id = f.uuid("request_id", &request.request_id);
    let order = f.uuid("order_id", &request.order_id).map(OrderId);
    f.read(request_id.zip(order.map(|order| SignOrder { order, by })))
}

pub(super) fn record_contact(
    request: &pb::RecordContactRequest,
    by: Actor,
) -> Result<(Uuid, RecordContact), InvalidRequest> {
    let mut f = Fields::new();
    let request_id = f.uuid("request_id", &request.request_id);
    let order = f.uuid("order_id", &request.order_id).map(OrderId);
    let phone = f.phone("phone", &request.phone);
    let result = f.known::<ContactResult>("result", request.result);
    let note = f.optional_text("note", &request.note, 2_000);
    let recording = f.optional_line("recording", &request.recording, 200);
    let command = match (order, phone, result) {
        (Some(order), Some(phone), Some(result)) => Some(RecordContact {
            order,
            phone,
            result,
            note,
            recording,
            by,
        }),
        _ => None,
    };
    f.read(request_id.zip(command))
}

pub(super) fn submit_reply(request: &pb::SubmitReplyRequest, by: Actor) -> Result<(Uuid, SubmitReply), InvalidRequest> {
    let mut f = Fields::new();
    let request_id = f.uuid("request_id", &request.request_id);
    let order = f.uuid("order_id", &request.order_id).map(OrderId);
    let text = f.text("text", &request.text, 1..=10_000);
    let achieved = achieved(&mut f, request);
    if request.evidence.len() > MAX_EVIDENCE {
        f.refuse("evidence", format!("must have at most {MAX_EVIDENCE} references"));
    }
    let evidence = request
        .evidence
        .iter()
        .take(MAX_EVIDENCE)
        .enumerate()
        .filter_map(|(at, reference)| f.line(&format!("evidence[{at}]"), reference, 1..=200))
        .collect();
    let no_contact = f.optional_known::<NoContactGround>("no_contact", request.no_contact);
    let command = match (order, text, achieved) {
        (Some(order), Some(text), Some(achieved)) => Some(SubmitReply {
            order,
            text,
            achieved,
            evidence,
            no_contact,
            by,
        }),
        _ => None,
    };
    f.read(request_id.zip(command))
}

/// A commitment has a day, anything else has none.
fn achieved(f: &mut Fields, request: &pb::SubmitReplyRequest) -> Option<Achieved> {
    let result = f.known::<ReplyResult>("result", request.result);
    if result == Some(ReplyResult::Commitment) {
        return f
            .day("commitment_day", &request.commitment_day)
            .map(Achieved::Commitment);
    }
    if !request.commitment_day.is_empty() {
        f.refuse("commitment_day", "must be empty unless the result is a commitment");
    }
    result.map(Achieved::Now)
}

pub(super) fn get_order(request: &pb::GetOrderRequest) -> Result<OrderName, InvalidRequest> {
    let mut f = Fields::new();
    let name = match &request.name {
        Some(Name::OrderId(id)) => f.uuid("order_id", id).map(|id| OrderName::Id(OrderId(id))),
        Some(Name::Number(number)) => match parse_number('W', number) {
            Ok(number) => Some(OrderName::Number(number)),
            Err(what) => {
                f.refuse("number", what);
                None
            }
        },
        None => {
            f.refuse("order_id", "must be given, or number");
            None
        }
    };
    f.read(name)
}

pub(super) fn list_orders(request: &pb::ListOrdersRequest, reach: Reach) -> Result<(ListOrders, Page), InvalidRequest> {
    let mut f = Fields::new();
    let unit = if request.unit.is_empty() {
        None
    } else {
        f.code("unit", &request.unit, CODE)
    };
    let state = f
        .optional_known::<OrderState>("state", request.state)
        .and_then(state_name);
    let due_before = f.optional_time("due_before_time", request.due_before_time.as_ref());
    let asked = Asked {
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
        size: request.page_size,
        token: &request.page_token,
    };
    let page = asked.page(&mut f, &format!("orders|{unit:?}|{state:?}|{due_before:?}"));
    let command = ListOrders {
        window: page.window.clone(),
        unit,
        state,
        due_before,
        reach,
    };
    f.read(Some((command, page)))
}

fn state_name(state: OrderState) -> Option<StateName> {
    match state {
        OrderState::Unspecified => None,
        OrderState::PendingDispatch => Some(StateName::PendingDispatch),
        OrderState::PendingSign => Some(StateName::PendingSign),
        OrderState::InProgress => Some(StateName::InProgress),
        OrderState::PendingReview => Some(StateName::PendingReview),
        OrderState::PendingCallback => Some(StateName::PendingCallback),
        OrderState::Closed => Some(StateName::Closed),
    }
}

pub(super) fn get_order_history(request: &pb::GetOrderHistoryRequest) -> Result<OrderId, InvalidRequest> {
    let mut f = Fields::new();
    let order = f.uuid("order_id", &request.order_id).map(OrderId);
    f.read(order)
}

pub(super) fn publish_units(
    request: &pb::PublishUnitsRequest,
    by: &Actor,
) -> Result<(Uuid, PublishUnits), InvalidRequest> {
    let mut f = Fields::new();
    let request_id = f.uuid("request_id", &request.request_id);
    let valid_from = f.day("valid_from", &request.valid_from);
    count(&mut f, "units", request.units.len(), MAX_UNITS);
    let units = read_all(&mut f, "units", &request.units, MAX_UNITS, |f, unit| {
        let code = f.code("code", &unit.code, CODE);
        let name = f.line("name", &unit.name, 1..=100);
        let parent = if unit.parent.is_empty() {
            Some(None)
        } else {
            f.code("parent", &unit.parent, CODE).map(Some)
        };
        Some(Unit {
            code: code?,
            name: name?,
            parent: parent?,
        })
    });
    let command = valid_from.map(|valid_from| PublishUnits {
        valid_from,
        units,
        by: by.subject.clone(),
    });
    f.read(request_id.zip(command))
}

pub(super) fn publish_catalogue(
    request: &pb::PublishCatalogueRequest,
    by: &Actor,
) -> Result<(Uuid, PublishCatalogue), InvalidRequest> {
    let mut f = Fields::new();
    let request_id = f.uuid("request_id", &request.request_id);
    let valid_from = f.day("valid_from", &request.valid_from);
    count(&mut f, "rows", request.rows.len(), MAX_CATALOGUE);
    let rows = read_all(&mut f, "rows", &request.rows, MAX_CATALOGUE, |f, row| {
        let id = f.code("row", &row.row, CODE);
        let category = prefix(f, "category", &row.category);
        let region = prefix(f, "region", &row.region);
        let unit = f.code("unit", &row.unit, CODE);
        Some(CatalogueRow {
            row: id?,
            category: category?,
            region: region?,
            unit: unit?,
        })
    });
    let command = valid_from.map(|valid_from| PublishCatalogue {
        valid_from,
        rows,
        by: by.subject.clone(),
    });
    f.read(request_id.zip(command))
}

pub(super) fn publish_limits(
    request: &pb::PublishLimitsRequest,
    by: &Actor,
) -> Result<(Uuid, PublishLimits), InvalidRequest> {
    let mut f = Fields::new();
    let request_id = f.uuid("request_id", &request.request_id);
    let valid_from = f.day("valid_from", &request.valid_from);
    count(&mut f, "rows", request.rows.len(), MAX_LIMITS);
    let rows = read_all(&mut f, "rows", &request.rows, MAX_LIMITS, limit_row);
    let command = valid_from.map(|valid_from| PublishLimits {
        valid_from,
        rows,
        by: by.subject.clone(),
    });
    f.read(request_id.zip(command))
}

fn limit_row(f: &mut Fields, row: &pb::LimitRow) -> Option<LimitRow> {
    let id = f.code("row", &row.row, CODE);
    let clock = f.known::<ClockKind>("clock", row.clock).and_then(|clock| match clock {
        ClockKind::Unspecified => None,
        ClockKind::Sign => Some(Clock::Sign),
        ClockKind::Handle => Some(Clock::Handle),
        ClockKind::Rework => Some(Clock::Rework),
    });
    let kind = f.optional_known::<AppealType>("type", row.r#type);
    let urgency = f.optional_known::<Urgency>("urgency", row.urgency);
    let channel = if row.channel.is_empty() {
        None
    } else {
        f.code("channel", &row.channel, CODE)
    };
    let limit = span(f, row.limit.as_ref());
    Some(LimitRow {
        row: id?,
        clock: clock?,
        kind,
        urgency,
        channel,
        limit: limit?,
    })
}

fn span(f: &mut Fields, limit: Option<&pb::Duration>) -> Option<Span> {
    // Most of each: a year of working days, of days, of minutes.
    let (field, length, most, span) = match limit.and_then(|limit| limit.kind) {
        None => {
            f.refuse("limit", "must be working_days, natural_days or minutes");
            return None;
        }
        Some(Kind::WorkingDays(n)) => ("limit.working_days", n, 250, Span::WorkingDays(n)),
        Some(Kind::NaturalDays(n)) => ("limit.natural_days", n, 366, Span::NaturalDays(n)),
        Some(Kind::Minutes(n)) => ("limit.minutes", n, 525_600, Span::Minutes(n)),
    };
    if (1..=most).contains(&length) {
        return Some(span);
    }
    f.refuse(field, format!("must be 1 to {most}"));
    None
}

pub(super) fn get_directory(request: &pb::GetDirectoryRequest, today: NaiveDate) -> Result<NaiveDate, InvalidRequest> {
    let mut f = Fields::new();
    let day = if request.day.is_empty() {
        Some(today)
    } else {
        f.day("day", &request.day)
    };
    f.read(day)
}

fn prefix(f: &mut Fields, field: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        Some(String::new())
    } else {
        f.code(field, text, KEY)
    }
}

fn count(f: &mut Fields, field: &str, found: usize, most: usize) {
    if !(1..=most).contains(&found) {
        f.refuse(field, format!("must have 1 to {most} entries, has {found}"));
    }
}

/// Reads every entry of a list, at most `most`; those with violations are left out, and the violations noted.
fn read_all<M, T>(
    f: &mut Fields,
    field: &str,
    entries: &[M],
    most: usize,
    read: impl Fn(&mut Fields, &M) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::with_capacity(entries.len().min(most));
    for (at, entry) in entries.iter().take(most).enumerate() {
        let mut part = Fields::at(&format!("{field}[{at}]"));
        found.extend(read(&mut part, entry));
        f.absorb(part);
    }
    found
}
