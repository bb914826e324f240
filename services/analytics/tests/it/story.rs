//! A small city in events. [`crate::april`] has events for every figure of the bulletin.

mod beside;

use chrono::{DateTime, Utc};
use eventlog::Recorded;
use hotline_proto::Date;
use hotline_proto::common::{
    AppealType, AttemptOutcome, CallbackMode, Cause, ClockKind, Deadline, DeputyLevel, OrderState, Rating, Seat,
    Solved, UnratedGround, Urgency,
};
use hotline_proto::events as pb;
use hotline_proto::events::event::Body;
use hotline_proto::intake::{AppealFacts, DeclineGround, InvalidGround, TransferReceiver};
use hotline_proto::routing::{LinkedAppeal, Order, Unit};
use rpc::time::to_proto;
use testkit::at;
use uuid::Uuid;

/// Ids that tests can name.
pub fn id(kind: u8, number: u32) -> Uuid {
    Uuid::from_u128(0x018e_0000_0000_7000_8000_0000_0000_0000 | u128::from(kind) << 32 | u128::from(number))
}

pub fn call(number: u32) -> Uuid {
    id(1, number)
}
pub fn appeal(number: u32) -> Uuid {
    id(2, number)
}
pub fn order(number: u32) -> Uuid {
    id(3, number)
}

pub fn notice(number: u32) -> Uuid {
    id(6, number)
}
pub fn entry(number: u32) -> Uuid {
    id(7, number)
}

pub fn leader_day(number: u32) -> Uuid {
    id(10, number)
}
pub fn message(number: u32) -> Uuid {
    id(11, number)
}

/// How an appeal ends, besides a direct answer and an order.
#[derive(Clone, Copy)]
pub enum Outcome {
    NotAccepted,
    Transferred,
    ProgressTold,
    Invalid(InvalidGround),
}

/// A day of 2024.
pub fn day(month: i32, day: i32) -> Date {
    let year = 2024;
    Date { year, month, day }
}

/// A top-level unit.
pub fn unit(code: &str, name: &str) -> Unit {
    Unit {
        code: code.to_owned(),
        name: name.to_owned(),
        ..Default::default()
    }
}

/// A unit below another.
pub fn unit_below(code: &str, parent: &str, name: &str) -> Unit {
    Unit {
        parent: parent.to_owned(),
        ..unit(code, name)
    }
}

/// Person key: the same for all appeals of one person.
pub fn person(number: u8) -> Vec<u8> {
    vec![number; 16]
}

/// Wraps a body as a log would.
pub fn recorded(source: &str, event: u32, key: Uuid, version: u64, body: Body) -> Recorded {
    Recorded {
        source: source.to_owned(),
        partition: 0,
        position: u64::from(event),
        event_id: id(9, event),
        key,
        kind: hotline_proto::event_type(&body).to_owned(),
        version,
        actor: "test".to_owned(),
        occurred_at: at(1, 9, 0),
        body,
        traceparent: None,
    }
}

/// Writes events with numbers of their own.
#[derive(Default)]
pub struct Story {
    pub events: Vec<Recorded>,
}

/// The fields that differ between appeals.
#[derive(Clone, Copy)]
pub struct Codes {
    pub kind: AppealType,
    pub category: &'static str,
    pub channel: &'static str,
    pub tag: Option<&'static str>,
}

pub const WATER: Codes = Codes {
    kind: AppealType::Help,
    category: "0501",
    channel: "phone",
    tag: None,
};

pub fn facts(number: u32, day: u32, codes: Codes) -> AppealFacts {
    AppealFacts {
        appeal_id: appeal(number).to_string(),
        appeal_number: format!("S{number}"),
        r#type: codes.kind.into(),
        category: codes.category.to_owned(),
        region: "430302".to_owned(),
        channel: codes.channel.to_owned(),
        received_time: Some(to_proto(at(day, 9, 0))),
        tags: codes.tag.map(str::to_owned).into_iter().collect(),
        person_key: key_of(number),
        ..seated(number)
    }
}

/// Of April's appeals, a deputy's, a complex one of another deputy, one of the enterprise line and one of a leader day.
/// All of them are urgent.
fn seated(number: u32) -> AppealFacts {
    let (seat, level, day) = match number {
        2 => (Seat::Deputies, DeputyLevel::County, None),
        3 => (Seat::Deputies, DeputyLevel::City, None),
        11 => (Seat::EnterpriseLine, DeputyLevel::Unspecified, None),
        12 => (Seat::LeaderDay, DeputyLevel::Unspecified, Some(leader_day(1))),
        _ => return AppealFacts::default(),
    };
    AppealFacts {
        seat: seat.into(),
        deputy_level: level.into(),
        leader_day_id: day.map(|day| day.to_string()).unwrap_or_default(),
        complex: number == 3,
        urgency: Urgency::Urgent.into(),
        ..Default::default()
    }
}

