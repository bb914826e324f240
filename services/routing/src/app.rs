//! Wiring only: builds the parts of the service and connects them.

use std::sync::Arc;

use calendar::Calendar;
use eventlog::{Handler, Reading, Store, Wired};
use hotline_proto::routing::routing_service_server::RoutingServiceServer;
use personal::sealing::Sealer;
use platform::config::PeersConfig;
use platform::store::StoreError;
use rpc::service::{Base, Parts, Service, StartError, Violation};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tonic::service::Routes;
use verbs::Groups;

use crate::actions::Rules;
use crate::config::RoutingConfig;
use crate::consumers::{Decisions, ForwardedAppeals};
use crate::grpc::Routing;
use crate::store::directory::Directories;
use crate::store::observe::{Orders, Units};
use crate::upstream::Intake;
use crate::{DEFAULTS, MIGRATOR, NAME, Settings, doctor};

/// The service, wired.
pub type App = rpc::service::App<Wiring>;

/// Wiring of the service.
pub struct Wiring;

impl Service for Wiring {
    const NAME: &'static str = NAME;
    const DEFAULTS: &'static str = DEFAULTS;
    const MIGRATOR: &'static Migrator = &MIGRATOR;
    type Section = RoutingConfig;

    async fn build(settings: &Settings, base: Base) -> Result<Parts, StartError> {
        let sealer = Sealer::open(&base, NAME).await?;
        let store = Store::open(NAME, base.pool.clone(), sealer.request_key(), base.clock.clone()).await?;
        let rules = Rules {
            directories: Arc::new(Directories::new(
                Calendar::national().with_close(settings.service.close),
            )),
            max_rework_rounds: settings.service.max_rework_rounds,
            source_days: settings.service.source_days,
        };
        let log = Wired::build(
            &store,
            &base,
            &settings.events,
            &settings.redis,
            readings(&rules, &base.peers),
        )?;
        let mut steps = log.consuming();
        steps.extend(log.relaying());
        let texts = Arc::new(Intake::new(base.dialer.peer(&base.peers.intake)?));
        let (pool, clock) = (base.pool, base.clock);
        let mut observers = log.observers();
        observers.push(Arc::new(Orders {
            pool: pool.clone(),
            clock: clock.clone(),
        }));
        observers.push(Arc::new(Units { pool, clock }));
        let routing = Routing {
            store,
            sealer,
            texts,
            rules,
            groups: Groups::default(),
        };
        let own = RoutingServiceServer::new(routing).max_decoding_message_size(settings.server.max_message_bytes);
        Ok(Parts {
            routes: Routes::new(own).add_service(log.service()),
            rpc_services: &["hotline.routing.v1.RoutingService", eventlog::RPC_SERVICE],
            steps,
            observers,
        })
    }

    async fn examine(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
        doctor::check(pool).await
    }
}

/// The event logs that routing reads.
fn readings<'p>(rules: &Rules, peers: &'p PeersConfig) -> Vec<Reading<'p>> {
    let decisions = Decisions { rules: rules.clone() };
    let forwarded = ForwardedAppeals {
        decisions: decisions.clone(),
    };
    let decisions: Arc<dyn Handler> = Arc::new(decisions);
    vec![
        Reading::new("intake", &peers.intake, Arc::new(forwarded)),
        Reading::new("supervision", &peers.supervision, decisions.clone()),
        Reading::new("callback", &peers.callback, decisions),
    ]
}
