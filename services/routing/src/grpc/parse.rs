//! Requests to commands: their shape, all violations at once.

use calendar::{MAX_ENTRIES, MAX_NOTICES, MAX_SOURCE, MAX_VERSION_BYTES, Notice, Span};
use chrono::NaiveDate;
use hotline_proto::common::{AppealType, ClockKind, OrderState, ReplyResult, Urgency};
use hotline_proto::routing as pb;
use hotline_proto::routing::duration::Kind;
use hotline_proto::routing::get_order_request::Name;
use hotline_proto::routing::{ContactMode, ContactResult, NoContactGround};
use platform::grpc::fields::{Fields, InvalidRequest, Once};
use platform::grpc::page;
use platform::listing::{Asked, Page};
use platform::numbers::parse_number;

use crate::actions::dispatch_order::DispatchOrder;
use crate::actions::get_order::OrderName;
use crate::actions::get_order_history::GetOrderHistory;
use crate::actions::list_orders::ListOrders;
use crate::actions::publish_calendar::PublishCalendar;
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
use crate::store::transitions::Transition;

/// Longest code, in bytes; as the columns of all services have it.
const MAX_CODE: usize = 64;
/// Longest category or region code, in bytes: five levels of two digits, twelve digits; with room.
const MAX_KEY: usize = 32;
/// Characters of a unit's name.
const MAX_NAME: usize = 100;
/// Characters of a reply: five pages, 30 kB sealed; longer things are evidence.
const MAX_REPLY: usize = 10_000;
/// Characters of a contact's note.
const MAX_NOTE: usize = 2_000;
/// Characters of a reference of evidence or of a recording: a path or an id in the store of attachments.
const MAX_REFERENCE: usize = 200;
/// Units of a large city with their sub-units; a message of 1 MiB holds no more.
const MAX_UNITS: usize = 10_000;
/// Rows of a catalogue: categories times regions of a large city.
const MAX_CATALOGUE: usize = 10_000;
/// Rows of limits: every type, urgency and channel of three clocks. Their check compares each with each.
const MAX_LIMITS: usize = 500;
/// Characters of a day or of a range of days: `2026-02-15..2026-02-23`, with room.
const MAX_ENTRY: usize = 30;
/// The last year with four digits.
const MAX_YEAR: i32 = 9999;
/// References of evidence.
const MAX_EVIDENCE: usize = 20;