/// One person has three of April's appeals, another two and an invalid one, a third one. The other appeals have no
/// person key.
fn key_of(number: u32) -> Vec<u8> {
    match number {
        1..=3 => person(1),
        4 => person(2),
        10..=12 => person(3),
        _ => Vec::new(),
    }
}

fn deadline(kind: ClockKind, due: DateTime<Utc>) -> Deadline {
    Deadline {
        kind: kind.into(),
        due_time: Some(to_proto(due)),
        ..Default::default()
    }
}

/// An appeal in an order.
pub fn linked(facts: AppealFacts) -> LinkedAppeal {
    LinkedAppeal {
        link_time: facts.received_time,
        facts: Some(facts),
    }
}

/// An order just opened on a day.
pub fn opened(number: u32, day: u32) -> Order {
    Order {
        order_id: order(number).to_string(),
        number: format!("G{number}"),
        version: 1,
        appeals: vec![linked(facts(number, day, WATER))],
        state: OrderState::PendingDispatch.into(),
        open_time: Some(to_proto(at(day, 9, 5))),
        ..Default::default()
    }
}

/// Dispatched on its day; to be signed on the next one and handled five days later, by 18:00.
pub fn dispatched(number: u32, day: u32, top_unit: &str) -> Order {
    Order {
        version: 2,
        state: OrderState::PendingSign.into(),
        lead_unit: format!("{top_unit}_2"),
        lead_top_unit: top_unit.to_owned(),
        dispatch_time: Some(to_proto(at(day, 9, 6))),
        deadlines: vec![
            deadline(ClockKind::Sign, at(day + 1, 18, 0)),
            deadline(ClockKind::Handle, at(day + 5, 18, 0)),
        ],
        ..opened(number, day)
    }
}

/// Signed the next morning, replied two days later, waiting for callback.
pub fn accepted(number: u32, day: u32, top_unit: &str) -> Order {
    Order {
        version: 6,
        state: OrderState::PendingCallback.into(),
        sign_time: Some(to_proto(at(day + 1, 9, 0))),
        contact_count: 1,
        accepted_reply_time: Some(to_proto(at(day + 2, 9, 0))),
        ..dispatched(number, day, top_unit)
    }
}

/// The same, closed.
pub fn closed(from: Order, day: u32) -> Order {
    Order {
        version: from.version + 1,
        state: OrderState::Closed.into(),
        close_time: Some(to_proto(at(day, 9, 0))),
        ..from
    }
}

impl Story {
    fn tell(&mut self, source: &str, key: Uuid, version: u64, body: Body) {
        let event = u32::try_from(self.events.len() + 1).expect("a short story");
        self.events.push(recorded(source, event, key, version, body));
    }

    /// An appeal of the city's own that was brought at one time and registered at another.
    pub fn late(&mut self, number: u32, brought: DateTime<Utc>, received: DateTime<Utc>) {
        let appeal_facts = AppealFacts {
            received_time: Some(to_proto(received)),
            source_time: Some(to_proto(brought)),
            ..facts(number, 1, WATER)
        };
        let registered = pb::AppealRegistered {
            appeal: Some(appeal_facts),
        };
        self.tell("intake", appeal(number), 1, Body::AppealRegistered(registered));
    }

    pub fn call(&mut self, number: u32, day: u32, answered: bool) {
        let body = pb::CallRecorded {
            call_id: call(number).to_string(),
            offered_time: Some(to_proto(at(day, 9, 0))),
            answered,
        };
        self.tell("intake", call(number), 1, Body::CallRecorded(body));
    }

    pub fn answered(&mut self, number: u32, day: u32, codes: Codes) {
        let facts = Some(facts(number, day, codes));
        let registered = pb::AppealRegistered { appeal: facts.clone() };
        self.tell("intake", appeal(number), 1, Body::AppealRegistered(registered));
        self.tell(
            "intake",
            appeal(number),
            2,
            Body::AppealAnswered(pb::AppealAnswered { appeal: facts }),
        );
    }

    pub fn forwarded(&mut self, number: u32, day: u32, codes: Codes) {
        self.forwarded_of(facts(number, day, codes));
    }

    /// An appeal with these codes.
    pub fn forwarded_of(&mut self, facts: AppealFacts) {
        let id: Uuid = facts.appeal_id.parse().expect("a UUID");
        let facts = Some(facts);
        let registered = pb::AppealRegistered { appeal: facts.clone() };
        self.tell("intake", id, 1, Body::AppealRegistered(registered));
        self.tell(
            "intake",
            id,
            2,
            Body::AppealForwarded(pb::AppealForwarded { appeal: facts }),
        );
    }

