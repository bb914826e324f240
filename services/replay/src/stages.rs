//! The acts of the people of one case: each stage is one command, and returns the time of the next stage.
//!
//! The key of a case decides its fate; the order of events never does. No code here computes a deadline: units read it
//! from their order, as real units do.

use chrono::{DateTime, Timelike as _, Utc};
use hosting::Failure;
use hotline_proto::callback::{JudgeDissatisfactionRequest, RecordOutcomeRequest, ReportAttemptRequest};
use hotline_proto::common::{
    AttemptOutcome, CallbackMode, Cause, ClockKind, OrderState, Rating, RejectionGround, ReplyResult, Solved,
};
use hotline_proto::intake::{
    AnswerAppealRequest, ForwardAppealRequest, PushAppealsRequest, RegisterAppealRequest, RegisterAppealResponse,
    push_appeals_response,
};
use hotline_proto::routing::{
    ContactMode, ContactResult, DispatchOrderRequest, GetOrderRequest, Order, RecordContactRequest, SignOrderRequest,
    SubmitReplyRequest, get_order_request,
};
use hotline_proto::supervision::{ReviewReplyRequest, Verdict};
use uuid::Uuid;

use super::clients::Clients;
use super::grains::{GRAIN, grain_after, grain_before, opening};
use super::plan::{Case, Fate, OrderFate, Outcome, ReplyTiming, Via};
use super::stage::{Stage, Task};

/// Performs one stage and returns the next one with its time.
///
/// # Errors
/// A refused call, or an answer that differs from the plan. Both name the case.
pub async fn act(
    clients: &Clients,
    case: &Case,
    stage: Stage,
    now: DateTime<Utc>,
) -> Result<(Stage, DateTime<Utc>), Failure> {
    let people = People { clients, case, now };
    people
        .act(stage)
        .await
        .map_err(|failure| Failure(format!("case {}: {failure}", case.key)))
}

struct People<'a> {
    clients: &'a Clients,
    case: &'a Case,
    now: DateTime<Utc>,
}

type Next = Result<(Stage, DateTime<Utc>), Failure>;

