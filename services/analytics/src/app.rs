//! Wiring only: what stands on what.

use std::sync::Arc;

use eventlog::{Reading, Store, Wired};
use hotline_proto::analytics::analytics_service_server::AnalyticsServiceServer;
use platform::metrics::Observer;
use platform::service::{Base, Driven, StartError};
use tonic::service::Routes;

use crate::Settings;
use crate::actions::recount_rollups::recount_rollups;
use crate::consumers::{applying, callback, intake, routing, supervision};
use crate::grpc::Analytics;
use crate::store::observe::Counted;

/// What is served.
const SERVICES: &[&str] = &["hotline.analytics.v1.AnalyticsService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    analytics: Analytics,
    /// Largest message received, in bytes.
    max_message: usize,
    log: Wired,
}

impl App {
    /// Wires the service. Roll-ups of another version of the program are recounted first.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        let definitions = Arc::new(settings.service.definitions()?);
        let store = Store::open(
            crate::NAME,
            base.pool.clone(),
            base.sealer.request_key(),
            base.clock.clone(),
        )
        .await?;
        if recount_rollups(&store).await? {
            tracing::info!("roll-ups were counted anew");
        }
        let analytics = Analytics {
            pool: base.pool.clone(),
            clock: base.clock.clone(),
            definitions,
            config: settings.service.clone(),
        };
        let readings = vec![
            Reading::new(intake::SOURCE, &base.peers.intake, applying(intake::read)),
            Reading::new(routing::SOURCE, &base.peers.routing, applying(routing::read)),
            Reading::new(
                supervision::SOURCE,
                &base.peers.supervision,
                applying(supervision::read),
            ),
            Reading::new(callback::SOURCE, &base.peers.callback, applying(callback::read)),
        ];
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings)?;
        Ok(Self {
            max_message: settings.server.max_message_bytes,
            analytics,
            log,
        })
    }

    /// Its own service and the event log's.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let own = AnalyticsServiceServer::new(self.analytics.clone()).max_decoding_message_size(self.max_message);
        Routes::new(own).add_service(self.log.service())
    }

    /// Full names of what is served.
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        SERVICES
    }

    /// What time and signals do.
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        let mut steps = self.log.consuming();
        steps.extend(self.log.relaying());
        steps
    }

    /// What is watched of it.
    #[must_use]
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        let pool = self.analytics.pool.clone();
        let mut observers = self.log.observers();
        observers.push(Arc::new(Counted { pool }));
        observers
    }
}
