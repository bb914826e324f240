//! Wiring only: what stands on what.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Reading, Store, Wired};
use hotline_proto::supervision::supervision_service_server::SupervisionServiceServer;
use platform::clock::SharedClock;
use platform::metrics::Observer;
use platform::service::{Base, Driven, StartError};
use tokio::sync::Notify;
use tonic::service::Routes;

use crate::consumers::orders::Orders;
use crate::grpc::Supervision;
use crate::store::observe::Watches;
use crate::workers::fire_clocks::FireClocks;
use crate::{NAME, ROUTING, Settings};

/// What is served.
const SERVICES: &[&str] = &["hotline.supervision.v1.SupervisionService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    supervision: Supervision,
    /// Largest message received, in bytes.
    max_message: usize,
    log: Wired,
    fire: Driven,
    clock: SharedClock,
}

impl App {
    /// Builds the service over a migrated database.
    ///
    /// # Errors
    /// One sentence saying which setting is wrong or what the database lacks.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        let store = Store::open(NAME, base.pool.clone(), base.sealer.request_key(), base.clock.clone()).await?;
        let orders = Reading {
            notes_knowledge: true,
            ..Reading::new(ROUTING, &base.peers.routing, Arc::new(Orders))
        };
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, vec![orders])?;
        let service = settings.service;
        let fire = Driven {
            step: Arc::new(FireClocks::new(&store, base.clock.clone(), service.fire_batch)),
            every: Duration::from_millis(service.fire_milliseconds),
            wake: Arc::new(Notify::new()),
            doorbell: None,
        };
        Ok(Self {
            max_message: settings.server.max_message_bytes,
            supervision: Supervision {
                store,
                clock: base.clock.clone(),
                sealer: base.sealer,
            },
            log,
            fire,
            clock: base.clock,
        })
    }

    /// Its own service and its event log.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let own = SupervisionServiceServer::new(self.supervision.clone()).max_decoding_message_size(self.max_message);
        Routes::new(own).add_service(self.log.service())
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
        let mut steps = self.log.consuming();
        steps.push(self.fire.clone());
        steps.extend(self.log.relaying());
        steps
    }

    /// What is watched of it.
    #[must_use]
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        let watches = Watches {
            pool: self.supervision.store.pool().clone(),
            clock: self.clock.clone(),
        };
        let mut observers = self.log.observers();
        observers.push(Arc::new(watches));
        observers
    }
}
