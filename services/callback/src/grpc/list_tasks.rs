//! Request and answer of `ListTasks`.

use async_trait::async_trait;
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use tonic::Status;
use verbs::{At, Question};

use super::Callback;
use super::fields::{reach, task};
use crate::actions::list_tasks::{ListTasks, list_tasks};
use crate::domain::task::Standing;
use crate::store::listing::Filter;

/// The filter of the list and its page.
pub struct Tasks(ListTasks, Page);

#[async_trait]
impl Question<Callback> for Tasks {
    const NAME: &'static str = "list_tasks";
    type Request = pb::ListTasksRequest;
    type Answer = pb::ListTasksResponse;

    fn read(request: &pb::ListTasksRequest, caller: &Caller, _: &At<Callback>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let order_id = fields.optional_uuid("order_id", &request.order_id);
        let state = match fields.optional_known::<pb::TaskState>("state", request.state) {
            Some(pb::TaskState::Open) => Some(Standing::Open),
            Some(pb::TaskState::Leased) => Some(Standing::Leased),
            Some(pb::TaskState::PendingJudgement) => Some(Standing::PendingJudgement),
            Some(pb::TaskState::Done) => Some(Standing::Done),
            Some(pb::TaskState::Unspecified) | None => None,
        };
        let asked = Asked {
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
            size: request.page_size,
            token: &request.page_token,
        };
        let reach = reach(caller);
        let page = asked.page(&mut fields, &format!("tasks|{order_id:?}|{state:?}|{reach:?}"));
        fields.finish()?;
        let query = ListTasks {
            window: page.window.clone(),
            filter: Filter { state, order_id, reach },
        };
        Ok(Self(query, page))
    }

    async fn answer(self, at: &At<Callback>) -> Result<pb::ListTasksResponse, Status> {
        let wall = at.service.wall.now();
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut rows = list_tasks(&mut conn, &self.0, wall).await?;
        let next_page_token = self.1.cut(&mut rows, |task| (task.opened_at, task.id));
        Ok(pb::ListTasksResponse {
            tasks: rows.iter().map(|row| task(row, wall)).collect(),
            next_page_token,
        })
    }
}
