//! A steady rate of the calls that a working day brings, to all five services.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hotline::commands::pages::reference;
use hotline::console::{Failure, say};
use hotline_proto::Date;
use hotline_proto::analytics::GetBulletinRequest;
use hotline_proto::callback::ListTasksRequest;
use hotline_proto::common::AppealType;
use hotline_proto::intake::push_appeals_response::Result as Pushed;
use hotline_proto::intake::{
    AppealDraft, Appellant, ForwardAppealRequest, GetAppealRequest, PushAppealsRequest, RegisterAppealRequest,
    get_appeal_request,
};
use hotline_proto::routing::{GetOrderRequest, get_order_request};
use hotline_proto::supervision::ListCardsRequest;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::callers::{Callers, PUSHED_CHANNEL, REGISTERED_CHANNEL};
use crate::ledger::{Ledger, Line};
use crate::orders::{Next, Step};
use crate::tally::{Tally, Told};

/// An answer that comes later is none: a caller's usual deadline.
const DEADLINE: Duration = Duration::from_secs(10);
/// Calls that may wait for an answer at once; a client with more would be a flood, not a rate.
const WAITING: usize = 400;
/// Appeals of one push, one push a second.
const PUSHED_AT_ONCE: u64 = 10;
/// How long failed writes are sent again after the run.
const SETTLING: Duration = Duration::from_secs(120);
/// What was acknowledged elsewhere is asked for when its event has had this long to arrive: the objective of events.
const ARRIVAL: Duration = Duration::from_secs(5);
/// Nobody's number.
pub const PHONE: &str = "13800000000";
/// What the run begins with, for who started it.
const BEGUN: &str = "calling";
/// A bulletin of this day: the load's own may lie before or after midnight.
const BULLETIN_DAY: Date = Date {
    year: 2026,
    month: 1,
    day: 1,
};

/// Runs until standard input ends.
pub async fn run(callers: Callers, ledgers: &Path, run: &str, rate: u32) -> Result<Told, Failure> {
    let (category, region) = place(&callers).await?;
    let load = Arc::new(Load {
        callers,
        ledger: Ledger::create(ledgers, run)?,
        tally: Tally::new(),
        known: Mutex::default(),
        next: Mutex::default(),
        run: run.to_owned(),
        category,
        region,
    });
    say(BEGUN);
    let turns = Arc::new(Semaphore::new(WAITING));
    let mut calls = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut end = std::pin::pin!(end_of_input());
    for number in 0_u64.. {
        tokio::select! {
            () = &mut end => break,
            _ = ticks.tick() => {}
        }
        while calls.try_join_next().is_some() {}
        let Ok(turn) = turns.clone().try_acquire_owned() else {
            load.tally.held();
            continue;
        };
        let load = load.clone();
        calls.spawn(async move {
            load.call(number, u64::from(rate)).await;
            drop(turn);
        });
    }
    let seconds = load.tally.elapsed().as_secs_f64();
    while calls.join_next().await.is_some() {}
    let (settled, unsettled) = load.settle().await;
    Ok(load.tally.told(seconds, settled, unsettled))
}

async fn end_of_input() {
    let reading = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    let _ = reading.await;
}

/// A category and a region of the loaded reference data.
async fn place(callers: &Callers) -> Result<(String, String), Failure> {
    let answer = reference(&callers.agent, None).await?;
    let reference = answer.reference.unwrap_or_default();
    let leaf = reference.categories.iter().find(|category| {
        let mut others = reference.categories.iter();
        !others.any(|other| other.code != category.code && other.code.starts_with(&category.code))
    });
    let (Some(category), Some(region)) = (leaf, reference.regions.first()) else {
        return Err("no reference data is in force: load it with `hotline load`".into());
    };
    Ok((category.code.clone(), region.code.clone()))
}

/// A run.
pub struct Load {
    pub callers: Callers,
    pub ledger: Ledger,
    pub tally: Tally,
    known: Mutex<Known>,
    next: Mutex<Next>,
    run: String,
    category: String,
    region: String,
}

