//! Follows an order through all services. Every changing call is sent fifty times at once with the same request_id,
//! once more afterwards, and once with other content. The result is one effect, one answer, and one refusal.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use hosting::Name;
use hotline::commands::pages::{activation, catalogue_parts, reference_parts, rows, unit_parts};
use hotline_proto::Date;
use hotline_proto::access::Role;
use hotline_proto::callback::{
    HeldTask, JudgeDissatisfactionRequest, JudgeDissatisfactionResponse, Lease, LeaseTasksRequest, LeaseTasksResponse,
    RecordOutcomeRequest, RecordOutcomeResponse, ReleaseTasksRequest, ReleaseTasksResponse, RenewLeaseRequest,
    RenewLeaseResponse, ReportAttemptRequest, ReportAttemptResponse,
};
use hotline_proto::common::{Activation, AttemptOutcome, CallbackMode, Cause, OrderState, Rating, ReplyResult, Solved};
use hotline_proto::intake::PublishReferenceResponse;
use hotline_proto::routing::{
    ContactMode, ContactResult, DayRange, DispatchOrderRequest, DispatchOrderResponse, NoteProgressRequest,
    NoteProgressResponse, Notice, PublishCalendarRequest, PublishCalendarResponse, PublishCatalogueResponse,
    PublishLimitsRequest, PublishLimitsResponse, PublishUnitsResponse, RecordContactRequest, RecordContactResponse,
    SignOrderRequest, SignOrderResponse, SubmitReplyRequest, SubmitReplyResponse,
};
use hotline_proto::supervision::{ReviewReplyRequest, ReviewReplyResponse, Verdict};
use platform::auth::Principal;
use prost_reflect::{DescriptorPool, MessageDescriptor};
use testkit::{april, at};
use uuid::Uuid;

use crate::access::principal;
use crate::fixture::Five;
use crate::fixture::people::request_id;
use crate::fixture::repeating::Walk;

mod batches;
mod intake;
mod registers;
mod risks;

/// Commands on parked events. A healthy city has none, so the tests of `eventlog` cover these commands.
const ELSEWHERE: [&str; 2] = [
    "/hotline.common.v1.EventLogService/RetryParkedEvent",
    "/hotline.common.v1.EventLogService/SkipParkedEvent",
];

impl Walk {
    async fn city(&mut self) {
        let operator = principal(Role::Operator);
        let (day, later) = (april(30), april(29));
        let reference = self.five.city.reference();
        let end = activation(april_day(), rows(&reference), false);
        let other = other_day(&end, later);
        let _: PublishReferenceResponse = self
            .publish(
                (Name::Intake, "PublishReference"),
                reference_parts(&reference, end),
                reference_parts(&reference, other),
            )
            .await;
        let units = self.five.city.units();
        let end = activation(april_day(), units.len(), false);
        let other = other_day(&end, later);
        let _: PublishUnitsResponse = self
            .publish(
                (Name::Routing, "PublishUnits"),
                unit_parts(&units, end),
                unit_parts(&units, other),
            )
            .await;
        let catalogue = self.five.city.catalogue();
        let end = activation(april_day(), catalogue.len(), false);
        let other = other_day(&end, later);
        let _: PublishCatalogueResponse = self
            .publish(
                (Name::Routing, "PublishCatalogue"),
                catalogue_parts(&catalogue, end),
                catalogue_parts(&catalogue, other),
            )
            .await;
        let limits = PublishLimitsRequest {
            request_id: request_id(),
            valid_from: Some(day),
            rows: self.five.city.limits(),
        };
        let other = PublishLimitsRequest {
            valid_from: Some(later),
            ..limits.clone()
        };
        let _: PublishLimitsResponse = self
            .repeat((Name::Routing, "PublishLimits"), &operator, limits, other)
            .await;
        self.notices(&operator).await;
    }

    async fn notices(&mut self, operator: &Principal) {
        let notice = Notice {
            year: 2031,
            source: "通知".to_owned(),
            off: vec![DayRange {
                first: Some(Date {
                    year: 2031,
                    month: 1,
                    day: 1,
                }),
                last: None,
            }],
            work: Vec::new(),
        };
        let calendar = PublishCalendarRequest {
            request_id: request_id(),
            version: "cn-2031.1".to_owned(),
            notices: vec![notice],
        };
        let other = PublishCalendarRequest {
            version: "cn-2031.2".to_owned(),
            ..calendar.clone()
        };
        let _: PublishCalendarResponse = self
            .repeat((Name::Routing, "PublishCalendar"), operator, calendar, other)
            .await;
    }

