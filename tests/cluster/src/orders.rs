//! What people do with an order once it is there: its unit signs it, calls the person and answers, a reviewer passes the
//! answer, an agent calls back.

use std::collections::VecDeque;
use std::time::Instant;

use hotline_proto::callback::{LeaseTasksRequest, RecordOutcomeRequest, ReportAttemptRequest};
use hotline_proto::common::{AttemptOutcome, CallbackMode, OrderState, Rating, ReplyResult, Solved};
use hotline_proto::routing::{
    ContactMode, ContactResult, Order, RecordContactRequest, SignOrderRequest, SubmitReplyRequest,
};
use hotline_proto::supervision::{ReviewReplyRequest, Verdict};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::ledger::{Did, Line};
use crate::load::{Load, PHONE, Write, arrived};

/// Tasks of one lease.
const LEASED: u32 = 5;

/// One step; sent again it is the same request. What needs a lease is sent again while that lasts: no run is as long as
/// its 15 minutes.
#[derive(Clone)]
pub struct Step {
    request_id: String,
    order_id: String,
    what: What,
}

#[derive(Clone)]
enum What {
    Sign { unit: String },
    Contact { unit: String },
    Reply { unit: String },
    Pass { reply_id: String },
    Attempt { task_id: String, token: u64 },
    Outcome { task_id: String, token: u64 },
}

/// Supervision has not heard of the order, or of its reply.
fn is_unheard(status: &Status) -> bool {
    status.code() == Code::NotFound
        || status
            .get_error_details()
            .error_info()
            .is_some_and(|info| info.reason == "NOT_PENDING_REVIEW")
}

/// Steps that can be taken next.
#[derive(Default)]
pub struct Next {
    units: VecDeque<Step>,
    /// With the time since when the reply is on its way.
    reviewers: VecDeque<(Instant, Step)>,
    agents: VecDeque<Step>,
}

impl Step {
    fn new(order_id: &str, what: What) -> Self {
        Self {
            request_id: Uuid::new_v4().to_string(),
            order_id: order_id.to_owned(),
            what,
        }
    }
}

impl Load {
    /// Notes an order that was read, if it can be signed.
    pub fn seen(&self, order: Order) {
        if order.state() == OrderState::PendingSign {
            let sign = Step::new(&order.order_id, What::Sign { unit: order.lead_unit });
            self.next().units.push_back(sign);
        }
    }

    /// Takes the next step of a unit; false when there is none.
    pub async fn unit_works(&self) -> bool {
        let step = self.next().units.pop_front();
        self.taken(step).await
    }

    /// Passes the next answer; false when none has arrived. One that supervision has not heard of is tried again later.
    pub async fn reviewer_works(&self) -> bool {
        let Some(step) = arrived(&mut self.next().reviewers) else {
            return false;
        };
        match self.step(&step).await {
            Err(status) if is_unheard(&status) => {
                self.tally.late();
                self.submitted(step);
            }
            Err(_) => self.failed(Write::Step(step)),
            Ok(()) => {}
        }
        true
    }

    /// The next step with a task that is leased; without one, a lease.
    pub async fn agent_works(&self) {
        let step = self.next().agents.pop_front();
        if !self.taken(step).await {
            self.lease().await;
        }
    }

    async fn taken(&self, step: Option<Step>) -> bool {
        match step {
            Some(step) => {
                self.write(Write::Step(step)).await;
                true
            }
            None => false,
        }
    }

    async fn lease(&self) {
        let request = LeaseTasksRequest {
            request_id: Uuid::new_v4().to_string(),
            count: LEASED,
        };
        let mut agent = self.callers.callback_agent.clone();
        // What an agent was leased and never heard of comes back when its lease is over.
        if let Ok(answer) = self.counted("LeaseTasks", agent.lease_tasks(request)).await {
            let attempts = answer.leases.into_iter().map(|lease| {
                let (task_id, token) = (lease.task_id, lease.token);
                Step::new(&lease.order_id, What::Attempt { task_id, token })
            });
            self.next().agents.extend(attempts);
        }
    }

