//! Wiring only: what stands on what.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Consumer, Handler, Relay, Source, Store};
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::supervision::supervision_service_server::SupervisionServiceServer;
use platform::clock::SharedClock;
use platform::grpc::client::peer;
use platform::service::{Base, Driven, StartError};
use tokio::sync::Notify;
use tonic::service::Routes;

use crate::consumers::orders::Orders;
use crate::grpc::Supervision;
use crate::workers::fire_clocks::FireClocks;
use crate::{NAME, ROUTING, Settings};

/// What is served.
const SERVICES: &[&str] = &["hotline.supervision.v1.SupervisionService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    supervision: Supervision,
    store: Store,
    clock: SharedClock,
    orders: Arc<dyn Handler>,
    steps: Vec<Driven>,
}

impl App {
    /// Builds the service over a migrated database.
    ///
    /// # Errors
    /// One sentence saying which setting is wrong or what the database lacks.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        settings.service.validate()?;
        let store = Store::open(NAME, base.pool.clone()).await?;
        let orders: Arc<dyn Handler> = Arc::new(Orders);
        let source = Source {
            service: ROUTING,
            client: EventLogServiceClient::new(peer(&base.peers.routing, &base.tokens)?),
            redis: base.redis.clone(),
        };
        let consumer = Consumer::new(&store, source, orders.clone(), base.clock.clone())
            .with_batch(settings.events.batch)
            .noting_knowledge();
        let relay = Relay::new(&store, base.redis.as_deref(), settings.redis.stream_length);
        let service = settings.service;
        let fire = FireClocks::new(&store, base.clock.clone(), service.fire_batch);
        let poll = Duration::from_millis(settings.events.poll_milliseconds);
        Ok(Self {
            supervision: Supervision {
                store: store.clone(),
                clock: base.clock.clone(),
                sealer: base.sealer,
            },
            steps: vec![
                consuming(Arc::new(consumer), poll),
                Driven {
                    step: Arc::new(fire),
                    every: Duration::from_millis(service.fire_milliseconds),
                    wake: Arc::new(Notify::new()),
                    doorbell: None,
                },
                Driven {
                    step: Arc::new(relay),
                    every: poll,
                    wake: store.wake(),
                    doorbell: None,
                },
            ],
            store,
            clock: base.clock,
            orders,
        })
    }

    /// Its own service and its event log.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let handlers = vec![(ROUTING, self.orders.clone())];
        Routes::new(SupervisionServiceServer::new(self.supervision.clone())).add_service(eventlog::service(
            self.store.clone(),
            handlers,
            self.clock.clone(),
        ))
    }

    /// Full names of what [`App::routes`] serves.
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        SERVICES
    }

    /// The consumer of routing, the worker that fires clocks, the relay; in this order, because a clock fires on what
    /// the consumer knows.
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        self.steps.clone()
    }
}

fn consuming(consumer: Arc<Consumer>, every: Duration) -> Driven {
    Driven {
        every,
        wake: consumer.wake(),
        doorbell: Some(consumer.doorbell()),
        step: consumer,
    }
}