    /// Dispatches by a person, signs, contacts, replies and passes.
    async fn handle(&mut self, order_id: &str) {
        let unit = self.five.city.units().first().expect("units").code.clone();
        let dispatch = DispatchOrderRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            unit: unit.clone(),
            ..DispatchOrderRequest::default()
        };
        let other = DispatchOrderRequest {
            order_id: Uuid::new_v4().to_string(),
            ..dispatch.clone()
        };
        let dispatcher = principal(Role::Dispatcher);
        let _: DispatchOrderResponse = self
            .repeat((Name::Routing, "DispatchOrder"), &dispatcher, dispatch, other)
            .await;
        let liaison = Principal {
            unit: Some(unit),
            ..principal(Role::Liaison)
        };
        let sign = SignOrderRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            ..SignOrderRequest::default()
        };
        let other = SignOrderRequest {
            order_id: Uuid::new_v4().to_string(),
            ..sign.clone()
        };
        let _: SignOrderResponse = self.repeat((Name::Routing, "SignOrder"), &liaison, sign, other).await;
        let contact = RecordContactRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            phone: "13800000000".to_owned(),
            mode: ContactMode::Phone.into(),
            result: ContactResult::Reached.into(),
            note: "核实。".to_owned(),
            recording: String::new(),
            ..RecordContactRequest::default()
        };
        let other = RecordContactRequest {
            note: "未核实。".to_owned(),
            ..contact.clone()
        };
        let _: RecordContactResponse = self
            .repeat((Name::Routing, "RecordContact"), &liaison, contact, other)
            .await;
        self.note(order_id, &liaison).await;
        let reply = SubmitReplyRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            text: "已修复。".to_owned(),
            result: ReplyResult::Solved.into(),
            ..SubmitReplyRequest::default()
        };
        let other = SubmitReplyRequest {
            text: "未修复。".to_owned(),
            ..reply.clone()
        };
        let replied: SubmitReplyResponse = self
            .repeat((Name::Routing, "SubmitReply"), &liaison, reply, other)
            .await;
        self.pass(order_id, replied.reply_id).await;
    }

    async fn note(&mut self, order_id: &str, liaison: &Principal) {
        let note = NoteProgressRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            text: "等待配件。".to_owned(),
            ..NoteProgressRequest::default()
        };
        let other = NoteProgressRequest {
            text: "配件已到。".to_owned(),
            ..note.clone()
        };
        let _: NoteProgressResponse = self.repeat((Name::Routing, "NoteProgress"), liaison, note, other).await;
    }

    async fn pass(&mut self, order_id: &str, reply_id: String) {
        let review = ReviewReplyRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            reply_id,
            verdict: Verdict::Pass.into(),
            ..ReviewReplyRequest::default()
        };
        let other = ReviewReplyRequest {
            reply_id: Uuid::new_v4().to_string(),
            ..review.clone()
        };
        let reviewer = principal(Role::Reviewer);
        let _: ReviewReplyResponse = self
            .repeat((Name::Supervision, "ReviewReply"), &reviewer, review, other)
            .await;
    }

    /// Renews a lease, releases it, and leases the task again.
    async fn keep(&mut self, agent: &Principal, lease: &Lease) -> Lease {
        let renewal = RenewLeaseRequest {
            request_id: request_id(),
            task_id: lease.task_id.clone(),
            token: lease.token,
            ..RenewLeaseRequest::default()
        };
        let other = RenewLeaseRequest {
            token: lease.token + 1,
            ..renewal.clone()
        };
        let _: RenewLeaseResponse = self.repeat((Name::Callback, "RenewLease"), agent, renewal, other).await;
        let held = HeldTask {
            task_id: lease.task_id.clone(),
            token: lease.token,
            ..HeldTask::default()
        };
        let release = ReleaseTasksRequest {
            request_id: request_id(),
            tasks: vec![held],
        };
        let other = ReleaseTasksRequest {
            tasks: Vec::new(),
            ..release.clone()
        };
        let released: ReleaseTasksResponse = self
            .repeat((Name::Callback, "ReleaseTasks"), agent, release, other)
            .await;
        assert_eq!(released.task_ids, std::slice::from_ref(&lease.task_id));
        let again = LeaseTasksRequest {
            request_id: request_id(),
            count: 1,
        };
        let rpc = "/hotline.callback.v1.CallbackService/LeaseTasks";
        let again: LeaseTasksResponse = self.call(Name::Callback, rpc, agent, again).await.expect("it is free");
        again.leases.into_iter().next().expect("it is free")
    }

    /// Calls back, records dissatisfaction, and judges it.
    async fn call_back(&mut self) {
        let agent = principal(Role::CallbackAgent);
        let lease = LeaseTasksRequest {
            request_id: request_id(),
            count: 1,
        };
        let other = LeaseTasksRequest {
            count: 2,
            ..lease.clone()
        };
        let leased: LeaseTasksResponse = self.repeat((Name::Callback, "LeaseTasks"), &agent, lease, other).await;
        let [lease] = leased.leases.as_slice() else {
            panic!("one task waits: {leased:?}");
        };
        let lease = self.keep(&agent, lease).await;
        let attempt = ReportAttemptRequest {
            request_id: request_id(),
            task_id: lease.task_id.clone(),
            token: lease.token,
            mode: CallbackMode::HumanVoice.into(),
            outcome: AttemptOutcome::Reached.into(),
            recording: "rec/1".to_owned(),
            ..ReportAttemptRequest::default()
        };
        let other = ReportAttemptRequest {
            outcome: AttemptOutcome::NoAnswer.into(),
            ..attempt.clone()
        };
        let _: ReportAttemptResponse = self
            .repeat((Name::Callback, "ReportAttempt"), &agent, attempt, other)
            .await;
        let outcome = RecordOutcomeRequest {
            request_id: request_id(),
            task_id: lease.task_id.clone(),
            token: lease.token,
            solved: Solved::NotSolved.into(),
            rating: Rating::Dissatisfied.into(),
            comment: "没有修好。".to_owned(),
            ..RecordOutcomeRequest::default()
        };
        let other = RecordOutcomeRequest {
            rating: Rating::Satisfied.into(),
            ..outcome.clone()
        };
        let _: RecordOutcomeResponse = self
            .repeat((Name::Callback, "RecordOutcome"), &agent, outcome, other)
            .await;
        let judgement = JudgeDissatisfactionRequest {
            request_id: request_id(),
            task_id: lease.task_id.clone(),
            cause: Cause::Objective.into(),
            reason: "经核实。".to_owned(),
            ..JudgeDissatisfactionRequest::default()
        };
        let other = JudgeDissatisfactionRequest {
            cause: Cause::Unit.into(),
            ..judgement.clone()
        };
        let supervisor = principal(Role::Supervisor);
        let _: JudgeDissatisfactionResponse = self
            .repeat((Name::Callback, "JudgeDissatisfaction"), &supervisor, judgement, other)
            .await;
    }
}

