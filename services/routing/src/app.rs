//! Wiring only: what hangs on what.

use std::sync::Arc;

use calendar::Calendar;
use eventlog::{Handler, Reading, Store, Wired};
use hotline_proto::routing::routing_service_server::RoutingServiceServer;
use platform::clock::SharedClock;
use platform::metrics::Observer;
use platform::service::{Base, Driven, StartError};
use tonic::service::Routes;

use crate::actions::Rules;
use crate::consumers::{Decisions, ForwardedAppeals};
use crate::grpc::Routing;
use crate::store::directory::Directories;
use crate::store::observe::{Orders, Units};
use crate::upstream::Intake;
use crate::{NAME, Settings};

/// The service, ready to be served and driven.
pub struct App {
    routing: Routing,
    log: Wired,
    clock: SharedClock,
    /// Largest message received, in bytes.
    max_message: usize,
}

impl App {
    /// Builds it over what the process gives to every service.
    ///
    /// # Errors
    /// [`StartError`] when a setting or the database's schema is not right.
    pub async fn build(settings: &Settings, base: Base) -> Result<Self, StartError> {
        let store = Store::open(NAME, base.pool.clone(), base.sealer.request_key(), base.clock.clone()).await?;
        let rules = Rules {
            directories: Arc::new(Directories::new(
                Calendar::national().with_close(settings.service.close),
            )),
            max_rework_rounds: settings.service.max_rework_rounds,
            source_days: settings.service.source_days,
        };
        let decisions = Decisions { rules: rules.clone() };
        let forwarded = ForwardedAppeals {
            decisions: decisions.clone(),
        };
        let decisions: Arc<dyn Handler> = Arc::new(decisions);
        let readings = vec![
            Reading::new("intake", &base.peers.intake, Arc::new(forwarded)),
            Reading::new("supervision", &base.peers.supervision, decisions.clone()),
            Reading::new("callback", &base.peers.callback, decisions),
        ];
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings)?;
        let texts = Arc::new(Intake::new(base.dialer.peer(&base.peers.intake)?));
        let routing = Routing {
            store,
            clock: base.clock.clone(),
            sealer: base.sealer,
            texts,
            rules,
        };
        Ok(Self {
            routing,
            log,
            clock: base.clock,
            max_message: settings.server.max_message_bytes,
        })
    }

    /// Its gRPC services, without health and reflection.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let own = RoutingServiceServer::new(self.routing.clone()).max_decoding_message_size(self.max_message);
        Routes::new(own).add_service(self.log.service())
    }

    /// Full names of what it serves.
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        &["hotline.routing.v1.RoutingService", "hotline.common.v1.EventLogService"]
    }

    /// What time and arrivals bring about.
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        let mut steps = self.log.consuming();
        steps.extend(self.log.relaying());
        steps
    }

    /// What is watched of it.
    #[must_use]
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        let (pool, clock) = (self.routing.store.pool().clone(), self.clock.clone());
        let units = Units {
            pool: pool.clone(),
            clock: clock.clone(),
        };
        let mut observers = self.log.observers();
        observers.push(Arc::new(Orders { pool, clock }));
        observers.push(Arc::new(units));
        observers
    }
}
