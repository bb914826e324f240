//! Wiring only: what stands on what.

use std::sync::Arc;

use eventlog::{Reading, Store, Wired};
use hotline_proto::callback::callback_service_server::CallbackServiceServer;
use platform::clock::{SharedClock, SystemClock};
use platform::metrics::Observer;
use platform::service::{Base, Driven, StartError};
use tonic::service::Routes;

use crate::consumers::passed_replies::PassedReplies;
use crate::grpc::Callback;
use crate::store::observe::{Outcomes, Tasks};
use crate::{NAME, ROUTING, Settings};

/// What is served.
const SERVICES: &[&str] = &["hotline.callback.v1.CallbackService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    callback: Callback,
    /// Largest message received, in bytes.
    max_message: usize,
    log: Wired,
    clock: SharedClock,
}

impl App {
    /// Builds the service over a migrated database; leases are measured by the machine's clock.
    ///
    /// # Errors
    /// One sentence saying which setting is wrong or what the database lacks.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        Self::build_with_wall(settings, base, Arc::new(SystemClock)).await
    }

    /// [`App::build`] with a wall clock of its own: tests drive it.
    ///
    /// # Errors
    /// As [`App::build`].
    pub async fn build_with_wall(settings: &Settings, base: Base, wall: SharedClock) -> Result<Self, StartError> {
        let store = Store::open(NAME, base.pool.clone(), base.sealer.request_key(), base.clock.clone()).await?;
        let readings = vec![Reading::new(ROUTING, &base.peers.routing, Arc::new(PassedReplies))];
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings)?;
        Ok(Self {
            max_message: settings.server.max_message_bytes,
            callback: Callback {
                store,
                clock: base.clock.clone(),
                wall,
                sealer: base.sealer,
                config: settings.service,
            },
            log,
            clock: base.clock,
        })
    }

    /// Its own service and its event log.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let own = CallbackServiceServer::new(self.callback.clone()).max_decoding_message_size(self.max_message);
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
        let pool = self.callback.store.pool().clone();
        let outcomes = Outcomes {
            pool: pool.clone(),
            clock: self.clock.clone(),
        };
        let mut observers = self.log.observers();
        observers.push(Arc::new(Tasks {
            pool,
            wall: self.callback.wall.clone(),
        }));
        observers.push(Arc::new(outcomes));
        observers
    }
}
