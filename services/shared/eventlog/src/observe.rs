//! What an operator watches of a log: how far behind each consumer is, what is parked, whether Redis is there, and how
//! the service's pool and transactions do.

use std::sync::Arc;

use async_trait::async_trait;
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

use crate::consumer::Consumer;
use crate::relay::Relay;
use crate::store::observe;
use crate::tx::Store;

/// States of an event that could not simply be applied.
const STATES: [&str; 4] = ["parked", "behind", "waiting", "skipped"];

/// Watches a service's log.
pub struct LogObserver {
    store: Store,
    relay: Arc<Relay>,
    consumers: Vec<Arc<Consumer>>,
}

impl LogObserver {
    /// Over the parts that the service runs.
    #[must_use]
    pub fn new(store: &Store, relay: Arc<Relay>, consumers: Vec<Arc<Consumer>>) -> Self {
        Self {
            store: store.clone(),
            relay,
            consumers,
        }
    }

    async fn held_up(&self, gauges: &mut Vec<Gauge>) -> Result<(), StoreError> {
        let found = observe::held_up(self.store.pool()).await?;
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
        Ok(())
    }
}

#[async_trait]
impl Observer for LogObserver {
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let pool = self.store.pool();
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        let used = pool.size().saturating_sub(idle);
        let mut gauges = vec![
            Gauge::new("db_client_connection_count", f64::from(idle)).with("state", "idle"),
            Gauge::new("db_client_connection_count", f64::from(used)).with("state", "used"),
            Gauge::new(
                "db_client_connection_max",
                f64::from(pool.options().get_max_connections()),
            ),
            Gauge::new(
                "hotline_relay_redis_up",
                f64::from(u8::from(self.relay.reaches_redis())),
            ),
        ];
        for consumer in &self.consumers {
            let lag = consumer.lag();
            let positions = i64::try_from(lag.positions).unwrap_or(i64::MAX);
            let named = |gauge: Gauge| gauge.with("consumer", consumer.label());
            gauges.push(named(Gauge::new("hotline_event_lag_positions", count(positions))));
            gauges.push(named(Gauge::new("hotline_event_lag_seconds", lag.seconds)));
        }
        // What needs no database stands already, should it not answer.
        self.held_up(&mut gauges).await?;
        let longest = observe::longest_transaction_seconds(pool).await?;
        gauges.push(Gauge::new("hotline_database_longest_transaction_seconds", longest));
        Ok(gauges)
    }
}

/// How many sessions of the service's program are on its database, beside those of this pool: replicas that still run.
///
/// # Errors
/// What the database said.
pub async fn other_sessions(pool: &PgPool) -> Result<u32, StoreError> {
    let mut connection = pool.acquire().await?;
    let all = observe::sessions(&mut connection).await?;
    Ok(u32::try_from(all).unwrap_or(u32::MAX).saturating_sub(pool.size()))
}