    /// An appeal with these codes that ends so.
    pub fn ended(&mut self, facts: AppealFacts, outcome: Outcome) {
        let id: Uuid = facts.appeal_id.parse().expect("a UUID");
        let facts = Some(facts);
        let registered = pb::AppealRegistered { appeal: facts.clone() };
        self.tell("intake", id, 1, Body::AppealRegistered(registered));
        let body = match outcome {
            Outcome::NotAccepted => Body::AppealDeclined(pb::AppealDeclined {
                appeal: facts,
                ground: DeclineGround::Petition.into(),
            }),
            Outcome::Transferred => Body::AppealTransferred(pb::AppealTransferred {
                appeal: facts,
                receiver: TransferReceiver::Police.into(),
            }),
            Outcome::ProgressTold => Body::ProgressTold(pb::ProgressTold {
                appeal: facts,
                order_id: order(1).to_string(),
            }),
            Outcome::Invalid(ground) => Body::AppealInvalidated(pb::AppealInvalidated {
                appeal: facts,
                ground: ground.into(),
            }),
        };
        self.tell("intake", id, 2, body);
    }

    /// Routing's states, in order.
    pub fn order(&mut self, number: u32, states: Vec<Order>) {
        for state in states {
            let version = state.version;
            let body = match OrderState::try_from(state.state).expect("known") {
                OrderState::PendingDispatch => Body::OrderOpened(pb::OrderOpened { order: Some(state) }),
                OrderState::Closed => Body::OrderClosed(pb::OrderClosed { order: Some(state) }),
                OrderState::InProgress => Body::OrderReworked(pb::OrderReworked { order: Some(state) }),
                OrderState::PendingCallback => Body::ReplyPassed(pb::ReplyPassed {
                    order: Some(state),
                    reply_id: String::new(),
                }),
                _ => Body::OrderDispatched(pb::OrderDispatched {
                    order: Some(state),
                    catalogue_row: String::new(),
                }),
            };
            self.tell("routing", order(number), version, body);
        }
    }

    pub fn card(&mut self, number: u32, card: u32, colour: pb::CardColour) {
        let body = pb::CardIssued {
            card_id: id(4, card).to_string(),
            order_id: order(number).to_string(),
            colour: colour.into(),
            clock: ClockKind::Handle.into(),
            ..Default::default()
        };
        self.tell("supervision", order(number), 1, Body::CardIssued(body));
    }

    pub fn withdraw(&mut self, number: u32, card: u32, colour: pb::CardColour) {
        let body = pb::CardWithdrawn {
            card_id: id(4, card).to_string(),
            order_id: order(number).to_string(),
            colour: colour.into(),
            clock: ClockKind::Handle.into(),
            ..Default::default()
        };
        self.tell("supervision", order(number), 2, Body::CardWithdrawn(body));
    }

    pub fn attempt(&mut self, number: u32, round: u32, attempt: u32) {
        let body = pb::AttemptReported {
            task_id: id(5, number * 10 + round).to_string(),
            order_id: order(number).to_string(),
            round,
            attempt,
            mode: CallbackMode::HumanVoice.into(),
            outcome: AttemptOutcome::NoAnswer.into(),
            recorded: false,
            appeal_id: appeal(number).to_string(),
        };
        self.tell(
            "callback",
            id(5, number * 10 + round),
            u64::from(attempt),
            Body::AttemptReported(body),
        );
    }

    pub fn outcome(&mut self, number: u32, round: u32, rating: Rating) {
        let reached = rating != Rating::Unrated;
        let solved = match rating {
            Rating::Unrated => Solved::Unspecified,
            Rating::VerySatisfied | Rating::Satisfied | Rating::FairlySatisfied => Solved::Solved,
            _ => Solved::NotSolved,
        };
        let body = pb::OutcomeRecorded {
            task_id: id(5, number * 10 + round).to_string(),
            order_id: order(number).to_string(),
            round,
            reached,
            attempt_count: 1,
            solved: solved.into(),
            rating: rating.into(),
            r#final: true,
            ground: 0,
            appeal_id: appeal(number).to_string(),
        };
        self.tell("callback", id(5, number * 10 + round), 5, Body::OutcomeRecorded(body));
    }

    /// The appellant left no usable number, so callback ended the task without a call.
    pub fn no_channel(&mut self, number: u32) {
        let body = pb::OutcomeRecorded {
            task_id: id(5, number * 10).to_string(),
            order_id: order(number).to_string(),
            rating: Rating::Unrated.into(),
            r#final: true,
            ground: UnratedGround::NoChannel.into(),
            appeal_id: appeal(number).to_string(),
            ..Default::default()
        };
        self.tell("callback", id(5, number * 10), 1, Body::OutcomeRecorded(body));
    }

    pub fn judged(&mut self, number: u32, round: u32, cause: Cause) {
        let body = pb::DissatisfactionJudged {
            task_id: id(5, number * 10 + round).to_string(),
            order_id: order(number).to_string(),
            round,
            cause: cause.into(),
            appeal_id: appeal(number).to_string(),
        };
        self.tell(
            "callback",
            id(5, number * 10 + round),
            6,
            Body::DissatisfactionJudged(body),
        );
    }
}
