//! Request and answer of `LeaseTasks`.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Callback;
use super::fields::lease;
use crate::actions::Error;
use crate::actions::lease_tasks::{LeaseTasks, lease_tasks};

/// Most tasks leased at once: an agent's morning.
const MAX_LEASES: u32 = 50;

#[async_trait]
impl Verb<Callback> for LeaseTasks {
    const NAME: &'static str = "lease_tasks";
    type Request = pb::LeaseTasksRequest;
    type Answer = pb::LeaseTasksResponse;
    type Error = Error;

    fn read(request: &pb::LeaseTasksRequest, caller: &Caller, _: &At<Callback>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        if !(1..=MAX_LEASES).contains(&request.count) {
            fields.refuse("count", format!("must be 1 to {MAX_LEASES}"));
        }
        let command = Self {
            count: request.count,
            agent: caller.actor(),
        };
        fields.read(request_id.map(|id| (id, command)))
    }

    async fn act(&self, tx: &mut Tx, at: &At<Callback>) -> Result<pb::LeaseTasksResponse, Error> {
        let wall = at.service.wall.now();
        let tasks = lease_tasks(tx, self, &at.service.config, wall).await?;
        Ok(pb::LeaseTasksResponse {
            leases: tasks.iter().map(lease).collect(),
        })
    }
}
