//! What people do with an order once it is there: its unit signs it, calls the person and answers, a reviewer passes the
//! answer, an agent calls back.

use std::collections::VecDeque;
use std::time::Instant;

use hotline_proto::callback::{Lease, LeaseTasksRequest, RecordOutcomeRequest, ReportAttemptRequest};
use hotline_proto::common::{AttemptOutcome, CallbackMode, OrderState, Rating, ReplyResult, Solved};
use hotline_proto::routing::{ContactResult, Order, RecordContactRequest, SignOrderRequest, SubmitReplyRequest};
use hotline_proto::supervision::{ReviewReplyRequest, Verdict};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::ledger::Line;
use crate::load::{ARRIVAL, Load, PHONE, Write};

/// Tasks of one lease.
const LEASED: u32 = 5;

/// One step; sent again it is the same request.
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

/// Steps that can be taken next.
#[derive(Default)]
pub struct Next {
    of_units: VecDeque<Step>,
    /// With the time since when the reply is on its way.
    of_reviewers: VecDeque<(Instant, Step)>,
    of_agents: VecDeque<Step>,
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
    /// An order that was read, and can be signed.
    pub fn seen(&self, order: Order) {
        if order.state() == OrderState::PendingSign {
            let sign = Step::new(&order.order_id, What::Sign { unit: order.lead_unit });
            self.next().of_units.push_back(sign);
        }
    }

    /// Whether there was one.
    pub async fn unit_works(&self) -> bool {
        let step = self.next().of_units.pop_front();
        self.taken(step).await
    }

    /// Whether there was one.
    pub async fn reviewer_works(&self) -> bool {
        let step = {
            let mut next = self.next();
            let arrived = next
                .of_reviewers
                .front()
                .is_some_and(|(since, _)| since.elapsed() > ARRIVAL);
            if arrived {
                next.of_reviewers.pop_front().map(|(_, step)| step)
            } else {
                None
            }
        };
        self.taken(step).await
    }

    /// The next step with a task that is leased; without one, a lease.
    pub async fn agent_works(&self) {
        let step = self.next().of_agents.pop_front();
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
            let attempts = answer.leases.into_iter().map(
                |Lease {
                     order_id,
                     task_id,
                     token,
                     ..
                 }| { Step::new(&order_id, What::Attempt { task_id, token }) },
            );
            self.next().of_agents.extend(attempts);
        }
    }

    /// Takes a step, notes it, and makes the one after it possible.
    pub async fn step(&self, step: &Step) -> Result<(), Status> {
        let order_id = step.order_id.clone();
        match &step.what {
            What::Sign { unit } => {
                self.sign(step, unit).await?;
                self.ledger.note(&Line::Signed { order_id });
                self.go_on(step, What::Contact { unit: unit.clone() });
            }
            What::Contact { unit } => {
                self.contact(step, unit).await?;
                self.ledger.note(&Line::Contacted { order_id });
                self.go_on(step, What::Reply { unit: unit.clone() });
            }
            What::Reply { unit } => {
                let reply_id = self.reply(step, unit).await?;
                self.ledger.note(&Line::Replied {
                    order_id,
                    reply_id: reply_id.clone(),
                });
                self.submitted(Step::new(&step.order_id, What::Pass { reply_id }));
            }
            What::Pass { reply_id } => {
                if self.pass(step, reply_id).await? {
                    self.ledger.note(&Line::Passed { order_id });
                } else {
                    self.tally.late();
                    self.submitted(step.clone());
                    return Ok(());
                }
            }
            What::Attempt { task_id, token } => {
                self.attempt(step, task_id, *token).await?;
                let (task_id, token) = (task_id.clone(), *token);
                let outcome = Step::new(&step.order_id, What::Outcome { task_id, token });
                self.next().of_agents.push_front(outcome);
                return Ok(());
            }
            What::Outcome { task_id, token } => {
                self.outcome(step, task_id, *token).await?;
                self.ledger.note(&Line::CalledBack { order_id });
            }
        }
        self.tally.stepped();
        Ok(())
    }

    /// The same order first: some are to come to their end while the load runs.
    fn go_on(&self, step: &Step, what: What) {
        let next = Step::new(&step.order_id, what);
        self.next().of_units.push_front(next);
    }

    fn submitted(&self, pass: Step) {
        self.next().of_reviewers.push_back((Instant::now(), pass));
    }

    async fn sign(&self, step: &Step, unit: &str) -> Result<(), Status> {
        let mut liaison = self.callers.liaison(unit)?;
        let request = SignOrderRequest {
            request_id: step.request_id.clone(),
            order_id: step.order_id.clone(),
        };
        self.counted("SignOrder", liaison.sign_order(request)).await.map(drop)
    }

    async fn contact(&self, step: &Step, unit: &str) -> Result<(), Status> {
        let mut liaison = self.callers.liaison(unit)?;
        let request = RecordContactRequest {
            request_id: step.request_id.clone(),
            order_id: step.order_id.clone(),
            phone: PHONE.to_owned(),
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

    /// False while supervision has not heard of the reply.
    async fn pass(&self, step: &Step, reply_id: &str) -> Result<bool, Status> {
        let request = ReviewReplyRequest {
            request_id: step.request_id.clone(),
            order_id: step.order_id.clone(),
            reply_id: reply_id.to_owned(),
            verdict: Verdict::Pass.into(),
            ..ReviewReplyRequest::default()
        };
        let mut reviewer = self.callers.reviewer.clone();
        let call = reviewer.review_reply(request);
        let unheard = [Code::NotFound, Code::FailedPrecondition];
        match self.counted_but("ReviewReply", &unheard, call).await {
            Ok(_) => Ok(true),
            Err(status) if unheard.contains(&status.code()) => Ok(false),
            Err(status) => Err(status),
        }
    }

    async fn attempt(&self, step: &Step, task_id: &str, token: u64) -> Result<(), Status> {
        let request = ReportAttemptRequest {
            request_id: step.request_id.clone(),
            task_id: task_id.to_owned(),
            token,
            mode: CallbackMode::HumanVoice.into(),
            outcome: AttemptOutcome::Reached.into(),
            recording: "cluster-test".to_owned(),
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
        };
        let mut agent = self.callers.callback_agent.clone();
        self.counted("RecordOutcome", agent.record_outcome(request))
            .await
            .map(drop)
    }
}