/// A day after the first day of the city.
fn april_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 4, 30).expect("a day")
}

/// The same activation with another first day.
fn other_day(end: &Activation, day: Date) -> Activation {
    Activation {
        valid_from: Some(day),
        ..end.clone()
    }
}

/// Whether a message has a request_id, in itself, in its activation, or in its items.
fn is_repeatable(message: &MessageDescriptor) -> bool {
    let has_id = |message: &MessageDescriptor| message.get_field_by_name("request_id").is_some();
    let mut parts = message.fields();
    has_id(message) || parts.any(|field| field.kind().as_message().is_some_and(has_id))
}

/// RPCs whose request has a request_id.
fn mutations() -> BTreeSet<String> {
    let pool = DescriptorPool::decode(hotline_proto::DESCRIPTORS).expect("compiled in");
    pool.services()
        .filter(|service| service.full_name().starts_with("hotline."))
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .filter(|method| is_repeatable(&method.input()))
        .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_happens_once_however_often_it_is_asked_for() {
    let mut walk = Walk {
        five: Five::start(at(1, 9, 0)).await,
        tried: BTreeSet::new(),
    };
    walk.city().await;
    walk.registers().await;
    let order_id = walk.intake().await;
    walk.outcomes(&order_id).await;
    walk.handle(&order_id).await;
    walk.call_back().await;
    let second = walk.in_batches().await;
    walk.keep_ledger().await;
    walk.warn(&order_id).await;
    let mut expected = mutations();
    for elsewhere in ELSEWHERE {
        assert!(expected.remove(elsewhere), "{elsewhere}");
    }
    assert_eq!(walk.tried, expected);
    for order in [&order_id, &second] {
        let closed = walk.five.look(order).await;
        assert_eq!(closed.state(), OrderState::Closed);
    }
    for (name, query, expected) in [
        (Name::Intake, "select count(*) from call", 2),
        (Name::Intake, "select count(*) from appeal", 9),
        (Name::Intake, "select count(*) from leader_day", 1),
        (Name::Intake, "select count(*) from account_message", 1),
        (Name::Routing, "select count(*) from orders", 2),
        (Name::Routing, "select count(*) from contact", 2),
        (Name::Routing, "select count(*) from reply", 2),
        (Name::Supervision, "select count(*) from review", 2),
        (Name::Supervision, "select count(*) from ledger_entry", 1),
        (
            Name::Supervision,
            "select count(*) from risk_notice where version = 3 and verified_at is not null",
            1,
        ),
        (Name::Callback, "select count(*) from callback_task", 2),
        (
            Name::Callback,
            "select sum(attempt_count)::bigint from callback_task",
            2,
        ),
        (Name::Analytics, "select count(*) from fact_order", 2),
        (Name::Analytics, "select count(*) from fact_appeal", 9),
        (Name::Analytics, "select count(*) from fact_call", 2),
    ] {
        assert_eq!(walk.count(name, query).await, expected, "{name}: {query}");
    }
    let Walk { five, .. } = walk;
    five.stop().await;
}
