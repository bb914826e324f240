//! Valid events and requests for tests.

use chrono::{DateTime, Utc};
use eventlog::Recorded;
use hotline_proto::common::{Activation, AppealType, Cause, ClockKind, ReplyResult, Urgency};
use hotline_proto::events::event::Body;
use hotline_proto::events::{DissatisfactionJudged, OutcomeRecorded, ReplyReviewed};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing as pb;
use platform::ids::new_id;
use rpc::time::{date_to_proto, to_proto};
use testkit::at;
use uuid::Uuid;

pub fn recorded(source: &str, at: DateTime<Utc>, body: Body) -> Recorded {
    Recorded {
        source: source.to_owned(),
        partition: 0,
        position: 1,
        event_id: new_id(at),
        key: Uuid::new_v4(),
        kind: hotline_proto::event_type(&body).to_owned(),
        version: 1,
        actor: "test:somebody".to_owned(),
        occurred_at: at,
        body,
        traceparent: None,
    }
}

/// Id of the order that a forwarded appeal opens, as intake publishes it.
pub fn order_of(event: &Recorded) -> String {
    hotline_proto::orders::order_of(event.event_id).to_string()
}

pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

pub fn appeal(category: &str, region: &str) -> AppealFacts {
    AppealFacts {
        appeal_id: Uuid::new_v4().to_string(),
        appeal_number: "A240401-000001-5".to_owned(),
        r#type: AppealType::Help.into(),
        category: category.to_owned(),
        region: region.to_owned(),
        channel: "phone".to_owned(),
        urgency: Urgency::Ordinary.into(),
        received_time: Some(to_proto(at(1, 8, 55))),
        ..AppealFacts::default()
    }
}

pub const UNITS: &[(&str, &str)] = &[
    ("utilities", ""),
    ("water", "utilities"),
    ("water.north", "water"),
    ("gas", "utilities"),
    ("traffic", ""),
];

/// A day of the contracts, from `2024-04-01`.
pub fn day(text: &str) -> hotline_proto::Date {
    date_to_proto(text.parse().expect("a day"))
}

/// The end of a publication with this number of rows.
pub fn activation(valid_from: &str, rows: usize) -> Activation {
    Activation {
        request_id: request_id(),
        valid_from: Some(day(valid_from)),
        row_count: u32::try_from(rows).expect("a few"),
        dry_run: false,
    }
}

pub fn units(units: &[(&str, &str)]) -> pb::PublishUnitsRequest {
    units_from("2024-01-01", units)
}

pub fn units_from(valid_from: &str, units: &[(&str, &str)]) -> pb::PublishUnitsRequest {
    let unit = |(code, parent): &(&str, &str)| pb::Unit {
        code: (*code).to_owned(),
        name: format!("单位{code}"),
        parent: (*parent).to_owned(),
        // A unit below another one has that one's kind and level.
        kind: if parent.is_empty() {
            pb::UnitKind::Bureau
        } else {
            pb::UnitKind::Unspecified
        }
        .into(),
        level: if parent.is_empty() {
            pb::UnitLevel::City
        } else {
            pb::UnitLevel::Unspecified
        }
        .into(),
        regions: Vec::new(),
    };
    pb::PublishUnitsRequest {
        units: units.iter().map(unit).collect(),
        activate: Some(activation(valid_from, units.len())),
    }
}

pub const CATALOGUE: &[(&str, &str, &str, &str)] = &[
    ("r-water", "0102", "", "water"),
    ("r-north", "0102", "430304", "water.north"),
    ("r-gas", "0103", "4303", "gas"),
];

pub fn catalogue(rows: &[(&str, &str, &str, &str)]) -> pb::PublishCatalogueRequest {
    catalogue_from("2024-01-01", rows)
}

pub fn catalogue_from(valid_from: &str, rows: &[(&str, &str, &str, &str)]) -> pb::PublishCatalogueRequest {
    pb::PublishCatalogueRequest {
        rows: rows
            .iter()
            .map(|(row, category, region, unit)| pb::CatalogueRow {
                row: (*row).to_owned(),
                category: (*category).to_owned(),
                region: (*region).to_owned(),
                unit: (*unit).to_owned(),
            })
            .collect(),
        activate: Some(activation(valid_from, rows.len())),
    }
}

pub fn limit(row: &str, clock: ClockKind, kind: pb::time_limit::Kind) -> pb::LimitRow {
    pb::LimitRow {
        row: row.to_owned(),
        clock: clock.into(),
        limit: Some(pb::TimeLimit { kind: Some(kind) }),
        warn_before: (clock != ClockKind::Sign).then_some(pb::TimeLimit {
            kind: Some(pb::time_limit::Kind::WorkingDays(1)),
        }),
        ..pb::LimitRow::default()
    }
}

/// Limits: sign 1 working day, handle 5 (urgent 24 hours), rework 3. All but sign warn one working day before.
pub fn limits() -> pb::PublishLimitsRequest {
    use pb::time_limit::Kind::{Minutes, WorkingDays};
    let urgent = pb::LimitRow {
        urgency: Urgency::Urgent.into(),
        ..limit("handle-urgent", ClockKind::Handle, Minutes(1440))
    };
    pb::PublishLimitsRequest {
        request_id: request_id(),
        valid_from: Some(day("2024-01-01")),
        rows: vec![
            limit("sign", ClockKind::Sign, WorkingDays(1)),
            limit("handle", ClockKind::Handle, WorkingDays(5)),
            urgent,
            limit("rework", ClockKind::Rework, WorkingDays(3)),
        ],
    }
}

pub fn dispatch(order: &str, unit: &str) -> pb::DispatchOrderRequest {
    pb::DispatchOrderRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
        unit: unit.to_owned(),
        if_version: 0,
    }
}

pub fn sign(order: &str) -> pb::SignOrderRequest {
    pb::SignOrderRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
        if_version: 0,
    }
}

pub fn contact(order: &str) -> pb::RecordContactRequest {
    pb::RecordContactRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
        phone: "13812345678".to_owned(),
        result: pb::ContactResult::Reached.into(),
        note: "约了周三".to_owned(),
        recording: "rec/1".to_owned(),
        mode: pb::ContactMode::Phone.into(),
        made_time: None,
        if_version: 0,
    }
}

pub fn reply(order: &str) -> pb::SubmitReplyRequest {
    pb::SubmitReplyRequest {
        request_id: request_id(),
        order_id: order.to_owned(),
        text: "已恢复供水".to_owned(),
        result: ReplyResult::Solved.into(),
        commitment_day: None,
        evidence: vec!["photo/1".to_owned(), "photo/2".to_owned()],
        no_contact: pb::NoContactGround::Declined.into(),
        if_version: 0,
    }
}

pub fn pass(order: &str, round: u32, reply: &str) -> Body {
    Body::ReplyReviewed(ReplyReviewed {
        review_id: request_id(),
        order_id: order.to_owned(),
        round,
        reply_id: reply.to_owned(),
        passed: true,
        grounds: vec![],
    })
}

pub fn outcome(order: &str, round: u32, is_final: bool) -> Body {
    Body::OutcomeRecorded(OutcomeRecorded {
        task_id: request_id(),
        order_id: order.to_owned(),
        round,
        r#final: is_final,
        ..OutcomeRecorded::default()
    })
}

pub fn judged(order: &str, round: u32, cause: Cause) -> Body {
    Body::DissatisfactionJudged(DissatisfactionJudged {
        task_id: request_id(),
        order_id: order.to_owned(),
        round,
        cause: cause.into(),
        ..DissatisfactionJudged::default()
    })
}
