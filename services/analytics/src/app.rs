//! Wiring only: builds the service from its parts.

use std::sync::Arc;

use eventlog::{Reading, Store, Wired};
use hotline_proto::analytics::analytics_service_server::AnalyticsServiceServer;
use personal::sealing::Sealer;
use platform::store::StoreError;
use rpc::service::{Base, Parts, Service, StartError, Violation};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use crate::actions::recount_rollups::recount_rollups;
use crate::config::AnalyticsConfig;
use crate::consumers::{applying, callback, intake, routing, supervision};
use crate::grpc::Analytics;
use crate::store::observe::Counted;
use crate::{DEFAULTS, MIGRATOR, NAME, Settings, doctor};

/// The service, wired.
pub type App = rpc::service::App<Wiring>;

/// How it is wired.
pub struct Wiring;

impl Service for Wiring {
    const NAME: &'static str = NAME;
    const DEFAULTS: &'static str = DEFAULTS;
    const MIGRATOR: &'static Migrator = &MIGRATOR;
    type Section = AnalyticsConfig;

    /// Recounts roll-ups of another version of the program first.
    async fn build(settings: &Settings, base: Base) -> Result<Parts, StartError> {
        let definitions = Arc::new(settings.service.definitions()?);
        let sealer = Sealer::open(&base, NAME).await?;
        let store = Store::open(NAME, base.pool.clone(), sealer.request_key(), base.clock.clone()).await?;
        if recount_rollups(&store).await? {
            tracing::info!("recounted the roll-ups for a new version of the contribution functions");
        }
        let peers = &base.peers;
        let readings = vec![
            Reading::new(intake::SOURCE, &peers.intake, applying(intake::read)),
            Reading::new(routing::SOURCE, &peers.routing, applying(routing::read)),
            Reading::new(supervision::SOURCE, &peers.supervision, applying(supervision::read)),
            Reading::new(callback::SOURCE, &peers.callback, applying(callback::read)),
        ];
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings)?;
        let mut steps = log.consuming();
        steps.extend(log.relaying());
        let mut observers = log.observers();
        observers.push(Arc::new(Counted { pool: base.pool }));
        let analytics = Analytics {
            store,
            definitions,
            config: settings.service.clone(),
        };
        let own = AnalyticsServiceServer::new(analytics).max_decoding_message_size(settings.server.max_message_bytes);
        Ok(Parts {
            routes: Routes::new(own).add_service(log.service()),
            rpc_services: &["hotline.analytics.v1.AnalyticsService", eventlog::RPC_SERVICE],
            steps,
            observers,
        })
    }

    async fn examine(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
        doctor::check(pool).await
    }
}
