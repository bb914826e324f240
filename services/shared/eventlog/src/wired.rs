//! A service's part of the event log: its relay, consumers, RPCs and observers.

use std::sync::Arc;
use std::time::Duration;

use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::event_log_service_server::{EventLogService, EventLogServiceServer};
use platform::config::{EventsConfig, RedisConfig};
use platform::metrics::Observer;
use rpc::service::{Base, Driven, StartError};

use crate::consumer::{Consumer, Source};
use crate::doorbell::doorbell;
use crate::forget::Forget;
use crate::handler::Handler;
use crate::relay::Relay;
use crate::tx::Store;

/// Pause between two deletions of old requests. One batch covers a few seconds of a large city's requests.
const FORGETS_EVERY: Duration = Duration::from_secs(30);

/// A log to read.
pub struct Reading<'u> {
    /// Service that owns it.
    pub service: &'static str,
    /// URL of that service, from `[peers]`.
    pub url: &'u str,
    /// Applies its events.
    pub handler: Arc<dyn Handler>,
    /// Whether to record up to when the log is known ([`Consumer::noting_knowledge`]).
    pub notes_knowledge: bool,
}

impl<'u> Reading<'u> {
    /// Reads the log of `service` with `handler`.
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

/// The running parts of a service's log.
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
    /// Builds the parts over a store, with one consumer per reading.
    ///
    /// # Errors
    /// The peer whose URL is invalid.
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
            doorbell: self.rings.then(|| doorbell(consumer)),
        };
        self.consumers.iter().map(driven).collect()
    }

    /// The relay, and the step that deletes old requests.
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

    /// The observers of its metrics.
    #[must_use]
    pub fn observers(&self) -> Vec<Arc<dyn Observer>> {
        crate::observe::observers(&self.store, &self.relay, &self.consumers)
    }
}