/// The oldest of a queue, if its event has had its time.
pub fn arrived<T>(queue: &mut VecDeque<(Instant, T)>) -> Option<T> {
    let (_, oldest) = queue.pop_front_if(|(since, _)| since.elapsed() > ARRIVAL)?;
    Some(oldest)
}

/// What later calls can be about.
#[derive(Default)]
struct Known {
    registered: Vec<(String, String)>,
    unforwarded: VecDeque<String>,
    orders: VecDeque<(Instant, String)>,
    failed: Vec<Write>,
}

/// Whether a stream ended with its connection, or with a replica that stops. No service of ours answers UNKNOWN: that is
/// the client's own word for a stream that was cut.
fn is_of_connection(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown)
}

/// A write that can be sent again.
#[derive(Clone)]
pub enum Write {
    Register { request_id: String },
    Forward { request_id: String, appeal_id: String },
    Push { upstream_number: String },
    Step(Step),
}

impl Load {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What people can do next.
    pub fn next(&self) -> std::sync::MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call of this number: 32 kinds in turn, half of them writes, and once a second a push.
    async fn call(&self, number: u64, rate: u64) {
        if number % rate == rate - 1 {
            return self.push(number).await;
        }
        match number % 32 {
            0..6 => {
                let request_id = Uuid::new_v4().to_string();
                self.write(Write::Register { request_id }).await;
            }
            6 => self.repeat(number).await,
            7 | 8 => {
                let next = self.known().unforwarded.pop_front();
                match next {
                    Some(appeal_id) => {
                        let request_id = Uuid::new_v4().to_string();
                        self.write(Write::Forward { request_id, appeal_id }).await;
                    }
                    None => self.read_cards().await,
                }
            }
            9..14 => self.read_appeal(number).await,
            14..17 => self.read_order(number).await,
            17..20 => {
                if !self.unit_works().await {
                    self.read_order(number).await;
                }
            }
            20 => {
                if !self.reviewer_works().await {
                    self.read_cards().await;
                }
            }
            21 | 22 => self.agent_works().await,
            23..27 => self.read_cards().await,
            27..30 => self.read_tasks().await,
            _ => self.read_bulletin().await,
        }
    }

    /// Sends it; what fails is sent again after the run.
    pub async fn write(&self, write: Write) {
        if self.send(&write).await.is_err() {
            self.failed(write);
        }
    }

    /// Notes what is to be sent again.
    pub fn failed(&self, write: Write) {
        self.known().failed.push(write);
    }

    async fn send(&self, write: &Write) -> Result<(), Status> {
        match write {
            Write::Register { request_id } => self.register(request_id).await,
            Write::Forward { request_id, appeal_id } => self.forward(request_id, appeal_id).await,
            Write::Push { upstream_number } => {
                let item = self.item(upstream_number.clone());
                self.pushed(&mut vec![item]).await
            }
            Write::Step(step) => self.step(step).await,
        }
    }

