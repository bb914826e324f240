//! An order in each of its states, for tests of the rules.

use calendar::{Calendar, Span};
use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, ReplyResult, Urgency};
use hotline_proto::routing::NoContactGround;
use uuid::Uuid;

use super::appeal::Appeal;
use super::deadline::{Deadline, Rule};
use super::limits::Clock;
use super::order::{Achieved, Dispatch, Order, OrderId};
use super::transitions::Verdict;

pub const DECLINED: Option<NoContactGround> = Some(NoContactGround::Declined);

pub fn at(minute: i64) -> DateTime<Utc> {
    // 2024-04-01 00:00 UTC, a Monday.
    DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
}

pub fn appeal() -> Appeal {
    Appeal {
        id: Uuid::from_u128(1),
        number: "A240401-000001-1".to_owned(),
        kind: AppealType::Help,
        category: "0102".to_owned(),
        region: "430302".to_owned(),
        channel: "phone".to_owned(),
        urgency: Urgency::Ordinary,
        received_at: at(0),
        source_at: None,
        tags: vec![],
        anonymous: false,
        confidential: false,
        accused_unit: None,
        defects: Vec::new(),
        no_channel: false,
        platform: None,
        upstream_number: None,
        upstream_due_at: None,
        person_key: None,
        seat: None,
        deputy_level: None,
        leader_day: None,
        complex: false,
    }
}

pub fn deadline(clock: Clock, start: DateTime<Utc>, minutes: u32) -> Deadline {
    let rule = Rule {
        limits_version: 1,
        row: clock.name().to_owned(),
        span: Span::Minutes(minutes),
        warn_before: None,
    };
    Deadline::by_rule(&Calendar::national(), clock, rule, start, None)
}

pub fn dispatch(start: DateTime<Utc>) -> Dispatch {
    Dispatch {
        unit: "water".to_owned(),
        top_unit: "utilities".to_owned(),
        row: Some("r1".to_owned()),
        sign: deadline(Clock::Sign, start, 60),
        handle: Some(deadline(Clock::Handle, start, 600)),
    }
}

pub fn opened() -> Order {
    Order::open(
        OrderId(Uuid::from_u128(9)),
        "W240401-000001-1".to_owned(),
        appeal(),
        at(0),
    )
    .0
}

pub fn dispatched() -> Order {
    opened().dispatch(dispatch(at(0)), at(0)).expect("pending dispatch").0
}

pub fn signed() -> Order {
    dispatched().sign(None, at(1)).expect("pending sign").0
}

pub const REPLY: Uuid = Uuid::from_u128(77);
pub const SOLVED: Achieved = Achieved::Now(ReplyResult::Solved);

pub fn replied(minute: i64) -> Order {
    signed()
        .submit_reply(REPLY, SOLVED, DECLINED, at(minute))
        .expect("a ground is given")
        .0
}

pub fn passed() -> Order {
    replied(10).pass_reply(REPLY, 0, at(11)).expect("under review").0
}

pub fn unit_fault(start: DateTime<Utc>) -> Verdict {
    Verdict::Unit {
        rework: deadline(Clock::Rework, start, 300),
        max_rounds: 2,
    }
}
