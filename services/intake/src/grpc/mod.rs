//! The edge: each method is parse, act, render. What a request may be is in [`parse`] and [`parse_reads`], what an
//! error looks like in [`status`].

pub mod documents;
pub mod parse;
pub mod parse_reads;
pub mod push;
pub mod render;
pub mod status;
pub mod streams;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eventlog::{Call, Store};
use hotline_proto::intake as pb;
use hotline_proto::intake::intake_service_server::IntakeService;
use platform::auth::Caller;
use platform::clock::SharedClock;
use platform::grpc::status as edge;
use platform::lifecycle::Lifecycle;
use platform::sealing::Sealer;
use tonic::{Request, Response, Status, Streaming};

use crate::actions::answer_appeal::answer_appeal;
use crate::actions::forward_appeal::forward_appeal;
use crate::actions::get_appeal::get_appeal;
use crate::actions::get_reference::get_reference;
use crate::actions::list_appeals::list_appeals;
use crate::actions::list_calls::list_calls;
use crate::actions::publish_reference::publish_reference;
use crate::actions::read_appeal_text::read_appeal_text;
use crate::actions::record_call::record_call;
use crate::actions::register_appeal::register_appeal;
use crate::actions::{Desk, Error};
use crate::config::IntakeConfig;
use crate::grpc::streams::Streams;
use crate::store::reference::Cache;

/// Who may say that somebody may read an appeal's text: it knows whose order it is.
const VOUCHES: &str = "service:routing";

/// Serves `hotline.intake.v1`.
#[derive(Clone)]
pub struct Intake {
    /// Runs transactions.
    pub store: Store,
    /// Business time.
    pub clock: SharedClock,
    /// Seals and opens personal fields.
    pub sealer: Sealer,
    /// What is in force.
    pub references: Cache,
    /// Limits.
    pub config: IntakeConfig,
    /// Places of push streams.
    pub push_streams: Arc<Streams>,
    /// What push streams run on; they are read until it has drained, as long as calls are accepted.
    pub lifecycle: Lifecycle,
}

impl Intake {
    /// What sealing at `now` needs; the key is asked for before the transaction.
    async fn desk(&self, now: DateTime<Utc>) -> Result<Desk, Status> {
        let key = self.sealer.key_for(now).await?;
        Ok(Desk {
            sealer: self.sealer.clone(),
            key,
            references: self.references.clone(),
            source_days: self.config.source_days,
        })
    }
}

#[tonic::async_trait]
impl IntakeService for Intake {
    type PushAppealsStream = push::Answers;

