//! Batches and streams of items: another appeal goes the same way, each step in a batch of one item.
//!
//! The same batch again has the same result. An item with other content under its `request_id` is refused.

use futures::future::join_all;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::callback::{
    Lease, LeaseTasksRequest, LeaseTasksResponse, RecordOutcomeRequest, RecordOutcomeResponse, RecordOutcomesRequest,
    ReportAttemptRequest, ReportAttemptResponse, ReportAttemptsRequest,
};
use hotline_proto::common::{AttemptOutcome, CallbackMode, Rating, ReplyResult, Solved};
use hotline_proto::intake::{
    AnswerAppealRequest, AnswerAppealResponse, AnswerAppealsRequest, AppealDraft, CallOutcome, ForwardAppealRequest,
    ForwardAppealResponse, ForwardAppealsRequest, RecordCallRequest, RecordCallResponse, RecordCallsRequest,
    RegisterAppealRequest, RegisterAppealResponse, RegisterAppealsRequest,
};
use hotline_proto::routing::{
    ContactMode, ContactResult, DispatchOrderRequest, DispatchOrderResponse, RecordContactRequest,
    RecordContactResponse, RecordContactsRequest, SignOrderRequest, SignOrderResponse, SignOrdersRequest,
    SubmitRepliesRequest, SubmitReplyRequest, SubmitReplyResponse,
};
use hotline_proto::supervision::{ReviewRepliesRequest, ReviewReplyRequest, ReviewReplyResponse, Verdict};
use platform::auth::Principal;
use prost::Message;
use tonic::Code;
use tonic_types::RpcStatusExt as _;
use uuid::Uuid;

use super::intake::uncovered;
use crate::access::{SERVICES, principal};
use crate::fixture::people::request_id;
use crate::fixture::repeating::Walk;

/// The result of an item. Those of all batches have this form on the wire, and so have the answers of streams.
#[derive(Clone, PartialEq, Message)]
struct Decided {
    #[prost(string, tag = "1")]
    request_id: String,
    /// The answer of the verb.
    #[prost(bytes = "vec", optional, tag = "2")]
    accepted: Option<Vec<u8>>,
    #[prost(message, optional, tag = "3")]
    refused: Option<tonic_types::pb::Status>,
}

/// The answer to a batch.
#[derive(Clone, PartialEq, Message)]
struct Batch {
    #[prost(message, repeated, tag = "1")]
    results: Vec<Decided>,
}

/// An answer with the result of one item.
trait OfOne: Message + Default + 'static {
    /// Number of concurrent requests.
    const AT_ONCE: usize;

    fn one(self) -> Decided;
}

impl OfOne for Batch {
    const AT_ONCE: usize = 50;

    fn one(mut self) -> Decided {
        assert_eq!(self.results.len(), 1, "one result per item");
        self.results.remove(0)
    }
}

impl OfOne for Decided {
    /// As many streams as one caller may open: half of `push_streams`.
    const AT_ONCE: usize = 8;

    fn one(self) -> Decided {
        self
    }
}

impl Walk {
    /// [`Walk::repeat`] for one item of a batch; `batch` makes the request.
    async fn repeat_item<Q, M, A>(
        &mut self,
        method: (Name, &str),
        who: &Principal,
        batch: fn(Q) -> M,
        (item, other): (Q, Q),
    ) -> A
    where
        Q: Message + Clone + PartialEq + 'static,
        M: Message + Clone + 'static,
        A: Message + Default,
    {
        self.repeat_one::<Q, M, Batch, A>(method, who, batch, (item, other))
            .await
    }

    /// [`Walk::repeat`] for one item of a stream; `message` makes the message.
    async fn repeat_streamed<Q, M, A>(
        &mut self,
        method: (Name, &str),
        who: &Principal,
        message: fn(Q) -> M,
        (item, other): (Q, Q),
    ) -> A
    where
        Q: Message + Clone + PartialEq + 'static,
        M: Message + Clone + 'static,
        A: Message + Default,
    {
        self.repeat_one::<Q, M, Decided, A>(method, who, message, (item, other))
            .await
    }

