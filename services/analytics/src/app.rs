//! Wiring only: what stands on what.

use std::sync::Arc;

use eventlog::{ApplyError, Back, Reading, Recorded, Store, Tx, Wired};
use hotline_proto::analytics::analytics_service_server::AnalyticsServiceServer;
use platform::config::PeersConfig;
use platform::metrics::Observer;
use platform::service::{Base, Driven, StartError};
use platform::store::check_migrated;
use tonic::service::Routes;

use crate::Settings;
use crate::actions::recount_rollups::recount_rollups;
use crate::config::AnalyticsConfig;
use crate::consumers;
use crate::domain::definitions::{COMPILED_IN, Definitions};
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
        check_migrated(&base.pool, "_sqlx_migrations", &crate::MIGRATOR).await?;
        let definitions = Arc::new(definitions(&settings.service)?);
        let store = Store::open(crate::NAME, base.pool.clone()).await?;
        if recount_rollups(&store).await? {
            tracing::info!("roll-ups were counted anew");
        }
        let analytics = Analytics {
            pool: base.pool.clone(),
            clock: base.clock.clone(),
            definitions,
            config: settings.service.clone(),
        };
        let sources = consumers::sources().into_iter();
        let readings = sources.map(|(source, handler)| Reading::new(source, url(&base.peers, source), handler));
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings.collect())?;
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

    /// What brings back what a restored database has told: nothing, for analytics tells nothing. What it has counted it
    /// counts again from the logs of the others.
    ///
    /// # Errors
    /// Never.
    #[allow(clippy::unused_async, reason = "as every service's")]
    pub async fn recreator(&self) -> Result<Arc<dyn eventlog::Recreate>, StartError> {
        Ok(Arc::new(TellsNothing))
    }

    /// What has to rest before that: nothing.
    #[must_use]
    pub fn reading_before(&self) -> Vec<Driven> {
        Vec::new()
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

fn definitions(config: &AnalyticsConfig) -> Result<Definitions, StartError> {
    let path = &config.definitions_file;
    if path.as_os_str().is_empty() {
        return Ok(Definitions::parse(COMPILED_IN, config.topic_level)
            .map_err(|faults| format!("definitions.toml: {faults}"))?);
    }
    let named = |what: String| format!("service.definitions_file {}: {what}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    Ok(Definitions::parse(&text, config.topic_level).map_err(named)?)
}

fn url<'p>(peers: &'p PeersConfig, source: &str) -> &'p str {
    match source {
        consumers::intake::SOURCE => &peers.intake,
        consumers::routing::SOURCE => &peers.routing,
        consumers::supervision::SOURCE => &peers.supervision,
        _ => &peers.callback,
    }
}

struct TellsNothing;

#[async_trait::async_trait]
impl eventlog::Recreate for TellsNothing {
    async fn recreate(&self, _: &mut Tx, _: &Recorded) -> Result<Back, ApplyError> {
        Err(ApplyError::Permanent("analytics tells no such thing".to_owned()))
    }
}