    async fn register_appeal(
        &self,
        request: Request<pb::RegisterAppealRequest>,
    ) -> Result<Response<pb::RegisterAppealResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::register_appeal(&request, &caller)?;
        let now = self.clock.now();
        let desk = self.desk(now).await?;
        let call = Call::new(caller.actor(), "RegisterAppeal", id, &request, now);
        let answer = self
            .store
            .once(&call, "register_appeal", move |tx| {
                let (desk, command) = (desk.clone(), command.clone());
                Box::pin(async move {
                    let appeal = register_appeal(tx, &desk, &command, now).await?;
                    Ok::<_, Error>(render::registered(&appeal))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn push_appeals(
        &self,
        request: Request<Streaming<pb::PushAppealsRequest>>,
    ) -> Result<Response<Self::PushAppealsStream>, Status> {
        let caller = Caller::of(&request);
        push::start(self, &caller, request.into_inner()).map(Response::new)
    }

    async fn answer_appeal(
        &self,
        request: Request<pb::AnswerAppealRequest>,
    ) -> Result<Response<pb::AnswerAppealResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::answer_appeal(&request, &caller)?;
        let now = self.clock.now();
        let key = self.sealer.key_for(now).await?;
        let call = Call::new(caller.actor(), "AnswerAppeal", id, &request, now);
        let answer = self
            .store
            .once(&call, "answer_appeal", move |tx| {
                let (key, command) = (key.clone(), command.clone());
                Box::pin(async move {
                    let appeal = answer_appeal(tx, &key, &command, now).await?;
                    Ok::<_, Error>(render::answered(&appeal))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn forward_appeal(
        &self,
        request: Request<pb::ForwardAppealRequest>,
    ) -> Result<Response<pb::ForwardAppealResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::forward_appeal(&request, &caller)?;
        let now = self.clock.now();
        let call = Call::new(caller.actor(), "ForwardAppeal", id, &request, now);
        let answer = self
            .store
            .once(&call, "forward_appeal", move |tx| {
                let command = command.clone();
                Box::pin(async move {
                    let appeal = forward_appeal(tx, &command, now).await?;
                    Ok::<_, Error>(render::forwarded(&appeal))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn record_call(
        &self,
        request: Request<pb::RecordCallRequest>,
    ) -> Result<Response<pb::RecordCallResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::record_call(&request, &caller)?;
        let now = self.clock.now();
        let desk = self.desk(now).await?;
        let call = Call::new(caller.actor(), "RecordCall", id, &request, now);
        let answer = self
            .store
            .once(&call, "record_call", move |tx| {
                let (desk, command) = (desk.clone(), command.clone());
                Box::pin(async move {
                    let call = record_call(tx, &desk, &command, now).await?;
                    Ok::<_, Error>(render::recorded(&call))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn get_appeal(
        &self,
        request: Request<pb::GetAppealRequest>,
    ) -> Result<Response<pb::GetAppealResponse>, Status> {
        let caller = Caller::of(&request);
        let command = parse_reads::get_appeal(request.get_ref(), &caller)?;
        let now = self.clock.now();
        let (stored, shown) = self
            .store
            .run("get_appeal", move |tx| {
                let command = command.clone();
                Box::pin(async move { get_appeal(tx, &command, now).await })
            })
            .await?;
        // The record of the reading is committed: now it may be shown.
        let appeal = render::appeal(&self.sealer, &stored, shown).await?;
        Ok(Response::new(pb::GetAppealResponse { appeal: Some(appeal) }))
    }

    async fn list_appeals(
        &self,
        request: Request<pb::ListAppealsRequest>,
    ) -> Result<Response<pb::ListAppealsResponse>, Status> {
        let caller = Caller::of(&request);
        let (page, filter) = parse_reads::list_appeals(request.get_ref(), &caller)?;
        let window = page.window.clone();
        let mut rows = self
            .store
            .run("list_appeals", move |tx| {
                let (window, filter) = (window.clone(), filter.clone());
                Box::pin(async move { list_appeals(tx, &window, &filter).await })
            })
            .await?;
        let next_page_token = page.cut(&mut rows, |appeal| (appeal.received_at, appeal.id.0));
        Ok(Response::new(pb::ListAppealsResponse {
            appeals: rows.iter().map(render::bare).collect(),
            next_page_token,
        }))
    }

    async fn list_calls(
        &self,
        request: Request<pb::ListCallsRequest>,
    ) -> Result<Response<pb::ListCallsResponse>, Status> {
        let page = parse_reads::list_calls(request.get_ref())?;
        let window = page.window.clone();
        let mut rows = self
            .store
            .run("list_calls", move |tx| {
                let window = window.clone();
                Box::pin(async move { list_calls(tx, &window).await })
            })
            .await?;
        let next_page_token = page.cut(&mut rows, |call| (call.offered_at, call.id));
        Ok(Response::new(pb::ListCallsResponse {
            calls: rows.iter().map(render::call).collect(),
            next_page_token,
        }))
    }

    async fn read_appeal_text(
        &self,
        request: Request<pb::ReadAppealTextRequest>,
    ) -> Result<Response<pb::ReadAppealTextResponse>, Status> {
        let command = parse::read_appeal_text(request.get_ref())?;
        if Caller::of(&request).actor() != VOUCHES {
            return Err(edge::denied("only routing knows who may read an order's text"));
        }
        let now = self.clock.now();
        let (stored, seen) = self
            .store
            .run("read_appeal_text", move |tx| {
                let command = command.clone();
                Box::pin(async move { read_appeal_text(tx, &command, now).await })
            })
            .await?;
        let text = render::text(&self.sealer, &stored, seen).await?;
        Ok(Response::new(text))
    }

    async fn publish_reference(
        &self,
        request: Request<pb::PublishReferenceRequest>,
    ) -> Result<Response<pb::PublishReferenceResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (id, command) = parse::publish_reference(&request, &caller)?;
        let now = self.clock.now();
        let call = Call::new(caller.actor(), "PublishReference", id, &request, now);
        let command = Arc::new(command);
        let answer = self
            .store
            .once(&call, "publish_reference", move |tx| {
                let command = command.clone();
                Box::pin(async move {
                    let version = publish_reference(tx, &command, now).await?;
                    Ok::<_, Error>(pb::PublishReferenceResponse { version })
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn get_reference(
        &self,
        request: Request<pb::GetReferenceRequest>,
    ) -> Result<Response<pb::GetReferenceResponse>, Status> {
        let day = parse_reads::get_reference(request.get_ref(), self.clock.now())?;
        let (version, reference) = self
            .store
            .run("get_reference", move |tx| {
                Box::pin(async move { get_reference(tx, day).await })
            })
            .await?;
        Ok(Response::new(render::reference(version, reference)))
    }
}