    async fn repeat_one<Q, M, R, A>(
        &mut self,
        (name, method): (Name, &str),
        who: &Principal,
        message: fn(Q) -> M,
        (item, other): (Q, Q),
    ) -> A
    where
        Q: Message + Clone + PartialEq + 'static,
        M: Message + Clone + 'static,
        R: OfOne,
        A: Message + Default,
    {
        let rpc = format!("/{}/{method}", SERVICES[name as usize]);
        assert!(item != other, "{rpc}: another content");
        let (request, other) = (message(item), message(other));
        let send = async |request: &M| {
            let answer = self.call::<M, R>(name, &rpc, who, request.clone()).await;
            answer.unwrap_or_else(|status| panic!("{rpc}: {status:?}")).one()
        };
        let mut results = join_all((0..R::AT_ONCE).map(|_| send(&request))).await;
        results.push(send(&request).await);
        let refused = send(&other).await;
        let first = results.pop().expect("the last one");
        assert!(results.iter().all(|result| *result == first), "{rpc}: {results:?}");
        let accepted = first.accepted.unwrap_or_else(|| panic!("{rpc}: {:?}", first.refused));
        assert_eq!(refused.request_id, first.request_id, "{rpc}");
        let refused = refused.refused.unwrap_or_else(|| panic!("{rpc}: another content"));
        assert_eq!(refused.code, i32::from(Code::AlreadyExists), "{rpc}: {refused:?}");
        let details = refused.get_error_details();
        assert_eq!(
            details.error_info().map(|info| info.reason.as_str()),
            Some("REQUEST_REUSED"),
            "{rpc}"
        );
        self.tried.insert(rpc);
        self.five.rest().await;
        A::decode(accepted.as_slice()).expect("the answer of the verb")
    }

    /// Follows another order in batches, until it is closed. Returns its id.
    pub(super) async fn in_batches(&mut self) -> String {
        self.record_calls().await;
        let answered = self.register_appeals().await;
        let order_id = self.decide_appeals(answered).await;
        let liaison = self.dispatched(&order_id).await;
        let reply_id = self.work_in_batches(&order_id, &liaison).await;
        self.review_replies(&order_id, reply_id).await;
        self.call_back_in_batches().await;
        order_id
    }

    async fn record_calls(&mut self) {
        let call = RecordCallRequest {
            request_id: request_id(),
            outcome: CallOutcome::Answered.into(),
            phone: "13800000000".to_owned(),
            offered_time: None,
        };
        let other = RecordCallRequest {
            phone: "13800000001".to_owned(),
            ..call.clone()
        };
        let telephone = principal(Role::Telephone);
        let message = |call| RecordCallsRequest { call: Some(call) };
        let _: RecordCallResponse = self
            .repeat_streamed((Name::Intake, "RecordCalls"), &telephone, message, (call, other))
            .await;
    }

    async fn register_appeals(&mut self) -> String {
        let appeal = uncovered(&self.five.city);
        let other = AppealDraft {
            title: "另一件事".to_owned(),
            ..appeal.clone()
        };
        let request = RegisterAppealRequest {
            request_id: request_id(),
            appeal: Some(appeal),
            call_id: String::new(),
        };
        let other = RegisterAppealRequest {
            appeal: Some(other),
            ..request.clone()
        };
        let telephone = principal(Role::Telephone);
        let message = |appeal| RegisterAppealsRequest { appeal: Some(appeal) };
        let receipt: RegisterAppealResponse = self
            .repeat_streamed((Name::Intake, "RegisterAppeals"), &telephone, message, (request, other))
            .await;
        receipt.appeal_id
    }

    /// Answers this appeal and forwards a new one. Returns its order.
    async fn decide_appeals(&mut self, appeal_id: String) -> String {
        let agent = principal(Role::Agent);
        let answer = AnswerAppealRequest {
            request_id: request_id(),
            appeal_id,
            answer: "已当场说明。".to_owned(),
        };
        let other = AnswerAppealRequest {
            answer: "不予说明。".to_owned(),
            ..answer.clone()
        };
        let batch = |item| AnswerAppealsRequest { items: vec![item] };
        let _: AnswerAppealResponse = self
            .repeat_item((Name::Intake, "AnswerAppeals"), &agent, batch, (answer, other))
            .await;
        let forward = ForwardAppealRequest {
            request_id: request_id(),
            appeal_id: self.register(&agent).await,
        };
        let other = ForwardAppealRequest {
            appeal_id: Uuid::new_v4().to_string(),
            ..forward.clone()
        };
        let batch = |item| ForwardAppealsRequest { items: vec![item] };
        let forwarded: ForwardAppealResponse = self
            .repeat_item((Name::Intake, "ForwardAppeals"), &agent, batch, (forward, other))
            .await;
        forwarded.order_id
    }

