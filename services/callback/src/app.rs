//! Wiring only: builds the service from its parts.

use std::sync::Arc;

use eventlog::{Reading, Store, Wired};
use hotline_proto::callback::callback_service_server::CallbackServiceServer;
use personal::sealing::Sealer;
use platform::store::StoreError;
use rpc::service::{Base, Parts, Service, StartError, Violation};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tonic::service::Routes;
use verbs::Groups;

use crate::config::CallbackConfig;
use crate::consumers::passed_replies::PassedReplies;
use crate::grpc::Callback;
use crate::store::observe::{Outcomes, Tasks};
use crate::{DEFAULTS, MIGRATOR, NAME, ROUTING, Settings, doctor};

/// The service, wired.
pub type App = rpc::service::App<Wiring>;

/// How it is wired.
pub struct Wiring;

impl Service for Wiring {
    const NAME: &'static str = NAME;
    const DEFAULTS: &'static str = DEFAULTS;
    const MIGRATOR: &'static Migrator = &MIGRATOR;
    type Section = CallbackConfig;

    async fn build(settings: &Settings, base: Base) -> Result<Parts, StartError> {
        let sealer = Sealer::open(&base, NAME).await?;
        let store = Store::open(NAME, base.pool.clone(), sealer.request_key(), base.clock.clone()).await?;
        let readings = vec![Reading::new(ROUTING, &base.peers.routing, Arc::new(PassedReplies))];
        let log = Wired::build(&store, &base, &settings.events, &settings.redis, readings)?;
        let mut steps = log.consuming();
        steps.extend(log.relaying());
        let (pool, clock, wall) = (base.pool, base.clock, base.wall);
        let mut observers = log.observers();
        observers.push(Arc::new(Tasks {
            pool: pool.clone(),
            wall: wall.clone(),
        }));
        observers.push(Arc::new(Outcomes { pool, clock }));
        let callback = Callback {
            store,
            wall,
            sealer,
            config: settings.service,
            groups: Groups::default(),
        };
        let own = CallbackServiceServer::new(callback).max_decoding_message_size(settings.server.max_message_bytes);
        Ok(Parts {
            routes: Routes::new(own).add_service(log.service()),
            rpc_services: &["hotline.callback.v1.CallbackService", eventlog::RPC_SERVICE],
            steps,
            observers,
        })
    }

    async fn examine(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
        doctor::check(pool).await
    }
}