    /// Sends what failed again, until each has been acknowledged or the time is over.
    async fn settle(&self) -> (usize, usize) {
        let failed = std::mem::take(&mut self.known().failed);
        let (all, mut rest) = (failed.len(), VecDeque::from(failed));
        let until = Instant::now() + SETTLING;
        while let Some(write) = rest.pop_front() {
            if self.send(&write).await.is_err() {
                rest.push_back(write);
                if Instant::now() > until {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        (all - rest.len(), rest.len())
    }

    fn draft(&self, channel: &str) -> AppealDraft {
        AppealDraft {
            channel: channel.to_owned(),
            r#type: AppealType::Help.into(),
            category: self.category.clone(),
            region: self.region.clone(),
            appellant: Some(Appellant {
                name: "负载测试".to_owned(),
                phone: PHONE.to_owned(),
                ..Appellant::default()
            }),
            title: "负载测试,请直接办结".to_owned(),
            content: "由集群测试登记,不是市民诉求。".to_owned(),
            ..AppealDraft::default()
        }
    }

    fn registration(&self, request_id: &str) -> RegisterAppealRequest {
        RegisterAppealRequest {
            request_id: request_id.to_owned(),
            appeal: Some(self.draft(REGISTERED_CHANNEL)),
            call_id: String::new(),
        }
    }

    /// Counts a call, as failed for whatever error.
    pub async fn counted<T>(
        &self,
        method: &str,
        call: impl Future<Output = Result<tonic::Response<T>, Status>>,
    ) -> Result<T, Status> {
        self.measured(method, |_| false, call).await
    }

    /// Counts a call that asks for what another service acknowledged: that it is `unheard` of is no failure.
    pub async fn counted_but<T>(
        &self,
        method: &str,
        unheard: impl Fn(&Status) -> bool,
        call: impl Future<Output = Result<tonic::Response<T>, Status>>,
    ) -> Result<T, Status> {
        self.tally.awaited();
        self.measured(method, unheard, call).await
    }

    async fn measured<T>(
        &self,
        method: &str,
        allowed: impl Fn(&Status) -> bool,
        call: impl Future<Output = Result<tonic::Response<T>, Status>>,
    ) -> Result<T, Status> {
        let since = Instant::now();
        let late = |_| Err(Status::deadline_exceeded("no answer within 10 s"));
        let answer = tokio::time::timeout(DEADLINE, call).await.unwrap_or_else(late);
        let failure = answer.as_ref().err().filter(|status| !allowed(status));
        self.tally.ended(method, since.elapsed(), failure);
        answer.map(tonic::Response::into_inner)
    }

    async fn register(&self, request_id: &str) -> Result<(), Status> {
        let mut agent = self.callers.agent.clone();
        let call = agent.register_appeal(self.registration(request_id));
        let appeal_id = self.counted("RegisterAppeal", call).await?.appeal_id;
        self.ledger.note(&Line::Registered {
            request_id: request_id.to_owned(),
            appeal_id: appeal_id.clone(),
        });
        self.tally.acknowledged();
        let mut known = self.known();
        known.unforwarded.push_back(appeal_id.clone());
        known.registered.push((request_id.to_owned(), appeal_id));
        Ok(())
    }

    /// An impatient client: the same request again.
    async fn repeat(&self, number: u64) {
        let Some((request_id, appeal_id)) = self.some_registered(number) else {
            return;
        };
        let mut agent = self.callers.agent.clone();
        let call = agent.register_appeal(self.registration(&request_id));
        if let Ok(answer) = self.counted("RegisterAppeal", call).await {
            self.tally.repeated(answer.appeal_id == appeal_id);
        }
    }

    fn some_registered(&self, number: u64) -> Option<(String, String)> {
        let known = self.known();
        let among = u64::try_from(known.registered.len()).ok().filter(|len| *len > 0)?;
        // Steps that meet every row before one twice, mostly.
        let at = usize::try_from(number.wrapping_mul(7919) % among).ok()?;
        known.registered.get(at).cloned()
    }

    async fn forward(&self, request_id: &str, appeal_id: &str) -> Result<(), Status> {
        let request = ForwardAppealRequest {
            request_id: request_id.to_owned(),
            appeal_id: appeal_id.to_owned(),
        };
        let mut agent = self.callers.agent.clone();
        let order_id = self
            .counted("ForwardAppeal", agent.forward_appeal(request))
            .await?
            .order_id;
        self.ledger.note(&Line::Forwarded {
            appeal_id: appeal_id.to_owned(),
            order_id: order_id.clone(),
        });
        self.tally.forwarded();
        self.known().orders.push_back((Instant::now(), order_id));
        Ok(())
    }

    fn item(&self, upstream_number: String) -> PushAppealsRequest {
        PushAppealsRequest {
            upstream_number,
            appeal: Some(self.draft(PUSHED_CHANNEL)),
            upstream_due_time: None,
        }
    }

    /// A platform's batch. What the end of a connection left unanswered is pushed again once, on another stream: the
    /// platform's own retry.
    async fn push(&self, number: u64) {
        let numbers = (0..PUSHED_AT_ONCE).map(|at| format!("{}-{number}-{at}", self.run));
        let mut rest: Vec<_> = numbers.map(|number| self.item(number)).collect();
        let since = Instant::now();
        let mut done = self.pushed(&mut rest).await;
        if done.as_ref().is_err_and(is_of_connection) {
            self.tally.stream_broke();
            done = if rest.is_empty() {
                Ok(())
            } else {
                self.pushed(&mut rest).await
            };
        }
        self.tally.ended("PushAppeals", since.elapsed(), done.as_ref().err());
        self.known().failed.extend(rest.into_iter().map(|item| Write::Push {
            upstream_number: item.upstream_number,
        }));
    }

    /// Pushes on one stream to its end, within the time of a call. What is answered goes out of `rest`.
    async fn pushed(&self, rest: &mut Vec<PushAppealsRequest>) -> Result<(), Status> {
        let late = |_| Err(Status::deadline_exceeded("not every item was answered within 10 s"));
        let pushing = tokio::time::timeout(DEADLINE, self.push_items(rest));
        pushing.await.unwrap_or_else(late)
    }

    async fn push_items(&self, rest: &mut Vec<PushAppealsRequest>) -> Result<(), Status> {
        let platform = self.callers.platform.clone();
        let mut platform = platform.ok_or_else(|| Status::internal("opened without the platform's settings"))?;
        let items = tokio_stream::iter(rest.clone());
        let mut answers = platform.push_appeals(items).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            let Some(Pushed::Accepted(accepted)) = answer.result else {
                return Err(Status::failed_precondition(format!("refused: {:?}", answer.result)));
            };
            rest.retain(|item| item.upstream_number != answer.upstream_number);
            self.ledger.note(&Line::Pushed {
                upstream_number: answer.upstream_number,
                appeal_id: accepted.appeal_id,
            });
            self.tally.acknowledged();
        }
        if rest.is_empty() {
            return Ok(());
        }
        Err(Status::unavailable("the stream ended before every item was answered"))
    }

    async fn read_appeal(&self, number: u64) {
        if let Some((_, appeal_id)) = self.some_registered(number) {
            let request = GetAppealRequest {
                name: Some(get_appeal_request::Name::AppealId(appeal_id)),
                unmask_purpose: String::new(),
            };
            let mut agent = self.callers.agent.clone();
            let _ = self.counted("GetAppeal", agent.get_appeal(request)).await;
        } else {
            self.read_cards().await;
        }
    }

    async fn read_order(&self, number: u64) {
        let oldest = arrived(&mut self.known().orders);
        if let Some(order_id) = oldest {
            let request = GetOrderRequest {
                name: Some(get_order_request::Name::OrderId(order_id)),
                with_text: false,
            };
            let mut dispatcher = self.callers.dispatcher.clone();
            let unheard = |status: &Status| status.code() == Code::NotFound;
            match self
                .counted_but("GetOrder", unheard, dispatcher.get_order(request))
                .await
            {
                Ok(answer) => self.seen(answer.order.unwrap_or_default()),
                Err(status) if unheard(&status) => self.tally.late(),
                Err(_) => {}
            }
        } else {
            self.read_appeal(number).await;
        }
    }

    async fn read_cards(&self) {
        let mut supervisor = self.callers.supervisor.clone();
        let call = supervisor.list_cards(ListCardsRequest {
            page_size: 20,
            ..ListCardsRequest::default()
        });
        let _ = self.counted("ListCards", call).await;
    }

    async fn read_tasks(&self) {
        let mut callbacks = self.callers.callbacks.clone();
        let call = callbacks.list_tasks(ListTasksRequest {
            page_size: 20,
            ..ListTasksRequest::default()
        });
        let _ = self.counted("ListTasks", call).await;
    }

    async fn read_bulletin(&self) {
        let mut analyst = self.callers.analyst.clone();
        let call = analyst.get_bulletin(GetBulletinRequest {
            from_day: Some(BULLETIN_DAY),
            to_day: Some(BULLETIN_DAY),
        });
        let _ = self.counted("GetBulletin", call).await;
    }
}
