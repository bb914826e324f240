//! Plays a plan: moves the clock from grain to grain, lets the people act, and then runs steps until the services rest.
//!
//! The services rest when no step of any service has work to do. The driver runs the steps itself and never waits for
//! timers. It touches no database.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use calendar::local_date;
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use hosting::{Failure, Name, Suite};
use hotline_proto::callback::LeaseTasksRequest;
use hotline_proto::common::ListParkedEventsRequest;
use hotline_proto::intake::{CallOutcome, RecordCallRequest};
use platform::clock::{Clock as _, DrivenClock};
use platform::steps::Step;
use rpc::time::to_proto;
use uuid::Uuid;

use super::clients::Clients;
use super::grains::{GRAIN, grain_after};
use super::plan::Plan;
use super::plan::marks::caller;
use super::stage::{Stage, Task};
use super::stages::act;

/// Commands that run at once. Eight keep two cores busy; the others hide round trips.
const AT_ONCE: usize = 24;

/// Maximum number of passes until the services rest. More passes mean that a step causes its own work.
const MOST_PASSES: usize = 200;

/// The inputs of a step, by its name: `<service>.relay`, `<service>.consume.<source>`, `<service>.<worker>`.
struct Looks<'s> {
    service: &'s str,
    source: &'s str,
}

impl<'s> Looks<'s> {
    fn of(step: &'s dyn Step) -> Self {
        let (service, rest) = step.name().split_once('.').unwrap_or((step.name(), ""));
        Self {
            service,
            source: rest.strip_prefix("consume.").unwrap_or(service),
        }
    }
}

/// Maximum number of leased tasks of an agent: the default of callback's `most_leases`.
const MOST_LEASES: usize = 50;

/// Plays a plan against a suite whose steps are run by hand.
pub struct Driver<'a> {
    suite: &'a Suite,
    clock: Arc<DrivenClock>,
    clients: Clients,
    plan: &'a Plan,
    agenda: BTreeMap<DateTime<Utc>, Vec<Todo>>,
    awaiting: HashMap<String, (usize, Stage)>,
    open_cases: usize,
    leases: u64,
    /// Number of leased tasks of each callback agent.
    held: Vec<usize>,
}

enum Todo {
    Call(usize),
    Case(usize, Stage),
}

impl<'a> Driver<'a> {
    /// A driver with the whole plan on its agenda.
    #[must_use]
    pub fn new(suite: &'a Suite, clock: Arc<DrivenClock>, plan: &'a Plan) -> Self {
        let mut agenda: BTreeMap<DateTime<Utc>, Vec<Todo>> = BTreeMap::new();
        for (index, call) in plan.calls.iter().enumerate() {
            agenda.entry(call.at_grain).or_default().push(Todo::Call(index));
        }
        for (index, case) in plan.cases.iter().enumerate() {
            agenda
                .entry(case.arrive)
                .or_default()
                .push(Todo::Case(index, Stage::Arrive));
        }
        Self {
            suite,
            clock,
            clients: Clients::new(suite.urls.clone(), suite.issuer.clone()),
            plan,
            agenda,
            awaiting: HashMap::new(),
            open_cases: plan.cases.len(),
            leases: 0,
            held: Vec::new(),
        }
    }

    /// Plays until every case is over. `progress` gets the number of open cases and the business time.
    ///
    /// # Errors
    /// A refused call, an answer that differs from the plan, or services that never rest.
    pub async fn play(&mut self, mut progress: impl FnMut(usize, DateTime<Utc>)) -> Result<(), Failure> {
        let mut next_known = self.rest().await?;
        let mut looked = None;
        while self.open_cases > 0 {
            let planned = self.agenda.keys().next().copied();
            let timer = next_known.map(grain_after);
            let Some(now) = [planned, timer].into_iter().flatten().min() else {
                return Err(Failure(format!(
                    "{} cases wait, but no event or clock is left that could move them",
                    self.open_cases
                )));
            };
            self.clock.move_to(now);
            let todo = self.agenda.remove(&now).unwrap_or_default();
            self.act_all(todo, now).await?;
            next_known = self.rest().await?;
            self.lease(now).await?;
            // Checked once a day: an event that waits and is applied late changes no figure, but is still a fault.
            if looked.replace(local_date(now)) != Some(local_date(now)) {
                self.nothing_is_left().await?;
            }
            progress(self.open_cases, now);
        }
        self.nothing_is_left().await
    }

    /// Moves the clock to the day after `instant`, unless it is later already, and lets the services rest.
    ///
    /// # Errors
    /// Services that never rest.
    pub async fn pass(&self, instant: DateTime<Utc>) -> Result<(), Failure> {
        self.clock.move_to(self.clock.now().max(instant + chrono::Days::new(1)));
        self.rest().await?;
        self.nothing_is_left().await
    }