impl People<'_> {
    async fn act(&self, stage: Stage) -> Next {
        match stage {
            Stage::Arrive => self.arrive().await,
            Stage::PushAgain { receipt } => self.push_again(receipt).await,
            Stage::Decide { appeal } => self.decide(appeal).await,
            Stage::Look { order } => self.look(order).await,
            Stage::Sign { order } => self.sign(order).await,
            Stage::Contact { order, reply_at } => self.contact(order, reply_at).await,
            Stage::Reply { order } => self.reply(order).await,
            Stage::Review { order, reply, reject } => self.review(order, reply, reject).await,
            Stage::Attempt { order, task, attempt } => self.attempt(order, task, attempt).await,
            Stage::Outcome { order, task } => self.outcome(order, task).await,
            Stage::Judge { order, task } => self.judge(order, task).await,
            Stage::Rework { order } => self.rework(order).await,
            Stage::AwaitCallback { .. } | Stage::Done => Ok((stage, self.now)),
        }
    }

    async fn arrive(&self) -> Next {
        let receipt = match &self.case.via {
            Via::Agent => {
                let request = RegisterAppealRequest {
                    request_id: self.request_id("register"),
                    appeal: Some(self.case.draft()),
                    call_id: String::new(),
                };
                self.clients.agent()?.register_appeal(request).await?.into_inner()
            }
            Via::Platform(platform) => self.push(platform).await?,
        };
        if self.fate().is_some_and(|fate| fate.pushed_twice) {
            return Ok((Stage::PushAgain { receipt }, self.after(1)));
        }
        Ok((
            Stage::Decide {
                appeal: receipt.appeal_id,
            },
            self.after(1),
        ))
    }

    async fn push(&self, platform: &str) -> Result<RegisterAppealResponse, Failure> {
        let item = PushAppealsRequest {
            upstream_number: self.case.key.clone(),
            appeal: Some(self.case.draft()),
            upstream_due_time: None,
        };
        let mut answers = self
            .clients
            .platform(platform)?
            .push_appeals(tokio_stream::once(item))
            .await?
            .into_inner();
        let answer = answers.message().await?.ok_or("the push was not answered")?;
        match answer.result {
            Some(push_appeals_response::Result::Accepted(receipt)) => Ok(receipt),
            Some(push_appeals_response::Result::Refused(refusal)) => Err(Failure(format!(
                "the push was refused: {} {:?}",
                refusal.message, refusal.violations
            ))),
            None => Err("the push was answered with nothing".into()),
        }
    }

    async fn push_again(&self, receipt: RegisterAppealResponse) -> Next {
        let Via::Platform(platform) = &self.case.via else {
            return Err("a case of an agent cannot be pushed twice: the plan is wrong".into());
        };
        if self.push(platform).await? != receipt {
            return Err("the second push got another receipt".into());
        }
        Ok((
            Stage::Decide {
                appeal: receipt.appeal_id,
            },
            self.after(1),
        ))
    }

    async fn decide(&self, appeal: String) -> Next {
        if matches!(self.case.fate, Fate::Answered) {
            let request = AnswerAppealRequest {
                request_id: self.request_id("answer"),
                appeal_id: appeal,
                answer: self
                    .case
                    .says("已当场答复:有关政策、办理地点和所需材料已向您逐项说明。"),
            };
            self.clients.agent()?.answer_appeal(request).await?;
            return Ok((Stage::Done, self.now));
        }
        let request = ForwardAppealRequest {
            request_id: self.request_id("forward"),
            appeal_id: appeal,
        };
        let forwarded = self
            .clients
            .agent()?
            .forward_appeal(request.clone())
            .await?
            .into_inner();
        if self.fate().is_some_and(|fate| fate.redelivered) {
            let again = self.clients.agent()?.forward_appeal(request).await?.into_inner();
            if again != forwarded {
                return Err("the repeated request got another answer".into());
            }
        }
        Ok((
            Stage::Look {
                order: forwarded.order_id,
            },
            self.after(1),
        ))
    }

    /// The order exists. A person dispatches it when the catalogue does not cover it.
    async fn look(&self, id: String) -> Next {
        let order = self.read(&id).await?;
        if order.state == OrderState::PendingDispatch as i32 {
            let unit = self
                .order_fate()?
                .by_person
                .clone()
                .ok_or("the catalogue should have covered it")?;
            let request = DispatchOrderRequest {
                request_id: self.request_id("dispatch"),
                order_id: id.clone(),
                unit,
                if_version: order.version,
            };
            self.clients.dispatcher()?.dispatch_order(request).await?;
            return Ok((Stage::Look { order: id }, self.after(1)));
        }
        let fate = self.order_fate()?;
        if order.lead_top_unit != fate.expected_top_unit {
            return Err(Failure(format!(
                "is led by {}, not {}",
                order.lead_top_unit, fate.expected_top_unit
            )));
        }
        let at = if fate.sign_late {
            let due = due(&order, ClockKind::Sign)?;
            grain_after(due) + GRAIN * self.luck(4)
        } else {
            self.at_work(self.luck(16))
        };
        Ok((Stage::Sign { order: Box::new(order) }, at))
    }

    async fn sign(&self, order: Box<Order>) -> Next {
        let fate = self.order_fate()?;
        let request = SignOrderRequest {
            request_id: self.request_id("sign"),
            order_id: order.order_id.clone(),
            if_version: order.version,
        };
        let signed = self
            .clients
            .liaison(&order.lead_unit)?
            .sign_order(request)
            .await?
            .into_inner();
        if signed.late != fate.sign_late {
            return Err(Failure(format!(
                "signed late: {}, planned {}",
                signed.late, fate.sign_late
            )));
        }
        let reply_at = match (fate.reply, fate.reject_first) {
            (ReplyTiming::Near, _) => {
                let due = due(&order, ClockKind::Handle)?;
                grain_before(due) - GRAIN * (1 + self.luck(12))
            }
            (ReplyTiming::Late, false) => self.late(&order)?,
            (ReplyTiming::Early | ReplyTiming::Late, _) => self.after(2 + self.luck(6)),
        };
        Ok((Stage::Contact { order, reply_at }, self.after(1)))
    }

    async fn contact(&self, order: Box<Order>, reply_at: DateTime<Utc>) -> Next {
        let request = RecordContactRequest {
            request_id: self.request_id("contact"),
            order_id: order.order_id.clone(),
            phone: self.case.phone.clone(),
            result: ContactResult::Reached.into(),
            note: self.case.says("已与诉求人电话核实情况。"),
            recording: self.case.says("通话录音"),
            mode: ContactMode::Phone.into(),
            ..RecordContactRequest::default()
        };
        self.clients.liaison(&order.lead_unit)?.record_contact(request).await?;
        Ok((Stage::Reply { order }, reply_at.max(self.after(1))))
    }

    async fn reply(&self, order: Box<Order>) -> Next {
        let fate = self.order_fate()?;
        // The first reply of round 0 is the one that a reviewer rejects; `rejected_count` comes from the order itself.
        let seen = self.read(&order.order_id).await?;
        let reject = fate.reject_first && seen.round == 0 && seen.rejected_count == 0;
        let request = SubmitReplyRequest {
            request_id: self.request_id(&format!("reply/{}/{}", seen.round, seen.rejected_count)),
            order_id: order.order_id.clone(),
            text: self.case.says("经现场核查,有关问题已处理完毕,并已向诉求人说明。"),
            result: ReplyResult::Solved.into(),
            evidence: vec![self.case.says("现场照片")],
            ..SubmitReplyRequest::default()
        };
        let done = self
            .clients
            .liaison(&order.lead_unit)?
            .submit_reply(request)
            .await?
            .into_inner();
        let planned = fate.reply == ReplyTiming::Late && !reject && seen.round == 0;
        if done.late != planned {
            return Err(Failure(format!("replied late: {}, planned {planned}", done.late)));
        }
        Ok((
            Stage::Review {
                order: Box::new(seen),
                reply: done.reply_id,
                reject,
            },
            self.after(1 + self.luck(2)),
        ))
    }

    async fn review(&self, order: Box<Order>, reply: String, reject: bool) -> Next {
        let (verdict, grounds, requirement) = if reject {
            (
                Verdict::Reject,
                vec![RejectionGround::OffTopic.into()],
                self.case.says("请针对诉求逐项答复。"),
            )
        } else {
            (Verdict::Pass, Vec::new(), String::new())
        };
        let request = ReviewReplyRequest {
            request_id: self.request_id(&format!("review/{reply}")),
            order_id: order.order_id.clone(),
            reply_id: reply,
            verdict: verdict.into(),
            grounds,
            requirement,
            ..ReviewReplyRequest::default()
        };
        self.clients.reviewer()?.review_reply(request).await?;
        if !reject {
            return Ok((Stage::AwaitCallback { order }, self.now));
        }
        let at = if self.order_fate()?.reply == ReplyTiming::Late {
            self.late(&order)?
        } else {
            self.after(1 + self.luck(3))
        };
        Ok((Stage::Reply { order }, at))
    }

    async fn attempt(&self, order: Box<Order>, task: Task, attempt: u32) -> Next {
        let unreached = self.outcome_of(&order)? == Outcome::Unreached;
        let mode = match attempt {
            1 => CallbackMode::Sms,
            2 => CallbackMode::AiVoice,
            _ => CallbackMode::HumanVoice,
        };
        let (mode, outcome) = match (unreached, attempt) {
            (true, 1) => (mode, AttemptOutcome::NoReply),
            (true, _) => (mode, AttemptOutcome::NoAnswer),
            (false, _) => (CallbackMode::HumanVoice, AttemptOutcome::Reached),
        };
        let request = ReportAttemptRequest {
            request_id: self.request_id(&format!("attempt/{}/{attempt}", task.id)),
            task_id: task.id.clone(),
            token: task.token,
            mode: mode.into(),
            outcome: outcome.into(),
            recording: if outcome == AttemptOutcome::Reached {
                self.case.says("回访录音")
            } else {
                String::new()
            },
            ..ReportAttemptRequest::default()
        };
        self.clients.callback_agent(task.agent)?.report_attempt(request).await?;
        if unreached && attempt < 3 {
            return Ok((
                Stage::Attempt {
                    order,
                    task,
                    attempt: attempt + 1,
                },
                self.after(1),
            ));
        }
        Ok((Stage::Outcome { order, task }, self.after(1)))
    }

    async fn outcome(&self, order: Box<Order>, task: Task) -> Next {
        let outcome = self.outcome_of(&order)?;
        let (solved, rating) = match outcome {
            Outcome::Satisfied(rating) => (Solved::Solved, rating),
            Outcome::Dissatisfied(rating) => (Solved::NotSolved, rating),
            Outcome::UnratedReached | Outcome::Unreached => (Solved::Unspecified, Rating::Unrated),
        };
        // An appellant who was not reached has given no answers.
        let comment = match outcome {
            Outcome::Unreached => String::new(),
            _ => self.case.says("诉求人的原话。"),
        };
        let request = RecordOutcomeRequest {
            request_id: self.request_id(&format!("outcome/{}", task.id)),
            task_id: task.id.clone(),
            token: task.token,
            solved: solved.into(),
            rating: rating.into(),
            comment,
            ..RecordOutcomeRequest::default()
        };
        self.clients.callback_agent(task.agent)?.record_outcome(request).await?;
        if matches!(outcome, Outcome::Dissatisfied(_)) {
            return Ok((Stage::Judge { order, task }, self.after(1)));
        }
        Ok((Stage::Done, self.now))
    }

    async fn judge(&self, order: Box<Order>, task: Task) -> Next {
        let rework = self.reworks_now(&order)?;
        let request = JudgeDissatisfactionRequest {
            request_id: self.request_id(&format!("judge/{}", task.id)),
            task_id: task.id,
            cause: if rework { Cause::Unit } else { Cause::Objective }.into(),
            reason: self.case.says("经核实回访记录与办理情况判定。"),
            ..JudgeDissatisfactionRequest::default()
        };
        self.clients
            .callback_supervisor()?
            .judge_dissatisfaction(request)
            .await?;
        if rework {
            return Ok((Stage::Rework { order }, self.at_work(self.luck(8))));
        }
        Ok((Stage::Done, self.now))
    }

    async fn rework(&self, order: Box<Order>) -> Next {
        let order = self.read(&order.order_id).await?;
        if order.round != 1 {
            return Err(Failure(format!("should be in round 1, is in {}", order.round)));
        }
        self.reply(Box::new(order)).await
    }

    async fn read(&self, id: &str) -> Result<Order, Failure> {
        let name = Some(get_order_request::Name::OrderId(id.to_owned()));
        let request = GetOrderRequest { name, with_text: false };
        let answer = self.clients.dispatcher()?.get_order(request).await?.into_inner();
        Ok(answer.order.ok_or("the answer has no order")?)
    }

    /// The outcome of the current round: dissatisfied in round 0 of a reworked case, otherwise the planned one.
    fn outcome_of(&self, order: &Order) -> Result<Outcome, Failure> {
        if self.reworks_now(order)? {
            Ok(Outcome::Dissatisfied(Rating::Dissatisfied))
        } else {
            Ok(self.order_fate()?.final_outcome)
        }
    }

    fn reworks_now(&self, order: &Order) -> Result<bool, Failure> {
        Ok(self.order_fate()?.rework && order.round == 0)
    }

    fn fate(&self) -> Option<&OrderFate> {
        match &self.case.fate {
            Fate::Order(fate) => Some(fate),
            Fate::Answered => None,
        }
    }

    fn order_fate(&self) -> Result<&OrderFate, Failure> {
        self.fate()
            .ok_or_else(|| "was answered at once and has an order".into())
    }

    fn late(&self, order: &Order) -> Result<DateTime<Utc>, Failure> {
        Ok(grain_after(due(order, ClockKind::Handle)?) + GRAIN * self.luck(8))
    }

    fn after(&self, grains: i32) -> DateTime<Utc> {
        self.now + GRAIN * grains
    }

    /// An instant in office hours: so many grains after the office opens, or after now.
    fn at_work(&self, grains: i32) -> DateTime<Utc> {
        let local = (self.now + GRAIN).with_timezone(&calendar::ZONE);
        let day = local.date_naive();
        let calendar = calendar::Calendar::national();
        let minute = local.hour() * 60 + local.minute();
        if calendar.is_working(day) && (510..840).contains(&minute) {
            return self.after(1 + grains % 4);
        }
        let day = if calendar.is_working(day) && minute < 510 {
            day
        } else {
            calendar.add_working_days(day, 1).0
        };
        opening(day) + GRAIN * (grains % 20)
    }

    /// A number from 0 to `below` − 1, derived from the case's key. Every run of a scenario gets the same.
    fn luck(&self, below: u32) -> i32 {
        let sum = self
            .case
            .key
            .bytes()
            .fold(17_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        i32::try_from((sum >> 3) % below.max(1)).unwrap_or_default()
    }

    /// The request_id of a command. The same command of the same case has the same id.
    fn request_id(&self, what: &str) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{what}", self.case.key).as_bytes()).to_string()
    }
}

/// The end of a limit, as stated by the order.
fn due(order: &Order, kind: ClockKind) -> Result<DateTime<Utc>, Failure> {
    let deadline = order.deadline(kind).and_then(|deadline| deadline.due_time.as_ref());
    deadline
        .and_then(rpc::time::from_proto)
        .ok_or_else(|| "the order has no deadline".into())
}
