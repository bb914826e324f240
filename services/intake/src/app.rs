//! Wiring only: what stands on what.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Consumer, Handler, Relay, Source, Store};
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::intake::intake_service_server::IntakeServiceServer;
use platform::clock::SharedClock;
use platform::grpc::client::peer;
use platform::service::{Base, Driven, StartError};
use platform::store::check_migrated;
use tokio::sync::Semaphore;
use tonic::service::Routes;

use crate::consumers::orders::Orders;
use crate::grpc::Intake;
use crate::store::reference::Cache;
use crate::{MIGRATOR, NAME, Settings};

/// Where orders are told.
const ROUTING: &str = "routing";
/// What is served.
const SERVICES: &[&str] = &["hotline.intake.v1.IntakeService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    intake: Intake,
    store: Store,
    clock: SharedClock,
    /// Largest message received, in bytes.
    max_message: usize,
    orders: Arc<dyn Handler>,
    steps: Vec<Driven>,
}

impl App {
    /// Wires the service over a migrated database. `base` carries what the process gives to every service.
    ///
    /// # Errors
    /// What is wrong with the settings or the database, and what to do.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        settings.service.validate()?;
        check_migrated(&base.pool, "_sqlx_migrations", &MIGRATOR).await?;
        let store = Store::open(NAME, base.pool.clone()).await?;
        let orders: Arc<dyn Handler> = Arc::new(Orders);
        let steps = vec![
            relay(settings, &base, &store),
            consumer(settings, &base, &store, orders.clone())?,
        ];
        let intake = Intake {
            store: store.clone(),
            clock: base.clock.clone(),
            sealer: base.sealer,
            references: Cache::default(),
            push_streams: Arc::new(Semaphore::new(settings.service.push_streams)),
            config: settings.service.clone(),
            lifecycle: base.lifecycle,
        };
        Ok(Self {
            intake,
            store,
            clock: base.clock,
            max_message: settings.server.max_message_bytes,
            orders,
            steps,
        })
    }

    /// Its own service and the log's.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let handlers = vec![(ROUTING, self.orders.clone())];
        let log = eventlog::service(self.store.clone(), handlers, self.clock.clone());
        let own = IntakeServiceServer::new(self.intake.clone()).max_decoding_message_size(self.max_message);
        Routes::new(own).add_service(log)
    }

    /// Full names of what [`App::routes`] serves.
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        SERVICES
    }

    /// The relay and the consumer of routing.
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        self.steps.clone()
    }
}

fn poll(settings: &Settings) -> Duration {
    Duration::from_millis(settings.events.poll_milliseconds)
}

fn relay(settings: &Settings, base: &Base, store: &Store) -> Driven {
    let keep = settings.redis.stream_length;
    Driven {
        step: Arc::new(Relay::new(store, base.redis.as_deref(), keep)),
        every: poll(settings),
        wake: store.wake(),
        doorbell: None,
    }
}

fn consumer(settings: &Settings, base: &Base, store: &Store, orders: Arc<dyn Handler>) -> Result<Driven, StartError> {
    let source = Source {
        service: ROUTING,
        client: EventLogServiceClient::new(peer(&base.peers.routing, &base.tokens)?),
        redis: base.redis.clone(),
    };
    let consumer = Consumer::new(store, source, orders, base.clock.clone());
    let consumer = Arc::new(consumer.with_batch(settings.events.batch));
    Ok(Driven {
        wake: consumer.wake(),
        doorbell: base.redis.is_some().then(|| consumer.doorbell()),
        every: poll(settings),
        step: consumer,
    })
}
