//! Wiring only: what stands on what.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Consumer, Handler, Relay, Source, Store};
use hotline_proto::callback::callback_service_server::CallbackServiceServer;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::clock::{SharedClock, SystemClock};
use platform::grpc::client::peer;
use platform::service::{Base, Driven, StartError};
use tonic::service::Routes;

use crate::consumers::passed_replies::PassedReplies;
use crate::grpc::Callback;
use crate::{NAME, ROUTING, Settings};

/// What is served.
const SERVICES: &[&str] = &["hotline.callback.v1.CallbackService", eventlog::RPC_SERVICE];

/// The service, ready to be served and driven.
pub struct App {
    callback: Callback,
    store: Store,
    clock: SharedClock,
    replies: Arc<dyn Handler>,
    steps: Vec<Driven>,
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
        settings.service.validate()?;
        let store = Store::open(NAME, base.pool.clone()).await?;
        let replies: Arc<dyn Handler> = Arc::new(PassedReplies);
        let source = Source {
            service: ROUTING,
            client: EventLogServiceClient::new(peer(&base.peers.routing, &base.tokens)?),
            redis: base.redis.clone(),
        };
        let consumer =
            Consumer::new(&store, source, replies.clone(), base.clock.clone()).with_batch(settings.events.batch);
        let relay = Relay::new(&store, base.redis.as_deref(), settings.redis.stream_length);
        let poll = Duration::from_millis(settings.events.poll_milliseconds);
        Ok(Self {
            callback: Callback {
                store: store.clone(),
                clock: base.clock.clone(),
                wall,
                sealer: base.sealer,
                config: settings.service,
            },
            steps: vec![
                consuming(Arc::new(consumer), poll),
                Driven {
                    step: Arc::new(relay),
                    every: poll,
                    wake: store.wake(),
                    doorbell: None,
                },
            ],
            store,
            clock: base.clock,
            replies,
        })
    }

    /// Its own service and its event log.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let handlers = vec![(ROUTING, self.replies.clone())];
        Routes::new(CallbackServiceServer::new(self.callback.clone())).add_service(eventlog::service(
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

    /// The consumer of routing and the relay.
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
