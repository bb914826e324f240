//! The gauges of a log: the lag of each consumer, parked events, the state of Redis, the pool and the transactions. The
//! process reports its own gauges even when its database is unreachable or has no free connection. An operator needs
//! them most then.

use std::sync::Arc;

use async_trait::async_trait;
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

use crate::consumer::Consumer;
use crate::relay::Relay;
use crate::store::observe;
use crate::tx::Store;

/// States of an event that did not take effect at once.
const STATES: [&str; 4] = ["parked", "behind", "waiting", "skipped"];

/// The observers of a service: first its process, then its database.
#[must_use]
pub fn observers(store: &Store, relay: &Arc<Relay>, consumers: &[Arc<Consumer>]) -> Vec<Arc<dyn Observer>> {
    let process = OfProcess {
        store: store.clone(),
        relay: relay.clone(),
        consumers: consumers.to_vec(),
    };
    let database = OfDatabase {
        store: store.clone(),
        consumers: consumers.to_vec(),
    };
    vec![Arc::new(process), Arc::new(database)]
}

/// Observes the process: its pool, relay and consumers. It sends no request.
struct OfProcess {
    store: Store,
    relay: Arc<Relay>,
    consumers: Vec<Arc<Consumer>>,
}

#[async_trait]
impl Observer for OfProcess {
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let pool = self.store.pool();
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        let used = pool.size().saturating_sub(idle);
        // The semantic conventions require a pool name; a service has one pool.
        let of_pool = |name, value: u32| {
            Gauge::new(name, f64::from(value)).with("db_client_connection_pool_name", self.store.service())
        };
        let connections =
            |state, number| of_pool("db_client_connection_count", number).with("db_client_connection_state", state);
        let reached = f64::from(u8::from(self.relay.reaches_redis()));
        let mut gauges = vec![
            connections("idle", idle),
            connections("used", used),
            of_pool("db_client_connection_max", pool.options().get_max_connections()),
            Gauge::new("hotline_relay_redis_up", reached),
        ];
        for consumer in &self.consumers {
            let lag = consumer.lag();
            let positions = i64::try_from(lag.positions).unwrap_or(i64::MAX);
            let named = |gauge: Gauge| gauge.with("consumer", consumer.label());
            gauges.push(named(Gauge::new("hotline_event_lag_positions", count(positions))));
            gauges.push(named(Gauge::new("hotline_event_lag_seconds", lag.seconds)));
        }
        Ok(gauges)
    }
}

/// Observes the database of a service: its log and its sessions.
struct OfDatabase {
    store: Store,
    consumers: Vec<Arc<Consumer>>,
}

#[async_trait]
impl Observer for OfDatabase {
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let found = observe::held_up(self.store.pool()).await?;
        let mut gauges = Vec::new();
        for consumer in &self.consumers {
            for state in STATES {
                let held = found
                    .iter()
                    .find(|(source, held, _)| source == consumer.source() && held == state)
                    .map_or(0, |(_, _, number)| *number);
                gauges.push(
                    Gauge::new("hotline_events_parked", count(held))
                        .with("source", consumer.source())
                        .with("state", state),
                );
            }
        }
        let longest = observe::longest_transaction_seconds(self.store.pool()).await?;
        gauges.push(Gauge::new("hotline_database_longest_transaction_seconds", longest));
        Ok(gauges)
    }
}

/// Number of sessions of this program on a database, without those of this pool. They belong to replicas that still
/// run.
///
/// # Errors
/// Errors of the database.
pub async fn other_sessions(pool: &PgPool) -> Result<u32, StoreError> {
    let mut connection = pool.acquire().await?;
    let all = observe::sessions(&mut connection).await?;
    Ok(u32::try_from(all).unwrap_or(u32::MAX).saturating_sub(pool.size()))
}
