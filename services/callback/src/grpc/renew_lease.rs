//! Request and answer of `RenewLease`.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::callback as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Callback;
use super::fields::{holder, lease, named};
use crate::actions::Error;
use crate::actions::renew_lease::{RenewLease, renew_lease};

#[async_trait]
impl Verb<Callback> for RenewLease {
    const NAME: &'static str = "renew_lease";
    type Request = pb::RenewLeaseRequest;
    type Answer = pb::RenewLeaseResponse;
    type Error = Error;

    fn read(request: &pb::RenewLeaseRequest, caller: &Caller, _: &At<Callback>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let task = named(&mut fields, &request.task_id, request.if_version, caller);
        let holder = holder(&mut fields, request.token, caller);
        let command = || {
            let command = Self { task: task?, holder };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Callback>) -> Result<pb::RenewLeaseResponse, Error> {
        let wall = at.service.wall.now();
        let task = renew_lease(tx, self, &at.service.config, wall).await?;
        Ok(pb::RenewLeaseResponse {
            lease: Some(lease(&task)),
        })
    }
}
