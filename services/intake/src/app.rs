//! Wiring only: builds the parts of the service and connects them.

use std::sync::Arc;

use eventlog::{Reading, Store, Wired};
use hotline_proto::intake::intake_service_server::IntakeServiceServer;
use personal::sealing::Sealer;
use platform::store::StoreError;
use rpc::service::{Base, Parts, Service, StartError, Violation};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tonic::service::Routes;
use verbs::Groups;

use crate::config::IntakeConfig;
use crate::consumers::orders::Orders;
use crate::grpc::Intake;
use crate::grpc::streams::Streams;
use crate::store::observe::{Appeals, Received};
use crate::store::reference::Cache;
use crate::{DEFAULTS, MIGRATOR, NAME, Settings, doctor};

/// Source of the events of orders.
const ROUTING: &str = "routing";
/// The service, wired.
pub type App = rpc::service::App<Wiring>;

/// Wiring of the service.
pub struct Wiring;

impl Service for Wiring {
    const NAME: &'static str = NAME;
    const DEFAULTS: &'static str = DEFAULTS;
    const MIGRATOR: &'static Migrator = &MIGRATOR;
    type Section = IntakeConfig;

    async fn build(settings: &Settings, base: Base) -> Result<Parts, StartError> {
        platform::metrics::judged(NAME, "hotline.intake.v1.IntakeService/RegisterAppeal");
        let sealer = Sealer::open(&base, NAME).await?;
        let store = Store::open(NAME, base.pool.clone(), sealer.request_key(), base.clock.clone()).await?;
        let readings = vec![Reading::new(ROUTING, &base.peers.routing, Arc::new(Orders))];
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings)?;
        let mut steps = log.consuming();
        steps.extend(log.relaying());
        let (pool, clock) = (base.pool, base.clock);
        let mut observers = log.observers();
        observers.push(Arc::new(Appeals { pool: pool.clone() }));
        observers.push(Arc::new(Received { pool, clock }));
        let intake = Intake {
            store,
            sealer,
            references: Cache::default(),
            groups: Groups::default(),
            push_streams: Streams::new(settings.service.push_streams),
            config: settings.service.clone(),
            lifecycle: base.lifecycle,
        };
        let own = IntakeServiceServer::new(intake).max_decoding_message_size(settings.server.max_message_bytes);
        Ok(Parts {
            routes: Routes::new(own).add_service(log.service()),
            rpc_services: &["hotline.intake.v1.IntakeService", eventlog::RPC_SERVICE],
            steps,
            observers,
        })
    }

    async fn examine(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
        doctor::check(pool).await
    }
}
