//! The log's part of a service, wired once for all: its relay, its consumers, its RPCs, and what is watched of them.

use std::sync::Arc;
use std::time::Duration;

use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::event_log_service_server::{EventLogService, EventLogServiceServer};
use platform::config::{EventsConfig, RedisConfig};
use platform::metrics::Observer;
use platform::service::{Base, Driven, StartError};

use crate::consumer::{Consumer, Source};
use crate::event::Handler;
use crate::forget::Forget;
use crate::relay::Relay;
use crate::tx::Store;

/// Between two looks for what may be forgotten; a batch is a few seconds' worth of a large city's events.
const FORGETS_EVERY: Duration = Duration::from_secs(30);

/// A log that is read.
pub struct Reading<'u> {
    /// Service that owns it.
    pub service: &'static str,
    /// Where that service is, as in `[peers]`.
    pub url: &'u str,
    /// Applies what is read.
    pub handler: Arc<dyn Handler>,
    /// Whether it is noted up to when the service's log is known ([`Consumer::noting_knowledge`]).
    pub notes_knowledge: bool,
}

impl<'u> Reading<'u> {
    /// The log of `service`, applied by `handler`.
    #[must_use]
    pub fn new(service: &'static str, url: &'u str, handler: Arc<dyn Handler>) -> Self {
        Self {
            service,
            url,
            handler,
            notes_knowledge: false,
        }
    }
}

/// A service's log at work.
pub struct Wired {
    store: Store,
    relay: Arc<Relay>,
    consumers: Vec<Arc<Consumer>>,
    handlers: Vec<(&'static str, Arc<dyn Handler>)>,
    forget: Arc<Forget>,
    every: Duration,
    rings: bool,
}

impl Wired {
    /// Over a store, reading the given logs.
    ///
    /// # Errors
    /// Which service's address is wrong.
    pub fn build(
        store: &Store,
        base: &Base,
        events: &EventsConfig,
        redis: &RedisConfig,
        readings: Vec<Reading<'_>>,
    ) -> Result<Self, StartError> {
        let mut consumers = Vec::with_capacity(readings.len());
        let mut handlers = Vec::with_capacity(readings.len());
        for reading in readings {
            let peer = base.dialer.peer(reading.url);
            let source = Source {
                service: reading.service,
                client: EventLogServiceClient::new(
                    peer.map_err(|error| StartError(format!("peers.{}: {error}", reading.service)))?,
                ),
                redis: base.redis.clone(),
            };
            let consumer = Consumer::new(store, source, reading.handler.clone());
            let consumer = consumer.with_batch(events.batch);
            consumers.push(Arc::new(if reading.notes_knowledge {
                consumer.noting_knowledge()
            } else {
                consumer
            }));
            handlers.push((reading.service, reading.handler));
        }
        Ok(Self {
            store: store.clone(),
            forget: Arc::new(Forget::new(store, events.request_days)),
            relay: Arc::new(Relay::new(store, base.redis.clone(), redis.stream_length)),
            consumers,
            handlers,
            every: Duration::from_millis(events.poll_milliseconds),
            rings: base.redis.is_some(),
        })
    }

    /// Its RPCs.
    #[must_use]
    pub fn service(&self) -> EventLogServiceServer<impl EventLogService> {
        crate::server::service(self.store.clone(), self.handlers.clone())
    }

    /// The consumers, in the order of the readings.
    #[must_use]
    pub fn consuming(&self) -> Vec<Driven> {
        let driven = |consumer: &Arc<Consumer>| Driven {
            step: consumer.clone(),
            every: self.every,
            wake: consumer.wake(),
            doorbell: self.rings.then(|| consumer.doorbell()),
        };
        self.consumers.iter().map(driven).collect()
    }

    /// The relay, and what forgets old requests.
    #[must_use]
    pub fn relaying(&self) -> [Driven; 2] {
        [
            Driven {
                step: self.relay.clone(),
                every: self.every,
                wake: self.store.wake(),
                doorbell: None,
            },
            Driven {
                step: self.forget.clone(),
                every: FORGETS_EVERY,
                wake: Arc::default(),
                doorbell: None,
            },
        ]
    }

    /// What is watched of it.
    #[must_use]
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        crate::observe::observers(&self.store, &self.relay, &self.consumers)
    }
}
