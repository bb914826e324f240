//! What follows from each answer: the next command of the case, and its time.
//!
//! The plan decides the fate of a case; the order of events never does. No code here computes a deadline: units read it
//! from their order, as real units do.

use std::time::Instant;

use calendar::local_date;
use chrono::{DateTime, NaiveDate, Utc};
use hosting::Failure;
use hotline_proto::callback::LeaseTasksRequest;
use hotline_proto::common::{ClockKind, OrderState};
use hotline_proto::intake::InvalidGround;
use hotline_proto::routing::{ListOrdersRequest, Order};
use platform::clock::Clock as _;
use rpc::time::to_proto;
use uuid::Uuid;

use super::{Done, Driver};
use crate::grains::{CALLBACK, CONTACT, DESK, GRAIN, REPLY, REVIEW, SIGN, next_hour, turn};
use crate::plan::{Fate, Known, OrderFate, Outcome, ReplyTiming};
use crate::stage::{Running, Task, What};

/// Maximum number of tasks of a lease, and of leased tasks of an agent: the default of callback's `most_leases`.
const MOST_LEASES: usize = 50;

/// Rows of a page: the maximum of the services.
const PAGE: i32 = 1_000;

/// Attempts until an outcome may be unrated: the default of callback's `min_attempts_before_unrated`.
const ATTEMPTS: u8 = 3;

