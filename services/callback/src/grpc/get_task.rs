//! Request and answer of `GetTask`.

use async_trait::async_trait;
use hotline_proto::access::Role;
use hotline_proto::callback as pb;
use personal::sealing::{Cell, Sealed};
use platform::auth::Caller;
use platform::status as edge;
use rpc::fields::{Fields, InvalidRequest};
use tonic::Status;
use uuid::Uuid;
use verbs::{At, Question};

use super::Callback;
use super::fields::{reach, task};
use crate::actions::get_task::{get_task, read_task_texts};
use crate::domain::reach::Reach;
use crate::store::{attempts, tasks};

/// The task, its reader, and whether its texts are wanted.
pub struct ReadTask {
    id: Uuid,
    reach: Reach,
    reader: String,
    with_text: bool,
    /// The role may read texts.
    reads_text: bool,
}

#[async_trait]
impl Question<Callback> for ReadTask {
    const NAME: &'static str = "get_task";
    type Request = pb::GetTaskRequest;
    type Answer = pb::GetTaskResponse;

    fn read(request: &pb::GetTaskRequest, caller: &Caller, _: &At<Callback>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let id = fields.uuid("task_id", &request.task_id);
        let mut readers = [Role::CallbackAgent, Role::Supervisor].into_iter();
        fields.read(id.map(|id| Self {
            id,
            reach: reach(caller),
            reader: caller.actor(),
            with_text: request.with_text,
            reads_text: readers.any(|role| caller.has(role)),
        }))
    }

    async fn answer(self, at: &At<Callback>) -> Result<pb::GetTaskResponse, Status> {
        if self.with_text {
            return self.answer_with_text(at).await;
        }
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let found = get_task(&mut conn, self.id, &self.reach).await?;
        Ok(pb::GetTaskResponse {
            task: Some(task(&found, at.service.wall.now())),
            ..pb::GetTaskResponse::default()
        })
    }
}

impl ReadTask {
    /// The reading is recorded before a text is opened.
    async fn answer_with_text(self, at: &At<Callback>) -> Result<pb::GetTaskResponse, Status> {
        if !self.reads_text {
            return Err(edge::denied("your role reads tasks without their text"));
        }
        let (id, reach, reader, now) = (self.id, self.reach, self.reader, at.now);
        let reading = at.service.store.run("read_task_texts", move |tx| {
            let (reach, reader) = (reach.clone(), reader.clone());
            Box::pin(async move { read_task_texts(tx, id, &reach, &reader, now).await })
        });
        let (found, texts, call) = reading.await?;
        let open = async |cell: Cell, sealed: Option<Sealed>| match sealed {
            None => Ok(String::new()),
            Some(sealed) => at.service.sealer.unseal(cell, &sealed).await,
        };
        let comment = open(tasks::cell("comment", id), texts.comment).await?;
        let reason = open(tasks::cell("reason", id), texts.reason).await?;
        let recording = match call {
            None => String::new(),
            Some(call) => open(attempts::recording_cell(id, call.attempt), Some(call.recording)).await?,
        };
        Ok(pb::GetTaskResponse {
            task: Some(task(&found, at.service.wall.now())),
            comment,
            reason,
            recording,
        })
    }
}
