//! One appeal all the way: registered, forwarded, dispatched, signed, contacted, answered, rejected, answered again,
//! passed, called back, closed – and in the bulletin.

use hotline_proto::analytics::GetBulletinRequest;
use hotline_proto::callback::{LeaseTasksRequest, RecordOutcomeRequest, ReportAttemptRequest, TaskState};
use hotline_proto::common::{
    AttemptOutcome, CallbackMode, ClockKind, OrderState, Rating, RejectionGround, ReplyResult, Solved,
};
use hotline_proto::intake::{ForwardAppealRequest, GetAppealRequest, RegisterAppealRequest, get_appeal_request};
use hotline_proto::routing::{
    ContactMode, ContactResult, GetOrderHistoryRequest, GetOrderRequest, Order, RecordContactRequest, SignOrderRequest,
    SubmitReplyRequest, get_order_request,
};
use hotline_proto::supervision::{ReviewReplyRequest, Verdict};
use testkit::{april, at};
use tonic::Code;

use crate::fixture::Five;
use crate::fixture::people::{covered, draft, request_id};

async fn order(five: &Five, id: &str) -> Order {
    let name = Some(get_order_request::Name::OrderId(id.to_owned()));
    let request = GetOrderRequest { name, with_text: false };
    five.clients
        .dispatcher()
        .expect("a client")
        .get_order(request)
        .await
        .expect("the order")
        .into_inner()
        .order
        .expect("an order")
}

async fn reply(five: &Five, unit: &str, order_id: &str) -> String {
    let request = SubmitReplyRequest {
        request_id: request_id(),
        order_id: order_id.to_owned(),
        text: "已抢修恢复供水。".to_owned(),
        result: ReplyResult::Solved.into(),
        ..SubmitReplyRequest::default()
    };
    let done = five
        .clients
        .liaison(unit)
        .expect("a client")
        .submit_reply(request)
        .await
        .expect("in progress");
    five.rest().await;
    done.into_inner().reply_id
}

