//! Wiring only: what stands on what.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Consumer, Handler, Relay, Source, Store};
use hotline_proto::analytics::analytics_service_server::AnalyticsServiceServer;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::clock::SharedClock;
use platform::config::PeersConfig;
use platform::grpc::client::peer;
use platform::service::{Base, Driven, StartError};
use platform::store::check_migrated;
use tonic::service::Routes;

use crate::Settings;
use crate::actions::recount_rollups::recount_rollups;
use crate::config::AnalyticsConfig;
use crate::consumers;
use crate::domain::definitions::{COMPILED_IN, Definitions};
use crate::grpc::Analytics;

/// What is served.
const SERVICES: &[&str] = &["hotline.analytics.v1.AnalyticsService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    analytics: Analytics,
    store: Store,
    clock: SharedClock,
    steps: Vec<Driven>,
}

impl App {
    /// Wires the service. Roll-ups of another version of the program are recounted first.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        settings.service.validate()?;
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
        let steps = steps(settings, &base, &store)?;
        Ok(Self {
            analytics,
            store,
            clock: base.clock,
            steps,
        })
    }

    /// Its own service and the event log's.
    #[must_use]
    pub fn routes(&self) -> Routes {
        Routes::new(AnalyticsServiceServer::new(self.analytics.clone())).add_service(eventlog::service(
            self.store.clone(),
            consumers::sources(),
            self.clock.clone(),
        ))
    }

    /// Full names of what is served.
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        SERVICES
    }

    /// What time and signals do.
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        self.steps.clone()
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

fn steps(settings: &Settings, base: &Base, store: &Store) -> Result<Vec<Driven>, StartError> {
    let every = Duration::from_millis(settings.events.poll_milliseconds);
    let relay = Relay::new(store, base.redis.as_deref(), settings.redis.stream_length);
    let mut steps = vec![Driven {
        step: Arc::new(relay),
        every,
        wake: store.wake(),
        doorbell: None,
    }];
    for (source, handler) in consumers::sources() {
        let consumer = consumer(settings, base, store, source, handler)?;
        steps.push(Driven {
            wake: consumer.wake(),
            doorbell: base.redis.is_some().then(|| consumer.doorbell()),
            step: consumer,
            every,
        });
    }
    Ok(steps)
}

fn consumer(
    settings: &Settings,
    base: &Base,
    store: &Store,
    source: &'static str,
    handler: Arc<dyn Handler>,
) -> Result<Arc<Consumer>, StartError> {
    let peer = peer(url(&base.peers, source), &base.tokens).map_err(|error| format!("peers.{source}: {error}"))?;
    let source = Source {
        service: source,
        client: EventLogServiceClient::new(peer),
        redis: base.redis.clone(),
    };
    let consumer = Consumer::new(store, source, handler, base.clock.clone());
    Ok(Arc::new(consumer.with_batch(settings.events.batch)))
}

fn url<'p>(peers: &'p PeersConfig, source: &str) -> &'p str {
    match source {
        consumers::intake::SOURCE => &peers.intake,
        consumers::routing::SOURCE => &peers.routing,
        consumers::supervision::SOURCE => &peers.supervision,
        _ => &peers.callback,
    }
}