    /// Dispatches the order by a person. Returns the liaison of its unit.
    async fn dispatched(&mut self, order_id: &str) -> Principal {
        let unit = self.five.city.units().first().expect("units").code.clone();
        let dispatch = DispatchOrderRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            unit: unit.clone(),
            ..DispatchOrderRequest::default()
        };
        let rpc = "/hotline.routing.v1.RoutingService/DispatchOrder";
        let dispatcher = principal(Role::Dispatcher);
        let answer = self.call::<_, DispatchOrderResponse>(Name::Routing, rpc, &dispatcher, dispatch);
        answer.await.expect("it waits for a person");
        self.five.rest().await;
        Principal {
            unit: Some(unit),
            ..principal(Role::Liaison)
        }
    }

    /// Signs, contacts and replies. Returns the id of the reply.
    async fn work_in_batches(&mut self, order_id: &str, liaison: &Principal) -> String {
        let sign = SignOrderRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            ..SignOrderRequest::default()
        };
        let other = SignOrderRequest {
            order_id: Uuid::new_v4().to_string(),
            ..sign.clone()
        };
        let batch = |item| SignOrdersRequest { items: vec![item] };
        let _: SignOrderResponse = self
            .repeat_item((Name::Routing, "SignOrders"), liaison, batch, (sign, other))
            .await;
        let contact = RecordContactRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            phone: "13800000000".to_owned(),
            mode: ContactMode::Phone.into(),
            result: ContactResult::Reached.into(),
            note: "核实。".to_owned(),
            ..RecordContactRequest::default()
        };
        let other = RecordContactRequest {
            note: "未核实。".to_owned(),
            ..contact.clone()
        };
        let batch = |item| RecordContactsRequest { items: vec![item] };
        let _: RecordContactResponse = self
            .repeat_item((Name::Routing, "RecordContacts"), liaison, batch, (contact, other))
            .await;
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
        let batch = |item| SubmitRepliesRequest { items: vec![item] };
        let replied: SubmitReplyResponse = self
            .repeat_item((Name::Routing, "SubmitReplies"), liaison, batch, (reply, other))
            .await;
        replied.reply_id
    }

    async fn review_replies(&mut self, order_id: &str, reply_id: String) {
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
        let batch = |item| ReviewRepliesRequest { items: vec![item] };
        let _: ReviewReplyResponse = self
            .repeat_item((Name::Supervision, "ReviewReplies"), &reviewer, batch, (review, other))
            .await;
    }

    /// Leases the only task that waits.
    async fn leased(&self, agent: &Principal) -> Lease {
        let request = LeaseTasksRequest {
            request_id: request_id(),
            count: 1,
        };
        let rpc = "/hotline.callback.v1.CallbackService/LeaseTasks";
        let leased: LeaseTasksResponse = self.call(Name::Callback, rpc, agent, request).await.expect("leased");
        leased.leases.into_iter().next().expect("one task waits")
    }

    async fn call_back_in_batches(&mut self) {
        let agent = principal(Role::CallbackAgent);
        let Lease { task_id, token, .. } = self.leased(&agent).await;
        let attempt = ReportAttemptRequest {
            request_id: request_id(),
            task_id: task_id.clone(),
            token,
            mode: CallbackMode::HumanVoice.into(),
            outcome: AttemptOutcome::Reached.into(),
            recording: "rec/2".to_owned(),
            ..ReportAttemptRequest::default()
        };
        let other = ReportAttemptRequest {
            recording: "rec/3".to_owned(),
            ..attempt.clone()
        };
        let batch = |item| ReportAttemptsRequest { items: vec![item] };
        let _: ReportAttemptResponse = self
            .repeat_item((Name::Callback, "ReportAttempts"), &agent, batch, (attempt, other))
            .await;
        let outcome = RecordOutcomeRequest {
            request_id: request_id(),
            task_id,
            token,
            solved: Solved::Solved.into(),
            rating: Rating::Satisfied.into(),
            comment: "谢谢。".to_owned(),
            ..RecordOutcomeRequest::default()
        };
        let other = RecordOutcomeRequest {
            rating: Rating::Dissatisfied.into(),
            ..outcome.clone()
        };
        let batch = |item| RecordOutcomesRequest { items: vec![item] };
        let _: RecordOutcomeResponse = self
            .repeat_item((Name::Callback, "RecordOutcomes"), &agent, batch, (outcome, other))
            .await;
    }
}