async fn review(five: &Five, order_id: &str, reply_id: String, pass: bool) {
    let request = ReviewReplyRequest {
        request_id: request_id(),
        order_id: order_id.to_owned(),
        reply_id,
        verdict: if pass { Verdict::Pass } else { Verdict::Reject }.into(),
        grounds: if pass {
            vec![]
        } else {
            vec![RejectionGround::NoFacts.into()]
        },
        requirement: if pass {
            String::new()
        } else {
            "请写明停水原因。".to_owned()
        },
        ..ReviewReplyRequest::default()
    };
    five.clients
        .reviewer()
        .expect("a client")
        .review_reply(request)
        .await
        .expect("pending review");
    five.rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_appeal_goes_all_the_way_into_the_bulletin() {
    let five = Five::start(at(1, 9, 0)).await;
    let (appeal_id, id, unit) = brought_and_forwarded(&five).await;
    let dispatched = order(&five, &id).await;
    assert_eq!(dispatched.state, OrderState::PendingSign as i32);
    assert_eq!(dispatched.lead_unit, unit);
    signed_and_contacted(&five, &unit, &id).await;
    five.at(at(1, 10, 0)).await;
    let first = reply(&five, &unit, &id).await;
    review(&five, &id, first, false).await;
    let rejected = order(&five, &id).await;
    assert_eq!(
        (rejected.state, rejected.rejected_count),
        (OrderState::InProgress as i32, 1)
    );
    let handle = |order: &Order| order.deadline(ClockKind::Handle).cloned();
    assert_eq!(handle(&rejected), handle(&dispatched), "the original deadline stands");
    let second = reply(&five, &unit, &id).await;
    review(&five, &id, second, true).await;
    assert_eq!(order(&five, &id).await.state, OrderState::PendingCallback as i32);

    call_back(&five).await;
    let closed = order(&five, &id).await;
    assert_eq!(closed.state, OrderState::Closed as i32);
    let history = five
        .clients
        .dispatcher()
        .expect("a client")
        .get_order_history(GetOrderHistoryRequest {
            order_id: id.clone(),
            ..Default::default()
        })
        .await
        .expect("a history")
        .into_inner()
        .transitions;
    let versions: Vec<u64> = history.iter().map(|step| step.version).collect();
    assert_eq!(versions, (1..=closed.version).collect::<Vec<_>>());
    seen_by_intake(&five, &appeal_id, &closed).await;
    in_the_bulletin(&five).await;
    an_order_of_another_appeal_is_found(&five).await;
    five.stop().await;
}

/// Returns the appeal, its order, and the unit that the catalogue names.
pub async fn brought_and_forwarded(five: &Five) -> (String, String, String) {
    let (_, _, unit) = covered(&five.city);
    let mut agent = five.clients.agent().expect("a client");
    let register = RegisterAppealRequest {
        request_id: request_id(),
        appeal: Some(draft(&five.city)),
        call_id: String::new(),
    };
    let receipt = agent
        .register_appeal(register.clone())
        .await
        .expect("a right draft")
        .into_inner();
    assert_eq!(
        agent
            .register_appeal(register)
            .await
            .expect("the same again")
            .into_inner(),
        receipt
    );
    let forward = ForwardAppealRequest {
        request_id: request_id(),
        appeal_id: receipt.appeal_id.clone(),
    };
    let id = agent
        .forward_appeal(forward)
        .await
        .expect("received")
        .into_inner()
        .order_id;
    five.rest().await;
    (receipt.appeal_id, id, unit)
}

async fn signed_and_contacted(five: &Five, unit: &str, id: &str) {
    let mut liaison = five.clients.liaison(unit).expect("a client");
    let sign = SignOrderRequest {
        request_id: request_id(),
        order_id: id.to_owned(),
        ..SignOrderRequest::default()
    };
    let mut stranger = five.clients.liaison("nobody").expect("a client");
    assert_eq!(
        stranger
            .sign_order(sign.clone())
            .await
            .expect_err("another unit's")
            .code(),
        Code::NotFound
    );
    assert!(!liaison.sign_order(sign).await.expect("pending sign").into_inner().late);
    let contact = RecordContactRequest {
        request_id: request_id(),
        order_id: id.to_owned(),
        phone: "13812345678".to_owned(),
        mode: ContactMode::Phone.into(),
        result: ContactResult::Reached.into(),
        ..RecordContactRequest::default()
    };
    liaison.record_contact(contact).await.expect("in progress");
}

async fn call_back(five: &Five) {
    let mut agent = five.clients.callback_agent(0).expect("a client");
    let lease = LeaseTasksRequest {
        request_id: request_id(),
        count: 5,
    };
    let leases = agent.lease_tasks(lease).await.expect("leased").into_inner().leases;
    assert_eq!(leases.len(), 1);
    let (task_id, token) = (leases[0].task_id.clone(), leases[0].token);
    let outcome = RecordOutcomeRequest {
        request_id: request_id(),
        task_id: task_id.clone(),
        token,
        solved: Solved::Solved.into(),
        rating: Rating::Satisfied.into(),
        comment: String::new(),
        ..RecordOutcomeRequest::default()
    };
    let early = agent
        .record_outcome(outcome.clone())
        .await
        .expect_err("nobody was reached");
    assert_eq!(early.code(), Code::FailedPrecondition);
    let attempt = ReportAttemptRequest {
        request_id: request_id(),
        task_id,
        token,
        mode: CallbackMode::HumanVoice.into(),
        outcome: AttemptOutcome::Reached.into(),
        recording: "rec/1".to_owned(),
        ..ReportAttemptRequest::default()
    };
    agent.report_attempt(attempt).await.expect("leased");
    assert_eq!(
        agent.record_outcome(outcome).await.expect("reached").into_inner().state,
        TaskState::Done as i32
    );
    five.rest().await;
}

async fn seen_by_intake(five: &Five, appeal_id: &str, closed: &Order) {
    let request = GetAppealRequest {
        name: Some(get_appeal_request::Name::AppealId(appeal_id.to_owned())),
        unmask_purpose: String::new(),
    };
    let appeal = five
        .clients
        .agent()
        .expect("a client")
        .get_appeal(request)
        .await
        .expect("the appeal")
        .into_inner()
        .appeal
        .expect("an appeal");
    assert_eq!(
        (appeal.order_number.as_str(), appeal.order_state),
        (closed.number.as_str(), OrderState::Closed as i32)
    );
    assert_eq!(appeal.appellant.expect("masked").phone, "138****0000");
    assert_eq!(appeal.content, "");
}

async fn in_the_bulletin(five: &Five) {
    let figure = async |key: &str| {
        let request = GetBulletinRequest {
            from_day: Some(april(1)),
            to_day: Some(april(1)),
        };
        let asked = five.clients.analyst().expect("a client").get_bulletin(request).await;
        let figures = asked.expect("a bulletin").into_inner().figures;
        let figure = figures.into_iter().find(|figure| figure.key == key);
        figure.map_or_else(
            || panic!("no figure {key}"),
            |figure| (figure.numerator, figure.denominator),
        )
    };
    assert_eq!(figure("volume.appeals").await, (1, 0));
    assert_eq!(figure("volume.orders").await, (1, 0));
    assert_eq!(figure("handling.on_time_rate").await, (0, 0), "done, and not due yet");
    five.at(at(20, 9, 0)).await;
    assert_eq!(figure("handling.on_time_rate").await, (1, 1));
    assert_eq!(figure("review.rejected_replies").await, (1, 0));
    assert_eq!(figure("satisfaction.rated_only").await, (1, 1));
    let violations = hosting::examine::examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
}

/// Faults that only a comparison of two databases shows.
async fn an_order_of_another_appeal_is_found(five: &Five) {
    sqlx::query("update linked_appeal set appeal_id = gen_random_uuid()")
        .execute(five.suite.pool(hosting::Name::Routing))
        .await
        .expect("planted");
    let violations = hosting::examine::examine(&five.suite.pools).await.expect("readable");
    let told: Vec<&str> = violations
        .iter()
        .filter(|violation| violation.invariant == "I1")
        .map(|violation| violation.detail.as_str())
        .collect();
    assert!(
        told.iter()
            .any(|detail| detail.contains("was forwarded and has no order")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|detail| detail.contains("which was not forwarded")),
        "{told:?}"
    );
}
