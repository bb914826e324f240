//! The edge: each method is parse, act, render.

pub mod parse;
pub mod render;

use std::sync::Arc;

use hotline_proto::analytics as pb;
use hotline_proto::analytics::analytics_service_server::AnalyticsService;
use platform::clock::SharedClock;
use platform::grpc::status;
use sqlx::PgPool;
use tonic::{Request, Response, Status};

use crate::actions::get_bulletin::get_bulletin;
use crate::actions::list_figure_members::{Opened, list_figure_members};
use crate::actions::verify_rollups::verify_rollups;
use crate::config::AnalyticsConfig;
use crate::domain::definitions::Definitions;

/// Serves `hotline.analytics.v1`. It only reads: facts change by events alone.
#[derive(Clone)]
pub struct Analytics {
    /// For reading.
    pub pool: PgPool,
    /// Business time: `as_of`.
    pub clock: SharedClock,
    /// What the figures mean.
    pub definitions: Arc<Definitions>,
    /// Limits.
    pub config: AnalyticsConfig,
}

#[tonic::async_trait]
impl AnalyticsService for Analytics {
    async fn get_bulletin(
        &self,
        request: Request<pb::GetBulletinRequest>,
    ) -> Result<Response<pb::GetBulletinResponse>, Status> {
        let window = parse::get_bulletin(request.get_ref(), self.config.max_window_days)?;
        let as_of = self.clock.now();
        let figures = get_bulletin(&self.pool, &self.definitions, window, as_of).await?;
        Ok(Response::new(render::bulletin(window, as_of, figures)))
    }

    async fn list_figure_members(
        &self,
        request: Request<pb::ListFigureMembersRequest>,
    ) -> Result<Response<pb::ListFigureMembersResponse>, Status> {
        let asked = parse::list_figure_members(request.get_ref(), self.config.max_window_days)?;
        let Some((figure, member)) = self.definitions.find(&asked.figure) else {
            return Err(status::not_found("figure"));
        };
        let opened = Opened {
            figure,
            member,
            window: asked.window,
            after: asked.after,
            page_size: asked.page_size,
            max_scanned: self.config.max_scanned_facts,
        };
        let page = list_figure_members(&self.pool, &opened, self.clock.now()).await?;
        Ok(Response::new(render::members(page, &asked.filter)))
    }

    async fn verify_rollups(
        &self,
        _request: Request<pb::VerifyRollupsRequest>,
    ) -> Result<Response<pb::VerifyRollupsResponse>, Status> {
        let verified = verify_rollups(&self.pool).await?;
        Ok(Response::new(render::verified(verified)))
    }
}