impl Driver<'_> {
    /// Takes an answer in.
    pub(super) fn take(&mut self, done: &Done, now: DateTime<Utc>) -> Result<(), Failure> {
        let soon = now + GRAIN;
        match *done {
            Done::Registered(case, appeal) => self.registered(case, appeal, now),
            Done::PushedAgain(case, appeal) => {
                if self.known(case)?.appeal != appeal {
                    return Err(self.fault(case, "the second push got another receipt"));
                }
                self.due(next_hour(now), case, What::Decide);
            }
            Done::Asked(case) => {
                let unanswered = matches!(self.case(case).fate, Fate::Invalid(InvalidGround::NoAnswer));
                if unanswered {
                    self.due(next_hour(now), case, What::Decide);
                } else {
                    self.due(soon, case, What::Supplement);
                }
            }
            Done::Supplemented(case) => self.due(next_hour(now), case, What::Decide),
            Done::Ended(case) => self.over(case),
            Done::Transferred(case) => self.due(soon, case, What::Acknowledge),
            Done::Forwarded(case, order) => self.forwarded(case, order, now)?,
            Done::Dispatched(case) => {
                self.known_mut(case)?.dispatch_day = local_date(now);
                let day = self.day_after(local_date(now), 1);
                self.due(SIGN.of(day) + self.turn_of(case)?, case, What::Sign);
            }
            Done::Signed(case, late) => self.signed(case, late, now)?,
            Done::Contacted(case) => self.plan_reply(case, now)?,
            Done::Replied(case, reply, late) => self.replied(case, reply, late, now)?,
            Done::Reviewed(case) => self.reviewed(case, now)?,
            Done::Attempted(case, attempt) => self.attempted(case, attempt, now)?,
            Done::Recorded(case) => self.recorded(case, now)?,
            Done::Judged(case) => self.judged(case, now)?,
        }
        Ok(())
    }

    fn registered(&mut self, case: u32, appeal: Uuid, now: DateTime<Utc>) {
        let running = Running {
            appeal,
            ..Running::default()
        };
        self.running.insert(case, running);
        let planned = self.case(case);
        let (at, next) = if planned.asked {
            (now + GRAIN, What::Ask)
        } else if planned.order().is_some_and(|order| order.pushed_twice) {
            (now + GRAIN, What::PushAgain)
        } else {
            (next_hour(now), What::Decide)
        };
        self.due(at, case, next);
    }

    fn forwarded(&mut self, case: u32, order: Uuid, now: DateTime<Utc>) -> Result<(), Failure> {
        let running = self.known_mut(case)?;
        running.order = order;
        running.dispatch_day = local_date(now);
        self.of_order.insert(order, case);
        self.unread += 1;
        if let Some(noted) = self.noted.get_mut(&case) {
            *noted = order;
        }
        Ok(())
    }

    /// Reads the orders that were opened since the last reading: their units and deadlines.
    pub(super) async fn read_orders(&mut self) -> Result<(), Failure> {
        let now = self.clock.now();
        let mut request = ListOrdersRequest {
            page_size: PAGE,
            from_time: Some(to_proto(self.read_until)),
            ..ListOrdersRequest::default()
        };
        let mut client = self.clients.routing_analyst()?;
        loop {
            let began = Instant::now();
            let page = client.list_orders(request.clone()).await?.into_inner();
            self.spent.rpc("routing.ListOrders", page.orders.len(), began);
            for order in &page.orders {
                self.read(order, now)?;
            }
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        self.read_until = now;
        if self.unread > 0 {
            return Err(Failure(format!("{} forwarded appeals have no order", self.unread)));
        }
        Ok(())
    }

    /// An order as routing has opened it. A person dispatches it when the catalogue does not cover it.
    fn read(&mut self, order: &Order, now: DateTime<Utc>) -> Result<(), Failure> {
        let id: Uuid = order.order_id.parse().unwrap_or_default();
        let Some(case) = self.of_order.get(&id).copied() else {
            return Ok(()); // closed, or not of this plan
        };
        if self.known(case)?.unit.is_some() {
            return Ok(());
        }
        self.unread = self.unread.saturating_sub(1);
        let fate = self.fate(case)?;
        let waits = order.state == OrderState::PendingDispatch as i32;
        if waits != fate.by_person {
            return Err(self.fault(case, "the catalogue covers it otherwise than planned"));
        }
        let top = self.plan.view(case as usize).top_unit();
        if !waits && order.lead_top_unit != top {
            return Err(self.fault(case, &format!("is led by {}, not {top}", order.lead_top_unit)));
        }
        let lead = if waits {
            fate.top_unit
        } else {
            self.unit(&order.lead_unit)?
        };
        let handle_day = limit_day(order, ClockKind::Handle);
        let sign_day = limit_day(order, ClockKind::Sign);
        let running = self.known_mut(case)?;
        running.unit = Some(lead);
        running.handle_day = handle_day;
        let dispatched = running.dispatch_day;
        if waits {
            self.due(self.next_time(now, DESK), case, What::Dispatch);
            return Ok(());
        }
        let day = match sign_day {
            Some(last) if fate.sign_late => self.day_after(last, 1),
            _ => self.day_after(dispatched, 1),
        };
        let at = SIGN.of(day) + turn(lead);
        if at <= now {
            return Err(self.fault(case, "was read after its unit should have signed"));
        }
        self.due(at, case, What::Sign);
        Ok(())
    }

    fn signed(&mut self, case: u32, late: bool, now: DateTime<Utc>) -> Result<(), Failure> {
        let fate = self.fate(case)?;
        if late != fate.sign_late {
            return Err(self.fault(case, &format!("signed late: {late}, planned {}", fate.sign_late)));
        }
        if fate.declined || self.case(case).appellant != Known::Named {
            return self.plan_reply(case, now);
        }
        let at = CONTACT.of(local_date(now)) + self.turn_of(case)?;
        self.due(at, case, What::Contact);
        Ok(())
    }

    /// The first reply: on the planned working day, on the last day of the limit, or on the day after it.
    fn plan_reply(&mut self, case: u32, now: DateTime<Utc>) -> Result<(), Failure> {
        let (fate, running) = (self.fate(case)?, self.known(case)?);
        let today = local_date(now);
        let limit = || running.handle_day.ok_or_else(|| self.fault(case, "has no limit"));
        let planned = match fate.reply {
            ReplyTiming::Early(day) => self.day_after(running.dispatch_day, day),
            ReplyTiming::Near => limit()?,
            ReplyTiming::Late if fate.reject_first => today,
            ReplyTiming::Late => self.day_after(limit()?, 1),
        };
        let at = REPLY.of(planned.max(today)) + self.turn_of(case)?;
        self.due(at, case, What::Reply);
        Ok(())
    }

    fn replied(&mut self, case: u32, reply: Uuid, late: bool, now: DateTime<Utc>) -> Result<(), Failure> {
        let fate = self.fate(case)?;
        let running = self.known_mut(case)?;
        running.reply = reply;
        running.replies += 1;
        let rejected = fate.reject_first && running.replies == 1;
        let planned = fate.reply == ReplyTiming::Late && !rejected && !running.reworked;
        if late != planned {
            return Err(self.fault(case, &format!("replied late: {late}, planned {planned}")));
        }
        // Supervision knows the reply after the evening's rest.
        self.due(self.next_time(now, REVIEW), case, What::Review);
        Ok(())
    }

    fn reviewed(&mut self, case: u32, now: DateTime<Utc>) -> Result<(), Failure> {
        let (fate, running) = (self.fate(case)?, self.known(case)?);
        if !(fate.reject_first && running.replies == 1) {
            self.awaiting += 1;
            return Ok(());
        }
        let turn = self.turn_of(case)?;
        // The order is back after the noon's rest.
        let again = self.next_time(now, REPLY) + turn;
        let at = match running.handle_day {
            Some(last) if fate.reply == ReplyTiming::Late => REPLY.of(self.day_after(last, 1)) + turn,
            _ => again,
        };
        self.due(at, case, What::Reply);
        Ok(())
    }

    /// Callback agents lease all open tasks. The case decides the outcome of a task, not the agent.
    pub(super) async fn lease(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        let mut agent = 0_u16;
        while self.awaiting > 0 {
            let agents = u16::try_from(self.awaiting.div_ceil(MOST_LEASES)).unwrap_or(u16::MAX);
            let (clients, spent, first) = (&self.clients, &self.spent, self.leases);
            let calls = (agent..agent + agents).map(|agent| async move {
                let request = LeaseTasksRequest {
                    request_id: request_id(&format!("lease/{}", first + u64::from(agent) + 1)),
                    count: u32::try_from(MOST_LEASES).unwrap_or_default(),
                };
                let began = Instant::now();
                let answer = clients.callback_agent(usize::from(agent))?.lease_tasks(request).await?;
                let leases = answer.into_inner().leases;
                spent.rpc("callback.LeaseTasks", leases.len(), began);
                Ok::<_, Failure>((agent, leases))
            });
            let leased = futures::future::try_join_all(calls).await?;
            let mut found = 0;
            for (agent, leases) in leased {
                for lease in leases {
                    found += 1;
                    self.leased(&lease, agent, now)?;
                }
            }
            agent += agents;
            if found == 0 {
                break; // the tasks of replies that were passed since the last rest
            }
        }
        self.leases += u64::from(agent);
        Ok(())
    }

    fn leased(
        &mut self,
        lease: &hotline_proto::callback::Lease,
        agent: u16,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let order: Uuid = lease.order_id.parse().unwrap_or_default();
        let case = self.of_order.get(&order).copied().ok_or_else(|| {
            Failure(format!(
                "callback leased a task of order {}, which awaits no callback",
                lease.order_number
            ))
        })?;
        let anonymous = self.case(case).appellant == Known::Anonymous;
        let running = self.known_mut(case)?;
        let round = u32::from(running.reworked);
        running.task = Task {
            id: lease.task_id.parse().unwrap_or_default(),
            token: lease.token,
            agent,
        };
        if lease.round != round || lease.anonymous != anonymous {
            return Err(self.fault(case, "callback asks about another round or person"));
        }
        self.awaiting -= 1;
        if anonymous {
            self.due(now + GRAIN * 4, case, What::Outcome);
        } else {
            self.due(now + GRAIN, case, What::Attempt(1));
        }
        Ok(())
    }

    /// All outcomes are recorded after the time of the third attempts, so that each agent sends them together.
    fn attempted(&mut self, case: u32, attempt: u8, now: DateTime<Utc>) -> Result<(), Failure> {
        if self.outcome(case)? == Outcome::Unreached && attempt < ATTEMPTS {
            self.due(now + GRAIN, case, What::Attempt(attempt + 1));
        } else {
            self.due(CALLBACK.of(local_date(now)) + GRAIN * 4, case, What::Outcome);
        }
        Ok(())
    }

    fn recorded(&mut self, case: u32, now: DateTime<Utc>) -> Result<(), Failure> {
        if matches!(self.outcome(case)?, Outcome::Dissatisfied(_)) {
            self.due(now + GRAIN, case, What::Judge);
        } else {
            self.over(case);
        }
        Ok(())
    }

    fn judged(&mut self, case: u32, now: DateTime<Utc>) -> Result<(), Failure> {
        if !self.reworks_now(case)? {
            self.over(case);
            return Ok(());
        }
        let turn = self.turn_of(case)?;
        self.known_mut(case)?.reworked = true;
        // The order is back after the evening's rest.
        let day = self.day_after(local_date(now), 1);
        self.due(REPLY.of(day) + turn, case, What::Reply);
        Ok(())
    }

    fn over(&mut self, case: u32) {
        if let Some(running) = self.running.remove(&case) {
            self.of_order.remove(&running.order);
        }
        self.open_cases -= 1;
    }

    /// The outcome of the current round: dissatisfied in round 0 of a reworked case, otherwise the planned one.
    pub(super) fn outcome(&self, case: u32) -> Result<Outcome, Failure> {
        if self.reworks_now(case)? {
            Ok(Outcome::Dissatisfied(hotline_proto::common::Rating::Dissatisfied))
        } else {
            Ok(self.fate(case)?.final_outcome)
        }
    }

    pub(super) fn reworks_now(&self, case: u32) -> Result<bool, Failure> {
        Ok(self.fate(case)?.rework && !self.known(case)?.reworked)
    }

    pub(super) fn case(&self, case: u32) -> &crate::plan::Case {
        &self.plan.cases[case as usize]
    }

    pub(super) fn fate(&self, case: u32) -> Result<OrderFate, Failure> {
        let fate = self.case(case).order().copied();
        fate.ok_or_else(|| self.fault(case, "has an order, but none is planned"))
    }

    pub(super) fn known(&self, case: u32) -> Result<Running, Failure> {
        let running = self.running.get(&case).copied();
        running.ok_or_else(|| self.fault(case, "is over, or has not begun"))
    }

    fn known_mut(&mut self, case: u32) -> Result<&mut Running, Failure> {
        let key = self.plan.view(case as usize).key();
        let running = self.running.get_mut(&case);
        running.ok_or_else(|| Failure(format!("case {key}: is over, or has not begun")))
    }

    pub(super) fn fault(&self, case: u32, fault: &str) -> Failure {
        Failure(format!("case {}: {fault}", self.plan.view(case as usize).key()))
    }

    fn unit(&self, code: &str) -> Result<u16, Failure> {
        let unit = self.units.get(code).copied();
        unit.ok_or_else(|| Failure(format!("routing knows the unit {code}, which the city does not have")))
    }

    fn turn_of(&self, case: u32) -> Result<chrono::Duration, Failure> {
        let unit = self.known(case)?.unit;
        unit.map(turn).ok_or_else(|| self.fault(case, "has no unit"))
    }

    fn day_after(&self, day: NaiveDate, n: u8) -> NaiveDate {
        self.working_day(day, n)
    }
}

/// The day on which a limit ends, as the order states it.
fn limit_day(order: &Order, kind: ClockKind) -> Option<NaiveDate> {
    let due = order.deadline(kind)?.due_time.as_ref()?;
    rpc::time::from_proto(due).map(local_date)
}

/// The request_id of a command. The same command has the same id in every run.
pub(super) fn request_id(what: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, what.as_bytes()).to_string()
}
