//! Plays a plan: moves the clock from instant to instant, lets the people act, and lets the services rest at the times of
//! the timetable (`grains.rs`).
//!
//! - At an instant, all that is due goes out in a few calls: one batch or stream per verb and caller (`batches.rs`).
//! - A rest runs the steps of the services until none has work (`rests.rs`). Only a rest lets one service hear of another.
//! - What is answered decides what is due next (`stages.rs`).
//!
//! The driver runs the steps itself and never waits for timers. It changes no database.

mod batches;
mod errands;
mod rests;
mod stages;
mod texts;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use calendar::{Calendar, local_date};
use chrono::{DateTime, NaiveDate, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use hosting::{Failure, Name, Suite};
use hotline_proto::common::ListParkedEventsRequest;
use platform::clock::{Clock as _, DrivenClock};
use uuid::Uuid;

use self::errands::Errand;
use self::rests::Rests;
use super::clients::Clients;
use super::grains::{CALLBACK, GRAIN, Minute, NOON, RESTS};
use super::plan::Plan;
use super::spent::{Spent, busy};
use super::stage::{Running, Todo, What};

/// Calls that run at once. Four keep two cores busy; the others hide round trips.
const AT_ONCE: usize = 8;

/// The result of a call about one case.
enum Done {
    Registered(u32, Uuid),
    PushedAgain(u32, Uuid),
    Asked(u32),
    Supplemented(u32),
    Ended(u32),
    Transferred(u32),
    Forwarded(u32, Uuid),
    Dispatched(u32),
    Signed(u32, bool),
    Contacted(u32),
    Replied(u32, Uuid, bool),
    Reviewed(u32),
    Attempted(u32, u8),
    Recorded(u32),
    Judged(u32),
}

/// A call that may run beside others, and its results.
type Job<'j> = BoxFuture<'j, Result<Vec<Done>, Failure>>;

/// How far the play is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cases that are over.
    pub over: usize,
    /// All cases.
    pub cases: usize,
    /// Business time.
    pub now: DateTime<Utc>,
}

/// Plays a plan against a suite whose steps are run by hand.
pub struct Driver<'a> {
    clock: Arc<DrivenClock>,
    clients: Clients,
    plan: &'a Plan,
    calendar: Calendar,
    spent: Arc<Spent>,
    rests: Rests<'a>,
    agenda: BTreeMap<DateTime<Utc>, Vec<Todo>>,
    errands: BTreeMap<DateTime<Utc>, Vec<Errand>>,
    /// Late calls, by the time of their record.
    late_calls: BTreeMap<DateTime<Utc>, Vec<usize>>,
    /// The next call and the next case of the plan.
    next_call: usize,
    next_case: usize,
    running: HashMap<u32, Running>,
    /// Case of each order that is not closed.
    of_order: HashMap<Uuid, u32>,
    /// Orders of risk notices.
    noted: HashMap<u32, Uuid>,
    /// Index of each unit in the city.
    units: HashMap<String, u16>,
    /// Orders that no one has read so far, and since when.
    unread: usize,
    read_until: DateTime<Utc>,
    /// Tasks that wait for a callback agent.
    awaiting: usize,
    open_cases: usize,
    leases: u64,
    /// Leader days and risk notices by their place in the plan, messages by theirs.
    ids: errands::Ids,
}

impl<'a> Driver<'a> {
    /// A driver at the beginning of the plan.
    #[must_use]
    pub fn new(suite: &'a Suite, clock: Arc<DrivenClock>, plan: &'a Plan) -> Self {
        let mut driver = Self {
            calendar: plan.city.working_days(),
            clients: Clients::new(suite.urls.clone(), suite.issuer.clone()),
            spent: Arc::default(),
            rests: Rests::new(suite),
            agenda: BTreeMap::new(),
            errands: errands::agenda(plan),
            late_calls: BTreeMap::new(),
            next_call: 0,
            next_case: 0,
            running: HashMap::new(),
            of_order: HashMap::new(),
            noted: HashMap::new(),
            units: HashMap::new(),
            unread: 0,
            read_until: clock.now(),
            awaiting: 0,
            open_cases: plan.cases.len(),
            leases: 0,
            ids: errands::Ids::default(),
            clock,
            plan,
        };
        for (at, unit) in (0_u16..).zip(&plan.city.units) {
            driver.units.insert(unit.code.clone(), at);
        }
        for (at, case) in (0_u32..).zip(&plan.cases) {
            if case.late {
                driver.due(case.arrive + GRAIN * 2, at, What::Register);
            }
        }
        for (at, call) in plan.calls.iter().enumerate().filter(|(_, call)| call.late) {
            driver.late_calls.entry(call.at_grain + GRAIN * 2).or_default().push(at);
        }
        for notice in &plan.errands.notices {
            driver
                .noted
                .extend(notice.cases.iter().map(|case| (*case, Uuid::nil())));
        }
        driver
    }

