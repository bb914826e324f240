//! The edge. A method of the trait is one line, and the file of a verb holds its request and answer. `fields` has the
//! fields that several verbs share, `status` turns an error into a status.

mod fields;
mod get_task;
mod judge_dissatisfaction;
mod lease_tasks;
mod list_tasks;
mod record_outcome;
mod release_tasks;
mod renew_lease;
mod report_attempt;
mod status;

use eventlog::Store;
use hotline_proto::callback as pb;
use hotline_proto::callback::callback_service_server::CallbackService;
use personal::sealing::Sealer;
use platform::clock::SharedClock;
use tonic::{Request, Response, Status};
use verbs::{Groups, Served};

use crate::actions::judge_dissatisfaction::JudgeDissatisfaction;
use crate::actions::lease_tasks::LeaseTasks;
use crate::actions::record_outcome::RecordOutcome;
use crate::actions::release_tasks::ReleaseTasks;
use crate::actions::renew_lease::RenewLease;
use crate::actions::report_attempt::ReportAttempt;
use crate::config::CallbackConfig;
use get_task::ReadTask;
use list_tasks::Tasks;

/// Serves `hotline.callback.v1`.
#[derive(Clone)]
pub struct Callback {
    /// Runs transactions.
    pub store: Store,
    /// Wall time, which leases are measured in.
    pub wall: SharedClock,
    /// Seals comments and reasons.
    pub sealer: Sealer,
    /// Leases and attempts.
    pub config: CallbackConfig,
    /// Calls that wait to be written together.
    pub groups: Groups,
}

impl Served for Callback {
    fn store(&self) -> &Store {
        &self.store
    }

    fn sealer(&self) -> Option<&Sealer> {
        Some(&self.sealer)
    }

    fn groups(&self) -> Option<&Groups> {
        Some(&self.groups)
    }
}

#[tonic::async_trait]
impl CallbackService for Callback {
    async fn lease_tasks(
        &self,
        request: Request<pb::LeaseTasksRequest>,
    ) -> Result<Response<pb::LeaseTasksResponse>, Status> {
        self.run::<LeaseTasks>(request).await
    }

    async fn renew_lease(
        &self,
        request: Request<pb::RenewLeaseRequest>,
    ) -> Result<Response<pb::RenewLeaseResponse>, Status> {
        self.run::<RenewLease>(request).await
    }

    async fn release_tasks(
        &self,
        request: Request<pb::ReleaseTasksRequest>,
    ) -> Result<Response<pb::ReleaseTasksResponse>, Status> {
        self.run::<ReleaseTasks>(request).await
    }

    async fn report_attempt(
        &self,
        request: Request<pb::ReportAttemptRequest>,
    ) -> Result<Response<pb::ReportAttemptResponse>, Status> {
        self.join::<ReportAttempt>(request).await
    }

    async fn report_attempts(
        &self,
        request: Request<pb::ReportAttemptsRequest>,
    ) -> Result<Response<pb::ReportAttemptsResponse>, Status> {
        self.batch::<ReportAttempt, _>(request).await
    }

    async fn record_outcome(
        &self,
        request: Request<pb::RecordOutcomeRequest>,
    ) -> Result<Response<pb::RecordOutcomeResponse>, Status> {
        self.join::<RecordOutcome>(request).await
    }

    async fn record_outcomes(
        &self,
        request: Request<pb::RecordOutcomesRequest>,
    ) -> Result<Response<pb::RecordOutcomesResponse>, Status> {
        self.batch::<RecordOutcome, _>(request).await
    }

    async fn judge_dissatisfaction(
        &self,
        request: Request<pb::JudgeDissatisfactionRequest>,
    ) -> Result<Response<pb::JudgeDissatisfactionResponse>, Status> {
        self.run::<JudgeDissatisfaction>(request).await
    }

    async fn get_task(&self, request: Request<pb::GetTaskRequest>) -> Result<Response<pb::GetTaskResponse>, Status> {
        self.ask::<ReadTask>(request).await
    }

    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        self.ask::<Tasks>(request).await
    }
}
