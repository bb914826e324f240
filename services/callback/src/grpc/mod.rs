//! The edge: each method is parse, act, render. What a request may be is in [`parse`], what an error looks like in
//! [`status`].

pub mod parse;
pub mod render;
pub mod status;

use eventlog::{Call, Store};
use hotline_proto::access::Role;
use hotline_proto::callback as pb;
use hotline_proto::callback::callback_service_server::CallbackService;
use platform::auth::Caller;
use platform::clock::SharedClock;
use platform::grpc::status as edge;
use platform::sealing::{Cell, Sealed, Sealer};
use tonic::{Request, Response, Status};

use crate::actions::{self, Error};
use crate::config::CallbackConfig;
use crate::store::tasks;

/// Serves `hotline.callback.v1`.
#[derive(Clone)]
pub struct Callback {
    /// Runs transactions.
    pub store: Store,
    /// Business time.
    pub clock: SharedClock,
    /// Wall time: what leases are measured in.
    pub wall: SharedClock,
    /// Seals comments and reasons.
    pub sealer: Sealer,
    /// Leases and attempts.
    pub config: CallbackConfig,
}

#[tonic::async_trait]
impl CallbackService for Callback {
    async fn lease_tasks(
        &self,
        request: Request<pb::LeaseTasksRequest>,
    ) -> Result<Response<pb::LeaseTasksResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::lease_tasks(&request, &caller)?;
        let (now, wall) = (self.clock.now(), self.wall.now());
        let call = Call::new(caller.actor(), "LeaseTasks", id, &request, now);
        let config = self.config;
        let answer = self
            .store
            .once(&call, "lease_tasks", move |tx| {
                let command = command.clone();
                Box::pin(async move {
                    let tasks = actions::lease_tasks(tx, &command, &config, wall).await?;
                    Ok::<_, Error>(render::leases(&tasks))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn renew_lease(
        &self,
        request: Request<pb::RenewLeaseRequest>,
    ) -> Result<Response<pb::RenewLeaseResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::renew_lease(&request, &caller)?;
        let (now, wall) = (self.clock.now(), self.wall.now());
        let call = Call::new(caller.actor(), "RenewLease", id, &request, now);
        let config = self.config;
        let answer = self
            .store
            .once(&call, "renew_lease", move |tx| {
                let command = command.clone();
                Box::pin(async move {
                    let task = actions::renew_lease(tx, &command, &config, wall).await?;
                    Ok::<_, Error>(render::renewed(&task))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn release_tasks(
        &self,
        request: Request<pb::ReleaseTasksRequest>,
    ) -> Result<Response<pb::ReleaseTasksResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::release_tasks(&request, &caller)?;
        let call = Call::new(caller.actor(), "ReleaseTasks", id, &request, self.clock.now());
        let answer = self
            .store
            .once(&call, "release_tasks", move |tx| {
                let command = command.clone();
                Box::pin(async move {
                    let tasks = actions::release_tasks(tx, &command).await?;
                    Ok::<_, Error>(render::released(&tasks))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn report_attempt(
        &self,
        request: Request<pb::ReportAttemptRequest>,
    ) -> Result<Response<pb::ReportAttemptResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::report_attempt(&request, &caller)?;
        let now = self.clock.now();
        let key = self.sealer.key_for(now).await?;
        let call = Call::new(caller.actor(), "ReportAttempt", id, &request, now);
        let answer = self
            .store
            .once(&call, "report_attempt", move |tx| {
                let (command, key) = (command.clone(), key.clone());
                Box::pin(async move {
                    let task = actions::report_attempt(tx, &command, &key, now).await?;
                    Ok::<_, Error>(render::attempt(&task))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn record_outcome(
        &self,
        request: Request<pb::RecordOutcomeRequest>,
    ) -> Result<Response<pb::RecordOutcomeResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::record_outcome(&request, &caller)?;
        let now = self.clock.now();
        let key = self.sealer.key_for(now).await?;
        let call = Call::new(caller.actor(), "RecordOutcome", id, &request, now);
        let min = self.config.min_attempts_before_unrated;
        let answer = self
            .store
            .once(&call, "record_outcome", move |tx| {
                let (command, key) = (command.clone(), key.clone());
                Box::pin(async move {
                    let task = actions::record_outcome(tx, &command, &key, min, now).await?;
                    Ok::<_, Error>(render::outcome(&task))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn judge_dissatisfaction(
        &self,
        request: Request<pb::JudgeDissatisfactionRequest>,
    ) -> Result<Response<pb::JudgeDissatisfactionResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::judge_dissatisfaction(&request, &caller)?;
        let now = self.clock.now();
        let key = self.sealer.key_for(now).await?;
        let call = Call::new(caller.actor(), "JudgeDissatisfaction", id, &request, now);
        let answer = self
            .store
            .once(&call, "judge_dissatisfaction", move |tx| {
                let (command, key) = (command.clone(), key.clone());
                Box::pin(async move {
                    let task = actions::judge_dissatisfaction(tx, &command, &key, now).await?;
                    Ok::<_, Error>(render::judgement(&task))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn get_task(&self, request: Request<pb::GetTaskRequest>) -> Result<Response<pb::GetTaskResponse>, Status> {
        let caller = Caller::of(&request);
        let id = parse::get_task(request.get_ref())?;
        if !request.get_ref().with_text {
            let task = actions::get_task(&self.store, id).await?;
            return Ok(Response::new(render::read_task(&task, self.wall.now())));
        }
        if ![Role::CallbackAgent, Role::Supervisor]
            .into_iter()
            .any(|role| caller.has(role))
        {
            return Err(edge::denied("your role reads tasks without their text"));
        }
        let (now, reader) = (self.clock.now(), caller.actor());
        let (task, texts, call) = self
            .store
            .run("read_task_texts", move |tx| {
                let reader = reader.clone();
                Box::pin(async move { actions::read_task_texts(tx, id, &reader, now).await })
            })
            .await?;
        let open = async |cell: Cell, sealed: Option<Sealed>| match sealed {
            None => Ok(String::new()),
            Some(sealed) => self.sealer.unseal(cell, &sealed).await,
        };
        let comment = open(tasks::cell("comment", id), texts.comment).await?;
        let reason = open(tasks::cell("reason", id), texts.reason).await?;
        let recording = match call {
            None => String::new(),
            Some(call) => open(tasks::recording_cell(id, call.attempt), Some(call.recording)).await?,
        };
        Ok(Response::new(pb::GetTaskResponse {
            comment,
            reason,
            recording,
            ..render::read_task(&task, self.wall.now())
        }))
    }

    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        let (query, page) = parse::list_tasks(request.get_ref())?;
        let wall = self.wall.now();
        let rows = actions::list_tasks(&self.store, &query, wall).await?;
        Ok(Response::new(render::tasks(rows, &page, wall)))
    }
}