pub(super) fn dispatch_order(request: &pb::DispatchOrderRequest, by: Actor) -> Once<DispatchOrder> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let order = fields.uuid("order_id", &request.order_id).map(OrderId);
    let unit = fields.code("unit", &request.unit, MAX_CODE);
    let command = || {
        let command = DispatchOrder {
            order: order?,
            unit: unit?,
            by,
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

pub(super) fn sign_order(request: &pb::SignOrderRequest, by: Actor) -> Once<SignOrder> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let order = fields.uuid("order_id", &request.order_id).map(OrderId);
    let command = || Some((request_id?, SignOrder { order: order?, by }));
    fields.read(command())
}

pub(super) fn record_contact(request: &pb::RecordContactRequest, by: Actor) -> Once<RecordContact> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let order = fields.uuid("order_id", &request.order_id).map(OrderId);
    let mode = fields.known::<ContactMode>("mode", request.mode);
    let made_at = fields.optional_time("made_time", request.made_time.as_ref());
    let phone = if mode == Some(ContactMode::Phone) {
        fields.phone("phone", &request.phone)
    } else {
        fields.optional_phone("phone", &request.phone)
    };
    let result = fields.known::<ContactResult>("result", request.result);
    let note = fields.optional_text("note", &request.note, MAX_NOTE);
    let recording = fields.optional_line("recording", &request.recording, MAX_REFERENCE);
    let command = || {
        let command = RecordContact {
            order: order?,
            mode: mode?,
            made_at,
            phone,
            result: result?,
            note,
            recording,
            by,
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

pub(super) fn submit_reply(request: &pb::SubmitReplyRequest, by: Actor) -> Once<SubmitReply> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let order = fields.uuid("order_id", &request.order_id).map(OrderId);
    let text = fields.text("text", &request.text, 1..=MAX_REPLY);
    let achieved = achieved(&mut fields, request);
    if request.evidence.len() > MAX_EVIDENCE {
        fields.refuse("evidence", format!("must have at most {MAX_EVIDENCE} references"));
    }
    let evidence = request
        .evidence
        .iter()
        .take(MAX_EVIDENCE)
        .enumerate()
        .filter_map(|(at, reference)| fields.line(&format!("evidence[{at}]"), reference, 1..=MAX_REFERENCE))
        .collect();
    let no_contact = fields.optional_known::<NoContactGround>("no_contact", request.no_contact);
    let command = || {
        let command = SubmitReply {
            order: order?,
            text: text?,
            achieved: achieved?,
            evidence,
            no_contact,
            by,
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

/// A commitment has a day, anything else has none.
fn achieved(fields: &mut Fields, request: &pb::SubmitReplyRequest) -> Option<Achieved> {
    let result = fields.known::<ReplyResult>("result", request.result);
    if result == Some(ReplyResult::Commitment) {
        return fields
            .day("commitment_day", &request.commitment_day)
            .map(Achieved::Commitment);
    }
    if !request.commitment_day.is_empty() {
        fields.refuse("commitment_day", "must be empty unless the result is a commitment");
    }
    result.map(Achieved::Now)
}

pub(super) fn get_order(request: &pb::GetOrderRequest) -> Result<OrderName, InvalidRequest> {
    let mut fields = Fields::new();
    let name = match &request.name {
        Some(Name::OrderId(id)) => fields.uuid("order_id", id).map(|id| OrderName::Id(OrderId(id))),
        Some(Name::Number(number)) => match parse_number('W', number) {
            Ok(number) => Some(OrderName::Number(number)),
            Err(what) => {
                fields.refuse("number", what);
                None
            }
        },
        None => {
            fields.refuse("order_id", "must be given, or number");
            None
        }
    };
    fields.read(name)
}

pub(super) fn list_orders(request: &pb::ListOrdersRequest, reach: Reach) -> Result<(ListOrders, Page), InvalidRequest> {
    let mut fields = Fields::new();
    let unit = fields.optional_code("unit", &request.unit, MAX_CODE);
    let state = fields
        .optional_known::<OrderState>("state", request.state)
        .and_then(state_name);
    let due_before = fields.optional_time("due_before_time", request.due_before_time.as_ref());
    let asked = Asked {
        from: request.from_time.as_ref(),
        to: request.to_time.as_ref(),
        size: request.page_size,
        token: &request.page_token,
    };
    let page = asked.page(&mut fields, &format!("orders|{unit:?}|{state:?}|{due_before:?}"));
    let command = ListOrders {
        window: page.window.clone(),
        unit,
        state,
        due_before,
        reach,
    };
    fields.read(Some((command, page)))
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

/// A page of a history: what is asked of the store, and how it is cut.
pub(super) struct HistoryPage {
    pub query: GetOrderHistory,
    bound: String,
}

pub(super) fn get_order_history(
    request: &pb::GetOrderHistoryRequest,
    reach: Reach,
) -> Result<HistoryPage, InvalidRequest> {
    let mut fields = Fields::new();
    let order = fields.uuid("order_id", &request.order_id).map(OrderId);
    let limit = fields.page_size("page_size", request.page_size) + 1;
    let bound = format!("history|{order:?}");
    let after = if request.page_token.is_empty() {
        Some(0)
    } else {
        let parts = page::decode(&bound, &request.page_token, 1);
        // A forged one may be no version that the database can hold; no order has as many as these.
        let after = parts.and_then(|parts| parts[0].parse::<u32>().ok());
        if after.is_none() {
            fields.refuse(
                "page_token",
                "must be the next_page_token of an answer about the same order",
            );
        }
        after
    };
    let read = || {
        let query = GetOrderHistory {
            order: order?,
            after: after?.into(),
            limit,
            reach,
        };
        Some(HistoryPage { query, bound })
    };
    fields.read(read())
}

impl HistoryPage {
    /// Cuts the step that only shows that another page follows, and gives the token of that page: empty on the last.
    pub(super) fn cut(&self, steps: &mut Vec<Transition>) -> String {
        let shown = usize::try_from(self.query.limit - 1).expect("a page size is 1 to 1000");
        if steps.len() <= shown {
            return String::new();
        }
        steps.truncate(shown);
        steps.last().map_or_else(String::new, |last| {
            page::encode(&self.bound, &[&last.version.to_string()])
        })
    }
}

pub(super) fn publish_units(request: &pb::PublishUnitsRequest, by: &Actor) -> Once<PublishUnits> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let valid_from = fields.day("valid_from", &request.valid_from);
    count(&mut fields, "units", request.units.len(), MAX_UNITS);
    let units = read_all(&mut fields, "units", &request.units, MAX_UNITS, |fields, unit| {
        let code = fields.code("code", &unit.code, MAX_CODE);
        let name = fields.line("name", &unit.name, 1..=MAX_NAME);
        let parent = if unit.parent.is_empty() {
            Some(None)
        } else {
            fields.code("parent", &unit.parent, MAX_CODE).map(Some)
        };
        Some(Unit {
            code: code?,
            name: name?,
            parent: parent?,
        })
    });
    let command = || {
        let command = PublishUnits {
            valid_from: valid_from?,
            units,
            by: by.subject.clone(),
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

pub(super) fn publish_catalogue(request: &pb::PublishCatalogueRequest, by: &Actor) -> Once<PublishCatalogue> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let valid_from = fields.day("valid_from", &request.valid_from);
    count(&mut fields, "rows", request.rows.len(), MAX_CATALOGUE);
    let rows = read_all(&mut fields, "rows", &request.rows, MAX_CATALOGUE, |fields, row| {
        let id = fields.code("row", &row.row, MAX_CODE);
        let category = prefix(fields, "category", &row.category);
        let region = prefix(fields, "region", &row.region);
        let unit = fields.code("unit", &row.unit, MAX_CODE);
        Some(CatalogueRow {
            row: id?,
            category: category?,
            region: region?,
            unit: unit?,
        })
    });
    let command = || {
        let command = PublishCatalogue {
            valid_from: valid_from?,
            rows,
            by: by.subject.clone(),
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

/// Days or ranges of days; what they may be is the calendar's to say.
fn entries(fields: &mut Fields, list: &str, sent: &[String]) -> Vec<String> {
    if sent.len() > MAX_ENTRIES {
        fields.refuse(list, format!("must have at most {MAX_ENTRIES} entries"));
    }
    let lines = sent.iter().take(MAX_ENTRIES).enumerate();
    lines
        .filter_map(|(at, entry)| fields.line(&format!("{list}[{at}]"), entry, 1..=MAX_ENTRY))
        .collect()
}

/// The shape only: what the days may be is the calendar's to say, of files too.
pub(super) fn publish_calendar(request: &pb::PublishCalendarRequest, by: &Actor) -> Once<PublishCalendar> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let version = fields.code("version", &request.version, MAX_VERSION_BYTES);
    count(&mut fields, "notices", request.notices.len(), MAX_NOTICES);
    let notices = read_all(&mut fields, "notices", &request.notices, MAX_NOTICES, |fields, sent| {
        let source = fields.line("source", &sent.source, 1..=MAX_SOURCE);
        // Which years have notices is the calendar's to say, with all else that is wrong with them.
        let year = i32::try_from(sent.year).ok().filter(|year| *year <= MAX_YEAR);
        if year.is_none() {
            fields.refuse("year", format!("must be a year, {MAX_YEAR} at most"));
        }
        let off = entries(fields, "off", &sent.off);
        let work = entries(fields, "work", &sent.work);
        Some(Notice {
            year: year?,
            source: source?,
            off,
            work,
        })
    });
    let command = || {
        let command = PublishCalendar {
            version: version?,
            notices,
            by: by.subject.clone(),
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

pub(super) fn publish_limits(request: &pb::PublishLimitsRequest, by: &Actor) -> Once<PublishLimits> {
    let mut fields = Fields::new();
    let request_id = fields.uuid("request_id", &request.request_id);
    let valid_from = fields.day("valid_from", &request.valid_from);
    count(&mut fields, "rows", request.rows.len(), MAX_LIMITS);
    let rows = read_all(&mut fields, "rows", &request.rows, MAX_LIMITS, limit_row);
    let command = || {
        let command = PublishLimits {
            valid_from: valid_from?,
            rows,
            by: by.subject.clone(),
        };
        Some((request_id?, command))
    };
    fields.read(command())
}

fn limit_row(fields: &mut Fields, row: &pb::LimitRow) -> Option<LimitRow> {
    let id = fields.code("row", &row.row, MAX_CODE);
    let clock = fields
        .known::<ClockKind>("clock", row.clock)
        .and_then(|clock| match clock {
            ClockKind::Unspecified => None,
            ClockKind::Sign => Some(Clock::Sign),
            ClockKind::Handle => Some(Clock::Handle),
            ClockKind::Rework => Some(Clock::Rework),
        });
    let kind = fields.optional_known::<AppealType>("type", row.r#type);
    let urgency = fields.optional_known::<Urgency>("urgency", row.urgency);
    let channel = fields.optional_code("channel", &row.channel, MAX_CODE);
    let limit = span(fields, row.limit.as_ref());
    Some(LimitRow {
        row: id?,
        clock: clock?,
        kind,
        urgency,
        channel,
        limit: limit?,
    })
}

fn span(fields: &mut Fields, limit: Option<&pb::Duration>) -> Option<Span> {
    // Most of each: a year of working days, of days, of minutes.
    let (field, length, most, span) = match limit.and_then(|limit| limit.kind) {
        None => {
            fields.refuse("limit", "must be working_days, natural_days or minutes");
            return None;
        }
        Some(Kind::WorkingDays(n)) => ("limit.working_days", n, 250, Span::WorkingDays(n)),
        Some(Kind::NaturalDays(n)) => ("limit.natural_days", n, 366, Span::NaturalDays(n)),
        Some(Kind::Minutes(n)) => ("limit.minutes", n, 525_600, Span::Minutes(n)),
    };
    if (1..=most).contains(&length) {
        return Some(span);
    }
    fields.refuse(field, format!("must be 1 to {most}"));
    None
}

pub(super) fn get_directory(request: &pb::GetDirectoryRequest, today: NaiveDate) -> Result<NaiveDate, InvalidRequest> {
    let mut fields = Fields::new();
    let day = if request.day.is_empty() {
        Some(today)
    } else {
        fields.day("day", &request.day)
    };
    fields.read(day)
}

fn prefix(fields: &mut Fields, field: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        Some(String::new())
    } else {
        fields.code(field, text, MAX_KEY)
    }
}

fn count(fields: &mut Fields, field: &str, found: usize, most: usize) {
    if !(1..=most).contains(&found) {
        fields.refuse(field, format!("must have 1 to {most} entries, has {found}"));
    }
}

/// Reads every entry of a list, at most `most`; those with violations are left out, and the violations noted.
fn read_all<M, T>(
    fields: &mut Fields,
    field: &str,
    entries: &[M],
    most: usize,
    read: impl Fn(&mut Fields, &M) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::with_capacity(entries.len().min(most));
    for (at, entry) in entries.iter().take(most).enumerate() {
        let mut part = Fields::at(&format!("{field}[{at}]"));
        found.extend(read(&mut part, entry));
        fields.absorb(part);
    }
    found
}