    /// Plays until every case is over.
    ///
    /// # Errors
    /// A refused item with the key of its case, an answer that differs from the plan, or services that never rest.
    pub async fn play(&mut self, mut progress: impl FnMut(Progress)) -> Result<(), Failure> {
        self.publish_registers().await?;
        self.rest().await?;
        while let Some(now) = self.next() {
            self.clock.move_to(now);
            let (acted, busy) = busy(self.act(now)).await;
            acted?;
            self.spent.driver(busy);
            if self.is_rest(now) {
                self.rest().await?;
                // An event that waits and is applied late changes no figure, but is still a fault.
                if NOON.of(local_date(now)) == now {
                    self.nothing_is_left().await?;
                }
            }
            progress(Progress {
                over: self.plan.cases.len() - self.open_cases,
                cases: self.plan.cases.len(),
                now,
            });
        }
        self.rest().await?;
        if self.open_cases > 0 {
            return Err(Failure(format!(
                "{} cases wait, but nothing is left that could move them",
                self.open_cases
            )));
        }
        self.nothing_is_left().await
    }

    /// Moves the clock to `instant`, unless it is later already, and lets the services rest.
    ///
    /// # Errors
    /// Services that never rest.
    pub async fn pass(&mut self, instant: DateTime<Utc>) -> Result<(), Failure> {
        self.clock.move_to(self.clock.now().max(instant));
        self.rest().await?;
        self.nothing_is_left().await
    }

    /// The clients, for calls after the play.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Where the time went so far.
    #[must_use]
    pub fn spent(&self) -> &Spent {
        &self.spent
    }

    /// The next instant at which something happens; none at the end of the play.
    fn next(&self) -> Option<DateTime<Utc>> {
        let now = self.clock.now();
        let call = self.plan.calls.get(self.next_call).map(|call| call.at_grain);
        let case = self.plan.cases.get(self.next_case).map(|case| case.arrive);
        let first = |at: Option<&DateTime<Utc>>| at.copied();
        let next = [
            call,
            case,
            first(self.agenda.keys().next()),
            first(self.errands.keys().next()),
            first(self.late_calls.keys().next()),
            self.next_office(now),
        ];
        next.into_iter().flatten().min()
    }

    /// The next rest, or the next time for leases, while a case is open. Cards are issued at rests, also of a day on which
    /// nobody acts.
    fn next_office(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.open_cases == 0 {
            return None;
        }
        let day = local_date(now);
        let times = RESTS.into_iter().chain([CALLBACK]);
        let today = times.map(|minute| minute.of(day)).filter(|at| *at > now).min();
        let today = today.filter(|_| self.calendar.is_working(day));
        Some(today.unwrap_or_else(|| NOON.of(self.working_day(day, 1))))
    }

    fn is_rest(&self, now: DateTime<Utc>) -> bool {
        let day = local_date(now);
        self.calendar.is_working(day) && RESTS.iter().any(|minute| minute.of(day) == now)
    }

    /// The n-th working day after a day.
    fn working_day(&self, day: NaiveDate, n: u8) -> NaiveDate {
        self.calendar.add_working_days(day, u32::from(n)).0
    }

    /// The first time of this kind after now, on this working day or a later one.
    fn next_time(&self, now: DateTime<Utc>, minute: Minute) -> DateTime<Utc> {
        let day = local_date(now);
        if self.calendar.is_working(day) && minute.of(day) > now {
            minute.of(day)
        } else {
            minute.of(self.working_day(day, 1))
        }
    }

    fn due(&mut self, at: DateTime<Utc>, case: u32, what: What) {
        self.agenda.entry(at).or_default().push(Todo { case, what });
    }

    /// Sends all that is due at an instant, and takes the answers in.
    async fn act(&mut self, now: DateTime<Utc>) -> Result<(), Failure> {
        let day = local_date(now);
        if self.calendar.is_working(day) && now == CALLBACK.of(day) {
            self.lease(now).await?;
        }
        let calls = self.due_calls(now);
        let todo = self.due_cases(now);
        let errands = self.errands.remove(&now).unwrap_or_default();
        if todo.is_empty() && calls.is_empty() && errands.is_empty() {
            return Ok(());
        }
        let answers: Vec<Vec<Done>> = {
            let mut jobs: Vec<Job<'_>> = batches::calls(self, &calls);
            jobs.extend(batches::cases(self, todo)?);
            stream::iter(jobs).buffer_unordered(AT_ONCE).try_collect().await?
        };
        for done in answers.into_iter().flatten() {
            self.take(&done, now)?;
        }
        for errand in errands {
            self.run_errand(errand, now).await?;
        }
        Ok(())
    }

    /// Indices of the calls to record now.
    fn due_calls(&mut self, now: DateTime<Utc>) -> Vec<usize> {
        let mut due = self.late_calls.remove(&now).unwrap_or_default();
        while let Some(call) = self.plan.calls.get(self.next_call).filter(|call| call.at_grain <= now) {
            if !call.late {
                due.push(self.next_call);
            }
            self.next_call += 1;
        }
        due
    }

    fn due_cases(&mut self, now: DateTime<Utc>) -> Vec<Todo> {
        let mut due = self.agenda.remove(&now).unwrap_or_default();
        while let Some(case) = self.plan.cases.get(self.next_case).filter(|case| case.arrive <= now) {
            if !case.late {
                let case = u32::try_from(self.next_case).expect("a plan has fewer than 2^32 cases");
                due.push(Todo {
                    case,
                    what: What::Register,
                });
            }
            self.next_case += 1;
        }
        due
    }

    /// Lets the services rest, and reads what they have opened since.
    async fn rest(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        let did = self.rests.run(self.clock.now(), &self.spent).await?;
        self.spent.rest(did, began);
        if self.clock.now() == NOON.of(local_date(self.clock.now())) && self.unread > 0 {
            self.read_orders().await?;
        }
        Ok(())
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