    /// The clients, for calls after the play.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    async fn act_all(&mut self, todo: Vec<Todo>, now: DateTime<Utc>) -> Result<(), Failure> {
        let (clients, plan) = (&self.clients, self.plan);
        let results: Vec<Option<_>> = stream::iter(todo)
            .map(|todo| async move {
                match todo {
                    Todo::Call(index) => record_call(clients, plan, index).await.map(|()| None),
                    Todo::Case(index, stage) => {
                        let freed = stage.ends_lease_of();
                        let (stage, at) = act(clients, &plan.cases[index], stage, now).await?;
                        Ok::<_, Failure>(Some((index, stage, at, freed)))
                    }
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (index, stage, at, freed) in results.into_iter().flatten() {
            if let Some(agent) = freed {
                self.held[agent] -= 1;
            }
            self.schedule(index, stage, at.max(now + GRAIN));
        }
        Ok(())
    }

    fn schedule(&mut self, index: usize, stage: Stage, at: DateTime<Utc>) {
        match stage {
            Stage::Done => self.open_cases -= 1,
            Stage::AwaitCallback { ref order } => {
                self.awaiting.insert(order.order_id.clone(), (index, stage));
            }
            stage => self.agenda.entry(at).or_default().push(Todo::Case(index, stage)),
        }
    }

    /// An agent below its maximum of leases; a new agent when all have the maximum.
    fn free_agent(&mut self) -> usize {
        let free = self.held.iter().position(|held| *held < MOST_LEASES);
        free.unwrap_or_else(|| {
            self.held.push(0);
            self.held.len() - 1
        })
    }

    /// Callback agents lease all open tasks. The case decides the outcome of a task, not the agent.
    async fn lease(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        while !self.awaiting.is_empty() {
            self.leases += 1;
            let agent = self.free_agent();
            let request_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("lease/{}", self.leases).as_bytes());
            let request = LeaseTasksRequest {
                request_id: request_id.to_string(),
                count: 50, // callback leases as many as the agent may still have
            };
            let leases = self
                .clients
                .callback_agent(agent)?
                .lease_tasks(request)
                .await?
                .into_inner()
                .leases;
            if leases.is_empty() {
                break;
            }
            self.held[agent] += leases.len();
            for lease in leases {
                let Some((index, Stage::AwaitCallback { mut order })) = self.awaiting.remove(&lease.order_id) else {
                    return Err(Failure(format!(
                        "callback leased a task of order {}, which awaits no callback",
                        lease.order_number
                    )));
                };
                order.round = lease.round;
                let task = Task {
                    id: lease.task_id,
                    token: lease.token,
                    agent,
                };
                self.schedule(
                    index,
                    Stage::Attempt {
                        order,
                        task,
                        attempt: 1,
                    },
                    now + GRAIN,
                );
            }
        }
        Ok(())
    }

    /// Runs the steps of all services until none has work to do. Returns the earliest next instant of work.
    ///
    /// An idle step stays idle until one of its inputs changes: its own service's database, or the log of its source.
    /// So the first pass runs all steps, and each later pass runs those with changed inputs.
    async fn rest(&self) -> Result<Option<DateTime<Utc>>, Failure> {
        let steps: Vec<Looks> = self
            .suite
            .steps
            .iter()
            .map(|driven| Looks::of(driven.step.as_ref()))
            .collect();
        let mut next: Vec<Option<DateTime<Utc>>> = vec![None; steps.len()];
        let mut again: Vec<usize> = (0..steps.len()).collect();
        for _ in 0..MOST_PASSES {
            let runs = again.iter().map(|index| self.suite.steps[*index].step.run_once());
            let runs = futures::future::join_all(runs).await;
            let mut changed: HashSet<&str> = HashSet::new();
            for (index, run) in again.iter().zip(runs) {
                let ran = run.map_err(|error| {
                    Failure(format!(
                        "{}: {}",
                        self.suite.steps[*index].step.name(),
                        platform::steps::chain(&error)
                    ))
                })?;
                next[*index] = ran.next_at;
                if ran.did > 0 {
                    changed.insert(steps[*index].service);
                }
            }
            if changed.is_empty() {
                return Ok(next.into_iter().flatten().min());
            }
            again = (0..steps.len())
                .filter(|index| changed.contains(steps[*index].service) || changed.contains(steps[*index].source))
                .collect();
        }
        Err("the services still have work after the maximum number of passes".into())
    }

    /// Fails when a service has parked or waiting events.
    async fn nothing_is_left(&self) -> Result<(), Failure> {
        for service in Name::ALL {
            let request = ListParkedEventsRequest {
                page_size: 50,
                page_token: String::new(),
            };
            let answer = self
                .clients
                .operator(service)?
                .list_parked_events(request)
                .await?
                .into_inner();
            if let Some(event) = answer.events.first() {
                return Err(Failure(format!(
                    "{service} has parked {} from {}: {}",
                    event.r#type, event.source, event.reason
                )));
            }
            if answer.waiting_count > 0 {
                return Err(Failure(format!(
                    "{service} has {} events waiting",
                    answer.waiting_count
                )));
            }
        }
        Ok(())
    }
}

async fn record_call(clients: &Clients, plan: &Plan, index: usize) -> Result<(), Failure> {
    let outcome = if plan.calls[index].answered {
        CallOutcome::Answered
    } else {
        CallOutcome::Abandoned
    };
    let request = RecordCallRequest {
        request_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("call/{index}").as_bytes()).to_string(),
        outcome: outcome.into(),
        phone: caller(index),
        offered_time: offered(plan, index).map(to_proto),
    };
    clients.agent()?.record_call(request).await?;
    Ok(())
}

/// Time at which a call was offered. Every fiftieth call is recorded two minutes late, also across midnight, but inside
/// the window.
fn offered(plan: &Plan, index: usize) -> Option<DateTime<Utc>> {
    let first = local_date(plan.calls[0].at_grain);
    let earlier = plan.calls[index].at_grain - TimeDelta::minutes(2);
    (index % 50 == 49 && local_date(earlier) >= first).then_some(earlier)
}
