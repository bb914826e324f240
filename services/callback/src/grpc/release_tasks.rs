//! Request and answer of `ReleaseTasks`.

use std::collections::HashSet;

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Callback;
use super::fields::token;
use crate::actions::Error;
use crate::actions::release_tasks::{Held, ReleaseTasks, release_tasks};

/// Most tasks released at once: the highest value of `most_leases`.
const MOST_RELEASED: usize = 500;

#[async_trait]
impl Verb<Callback> for ReleaseTasks {
    const NAME: &'static str = "release_tasks";
    type Request = pb::ReleaseTasksRequest;
    type Answer = pb::ReleaseTasksResponse;
    type Error = Error;

    fn read(request: &pb::ReleaseTasksRequest, caller: &Caller, _: &At<Callback>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        if request.tasks.len() > MOST_RELEASED {
            fields.refuse("tasks", format!("must be {MOST_RELEASED} at most"));
        }
        let (mut tasks, mut seen) = (Vec::new(), HashSet::new());
        for (index, held) in request.tasks.iter().take(MOST_RELEASED).enumerate() {
            let mut part = Fields::at(&format!("tasks[{index}]"));
            let id = part.uuid("task_id", &held.task_id);
            if id.is_some_and(|id| !seen.insert(id)) {
                part.refuse("task_id", "must be named once");
            }
            let token = token(&mut part, held.token);
            tasks.extend(id.map(|id| Held {
                id,
                token,
                if_version: held.if_version,
            }));
            fields.absorb(part);
        }
        let command = Self {
            tasks,
            agent: caller.actor(),
        };
        fields.read(request_id.map(|id| (id, command)))
    }

    async fn act(&self, tx: &mut Tx, _: &At<Callback>) -> Result<pb::ReleaseTasksResponse, Error> {
        let tasks = release_tasks(tx, self).await?;
        Ok(pb::ReleaseTasksResponse {
            task_ids: tasks.iter().map(|task| task.id.to_string()).collect(),
        })
    }
}
