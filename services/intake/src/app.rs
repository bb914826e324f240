//! Wiring only: what stands on what.

use std::sync::Arc;

use eventlog::{Reading, Store, Wired};
use hotline_proto::intake::intake_service_server::IntakeServiceServer;
use platform::metrics::Observer;
use platform::service::{Base, Driven, StartError};
use tonic::service::Routes;

use crate::consumers::orders::Orders;
use crate::grpc::Intake;
use crate::grpc::streams::Streams;
use crate::store::observe::{Appeals, Received};
use crate::store::reference::Cache;
use crate::{NAME, Settings};

/// Where orders are told.
const ROUTING: &str = "routing";
/// What is served.
const SERVICES: &[&str] = &["hotline.intake.v1.IntakeService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    intake: Intake,
    log: Wired,
    /// Largest message received, in bytes.
    max_message: usize,
}

impl App {
    /// Wires the service over a migrated database. `base` carries what the process gives to every service.
    ///
    /// # Errors
    /// What is wrong with the settings or the database, and what to do.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        platform::metrics::judged(NAME, "hotline.intake.v1.IntakeService/RegisterAppeal");
        let store = Store::open(NAME, base.pool.clone(), base.sealer.request_key(), base.clock.clone()).await?;
        let readings = vec![Reading::new(ROUTING, &base.peers.routing, Arc::new(Orders))];
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings)?;
        let intake = Intake {
            store,
            clock: base.clock.clone(),
            sealer: base.sealer,
            references: Cache::default(),
            push_streams: Streams::new(settings.service.push_streams),
            config: settings.service.clone(),
            lifecycle: base.lifecycle,
        };
        Ok(Self {
            intake,
            log,
            max_message: settings.server.max_message_bytes,
        })
    }

    /// Its own service and the log's.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let own = IntakeServiceServer::new(self.intake.clone()).max_decoding_message_size(self.max_message);
        Routes::new(own).add_service(self.log.service())
    }

    /// Full names of what [`App::routes`] serves.
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        SERVICES
    }

    /// The consumer of routing and the relay.
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        let mut steps = self.log.consuming();
        steps.extend(self.log.relaying());
        steps
    }

    /// What is watched of it.
    #[must_use]
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        let pool = self.intake.store.pool().clone();
        let received = Received {
            pool: pool.clone(),
            clock: self.intake.clock.clone(),
        };
        let mut observers = self.log.observers();
        observers.push(Arc::new(Appeals { pool }));
        observers.push(Arc::new(received));
        observers
    }
}
