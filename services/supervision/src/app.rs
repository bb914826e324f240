//! Wiring only: builds the service from its parts.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Reading, Store, Wired};
use hotline_proto::supervision::supervision_service_server::SupervisionServiceServer;
use personal::sealing::Sealer;
use platform::store::StoreError;
use rpc::service::{Base, Driven, Parts, Service, StartError, Violation};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::sync::Notify;
use tonic::service::Routes;
use verbs::Groups;

use crate::config::SupervisionConfig;
use crate::consumers::orders::Orders;
use crate::grpc::Supervision;
use crate::store::observe::Watches;
use crate::workers::fire_clocks::FireClocks;
use crate::{DEFAULTS, MIGRATOR, NAME, ROUTING, Settings, doctor};

/// The service, wired.
pub type App = rpc::service::App<Wiring>;

/// How it is wired.
pub struct Wiring;

impl Service for Wiring {
    const NAME: &'static str = NAME;
    const DEFAULTS: &'static str = DEFAULTS;
    const MIGRATOR: &'static Migrator = &MIGRATOR;
    type Section = SupervisionConfig;

    async fn build(settings: &Settings, base: Base) -> Result<Parts, StartError> {
        let sealer = Sealer::open(&base, NAME).await?;
        let store = Store::open(NAME, base.pool.clone(), sealer.request_key(), base.clock.clone()).await?;
        let orders = Reading {
            notes_knowledge: true,
            ..Reading::new(ROUTING, &base.peers.routing, Arc::new(Orders))
        };
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, vec![orders])?;
        let (pool, clock, service) = (base.pool, base.clock, settings.service);
        // The worker comes after the consumer, because a clock fires on what the consumer knows.
        let mut steps = log.consuming();
        steps.push(Driven {
            step: Arc::new(FireClocks::new(&store, clock.clone(), service.fire_batch)),
            every: Duration::from_millis(service.fire_milliseconds),
            wake: Arc::new(Notify::new()),
            doorbell: None,
        });
        steps.extend(log.relaying());
        let mut observers = log.observers();
        observers.push(Arc::new(Watches {
            pool,
            clock: clock.clone(),
        }));
        let supervision = Supervision {
            store,
            sealer,
            groups: Groups::default(),
        };
        let own =
            SupervisionServiceServer::new(supervision).max_decoding_message_size(settings.server.max_message_bytes);
        Ok(Parts {
            routes: Routes::new(own).add_service(log.service()),
            rpc_services: &["hotline.supervision.v1.SupervisionService", eventlog::RPC_SERVICE],
            steps,
            observers,
        })
    }

    async fn examine(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
        doctor::check(pool).await
    }
}
