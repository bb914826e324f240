//! The edge. A method of the trait is one line, and the file of a verb holds its request and answer. `fields` has the
//! fields that several verbs share. No rule refuses a call, so there is no `status`.

mod fields;
mod get_breakdown;
mod get_bulletin;
mod list_figure_members;
mod verify_rollups;

use std::sync::Arc;

use eventlog::Store;
use hotline_proto::analytics as pb;
use hotline_proto::analytics::analytics_service_server::AnalyticsService;
use personal::sealing::Sealer;
use tonic::{Request, Response, Status};
use verbs::Served;

use crate::config::AnalyticsConfig;
use crate::domain::definitions::Definitions;
use get_breakdown::GetBreakdown;
use get_bulletin::GetBulletin;
use list_figure_members::ListFigureMembers;
use verify_rollups::VerifyRollups;

/// Serves `hotline.analytics.v1`. It only reads: facts change by events alone.
#[derive(Clone)]
pub struct Analytics {
    /// Lends connections for reading.
    pub store: Store,
    /// Definitions of the figures.
    pub definitions: Arc<Definitions>,
    /// Limits.
    pub config: AnalyticsConfig,
}

impl Served for Analytics {
    fn store(&self) -> &Store {
        &self.store
    }

    fn sealer(&self) -> Option<&Sealer> {
        None
    }
}

#[tonic::async_trait]
impl AnalyticsService for Analytics {
    async fn get_bulletin(
        &self,
        request: Request<pb::GetBulletinRequest>,
    ) -> Result<Response<pb::GetBulletinResponse>, Status> {
        self.ask::<GetBulletin>(request).await
    }

    async fn get_breakdown(
        &self,
        request: Request<pb::GetBreakdownRequest>,
    ) -> Result<Response<pb::GetBreakdownResponse>, Status> {
        self.ask::<GetBreakdown>(request).await
    }

    async fn list_figure_members(
        &self,
        request: Request<pb::ListFigureMembersRequest>,
    ) -> Result<Response<pb::ListFigureMembersResponse>, Status> {
        self.ask::<ListFigureMembers>(request).await
    }

    async fn verify_rollups(
        &self,
        request: Request<pb::VerifyRollupsRequest>,
    ) -> Result<Response<pb::VerifyRollupsResponse>, Status> {
        self.ask::<VerifyRollups>(request).await
    }
}