    /// Takes a step, notes it, and makes the one after it possible.
    pub async fn step(&self, step: &Step) -> Result<(), Status> {
        match &step.what {
            What::Sign { unit } => {
                self.sign(step, unit).await?;
                self.did(step, Did::Signed);
                self.go_on(step, What::Contact { unit: unit.clone() });
            }
            What::Contact { unit } => {
                self.contact(step, unit).await?;
                self.did(step, Did::Contacted);
                self.go_on(step, What::Reply { unit: unit.clone() });
            }
            What::Reply { unit } => {
                let reply_id = self.reply(step, unit).await?;
                let told = reply_id.clone();
                self.did(step, Did::Replied { reply_id: told });
                self.submitted(Step::new(&step.order_id, What::Pass { reply_id }));
            }
            What::Pass { reply_id } => {
                self.pass(step, reply_id).await?;
                self.did(step, Did::Passed);
            }
            What::Attempt { task_id, token } => {
                self.attempt(step, task_id, *token).await?;
                let (task_id, token) = (task_id.clone(), *token);
                let outcome = Step::new(&step.order_id, What::Outcome { task_id, token });
                self.next().agents.push_front(outcome);
            }
            What::Outcome { task_id, token } => {
                self.outcome(step, task_id, *token).await?;
                self.did(step, Did::CalledBack);
            }
        }
        Ok(())
    }

    fn did(&self, step: &Step, did: Did) {
        let order_id = step.order_id.clone();
        self.ledger.note(&Line::Did { order_id, step: did });
        self.tally.stepped();
    }

    /// The same order first: some are to come to their end while the load runs.
    fn go_on(&self, step: &Step, what: What) {
        let next = Step::new(&step.order_id, what);
        self.next().units.push_front(next);
    }

    fn submitted(&self, pass: Step) {
        self.next().reviewers.push_back((Instant::now(), pass));
    }

    async fn sign(&self, step: &Step, unit: &str) -> Result<(), Status> {
        let mut liaison = self.callers.liaison(unit)?;
        let request = SignOrderRequest {
            request_id: step.request_id.clone(),
            order_id: step.order_id.clone(),
            ..SignOrderRequest::default()
        };
        self.counted("SignOrder", liaison.sign_order(request)).await.map(drop)
    }

    async fn contact(&self, step: &Step, unit: &str) -> Result<(), Status> {
        let mut liaison = self.callers.liaison(unit)?;
        let request = RecordContactRequest {
            request_id: step.request_id.clone(),
            order_id: step.order_id.clone(),
            phone: PHONE.to_owned(),
            mode: ContactMode::Phone.into(),
            result: ContactResult::Reached.into(),
            ..RecordContactRequest::default()
        };
        self.counted("RecordContact", liaison.record_contact(request))
            .await
            .map(drop)
    }

    async fn reply(&self, step: &Step, unit: &str) -> Result<String, Status> {
        let mut liaison = self.callers.liaison(unit)?;
        let request = SubmitReplyRequest {
            request_id: step.request_id.clone(),
            order_id: step.order_id.clone(),
            text: "集群测试的答复。".to_owned(),
            result: ReplyResult::Solved.into(),
            ..SubmitReplyRequest::default()
        };
        Ok(self
            .counted("SubmitReply", liaison.submit_reply(request))
            .await?
            .reply_id)
    }

    async fn pass(&self, step: &Step, reply_id: &str) -> Result<(), Status> {
        let request = ReviewReplyRequest {
            request_id: step.request_id.clone(),
            order_id: step.order_id.clone(),
            reply_id: reply_id.to_owned(),
            verdict: Verdict::Pass.into(),
            ..ReviewReplyRequest::default()
        };
        let mut reviewer = self.callers.reviewer.clone();
        self.counted_but("ReviewReply", is_unheard, reviewer.review_reply(request))
            .await
            .map(drop)
    }

    async fn attempt(&self, step: &Step, task_id: &str, token: u64) -> Result<(), Status> {
        let request = ReportAttemptRequest {
            request_id: step.request_id.clone(),
            task_id: task_id.to_owned(),
            token,
            mode: CallbackMode::HumanVoice.into(),
            outcome: AttemptOutcome::Reached.into(),
            recording: "cluster-test".to_owned(),
            ..ReportAttemptRequest::default()
        };
        let mut agent = self.callers.callback_agent.clone();
        self.counted("ReportAttempt", agent.report_attempt(request))
            .await
            .map(drop)
    }

    async fn outcome(&self, step: &Step, task_id: &str, token: u64) -> Result<(), Status> {
        let request = RecordOutcomeRequest {
            request_id: step.request_id.clone(),
            task_id: task_id.to_owned(),
            token,
            solved: Solved::Solved.into(),
            rating: Rating::Satisfied.into(),
            comment: String::new(),
            ..RecordOutcomeRequest::default()
        };
        let mut agent = self.callers.callback_agent.clone();
        self.counted("RecordOutcome", agent.record_outcome(request))
            .await
            .map(drop)
    }
}
