//! Wiring only: what hangs on what.

use std::sync::Arc;
use std::time::Duration;

use calendar::Calendar;
use eventlog::{Consumer, Handler, Relay, Source, Store};
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::routing::routing_service_server::RoutingServiceServer;
use platform::clock::SharedClock;
use platform::grpc::client::peer;
use platform::service::{Base, Driven, StartError};
use tonic::service::Routes;

use crate::actions::Rules;
use crate::consumers::{Decisions, ForwardedAppeals};
use crate::grpc::Routing;
use crate::store::directory::Directories;
use crate::upstream::Intake;
use crate::{MIGRATOR, NAME, Settings};

/// The service, ready to be served and driven.
pub struct App {
    store: Store,
    clock: SharedClock,
    routing: Routing,
    handlers: Vec<(&'static str, Arc<dyn Handler>)>,
    relay: Arc<Relay>,
    consumers: Vec<Arc<Consumer>>,
    every: Duration,
}

impl App {
    /// Builds it over what the process gives to every service.
    ///
    /// # Errors
    /// [`StartError`] when a setting or the database's schema is not right.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        settings.service.validate()?;
        platform::store::check_migrated(&base.pool, "_sqlx_migrations", &MIGRATOR).await?;
        let store = Store::open(NAME, base.pool.clone()).await?;
        let rules = Rules {
            calendar: Arc::new(Calendar::national()),
            directories: Arc::new(Directories::default()),
            max_rework_rounds: settings.service.max_rework_rounds,
        };
        let decisions = Decisions { rules: rules.clone() };
        let forwarded = ForwardedAppeals {
            decisions: decisions.clone(),
        };
        let decisions: Arc<dyn Handler> = Arc::new(decisions);
        let handlers: Vec<(&'static str, Arc<dyn Handler>)> = vec![
            ("intake", Arc::new(forwarded)),
            ("supervision", decisions.clone()),
            ("callback", decisions),
        ];
        let urls = [&base.peers.intake, &base.peers.supervision, &base.peers.callback];
        let mut consumers = Vec::with_capacity(handlers.len());
        for ((service, handler), url) in handlers.iter().zip(urls) {
            let client = EventLogServiceClient::new(peer(url, &base.tokens)?);
            let source = Source {
                service,
                client,
                redis: base.redis.clone(),
            };
            let consumer = Consumer::new(&store, source, handler.clone(), base.clock.clone());
            consumers.push(Arc::new(consumer.with_batch(settings.events.batch)));
        }
        let relay = Arc::new(Relay::new(&store, base.redis.as_deref(), settings.redis.stream_length));
        let texts = Arc::new(Intake::new(peer(&base.peers.intake, &base.tokens)?));
        let routing = Routing {
            store: store.clone(),
            clock: base.clock.clone(),
            sealer: base.sealer,
            texts,
            rules,
        };
        let every = Duration::from_millis(settings.events.poll_milliseconds);
        Ok(Self {
            store,
            clock: base.clock,
            routing,
            handlers,
            relay,
            consumers,
            every,
        })
    }

    /// Its gRPC services, without health and reflection.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let log = eventlog::service(self.store.clone(), self.handlers.clone(), self.clock.clone());
        Routes::new(RoutingServiceServer::new(self.routing.clone())).add_service(log)
    }

    /// Full names of what it serves.
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        &["hotline.routing.v1.RoutingService", "hotline.common.v1.EventLogService"]
    }

    /// What time and arrivals bring about.
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        let relay = Driven {
            step: self.relay.clone(),
            every: self.every,
            wake: self.store.wake(),
            doorbell: None,
        };
        let consumers = self.consumers.iter().map(|consumer| Driven {
            step: consumer.clone(),
            every: self.every,
            wake: consumer.wake(),
            doorbell: Some(consumer.doorbell()),
        });
        std::iter::once(relay).chain(consumers).collect()
    }
}
