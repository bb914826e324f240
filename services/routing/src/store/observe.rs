//! Metrics of open orders. Closed orders grow for ever, and the bulletin counts them.

use std::time::Duration;

use async_trait::async_trait;
use platform::clock::SharedClock;
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

/// States of an order that is not closed, as stored.
const OPEN: [&str; 5] = [
    "pending_dispatch",
    "pending_sign",
    "in_progress",
    "pending_review",
    "pending_callback",
];

/// Metrics of orders by state.
pub struct Orders {
    /// Routing's database.
    pub pool: PgPool,
    /// Time for measuring overdue orders.
    pub clock: SharedClock,
}

#[async_trait]
impl Observer for Orders {
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let open: Vec<(String, i64)> =
            sqlx::query_as("select state, count(*) from orders where state <> 'closed' group by state")
                .fetch_all(&self.pool)
                .await?;
        let overdue: i64 = sqlx::query_scalar("select count(*) from orders where state <> 'closed' and due_at < $1")
            .bind(self.clock.now())
            .fetch_one(&self.pool)
            .await?;
        let of = |state: &str| {
            let found = open.iter().find(|(name, _)| name == state);
            count(found.map_or(0, |(_, number)| *number))
        };
        let mut gauges: Vec<Gauge> = OPEN
            .into_iter()
            .map(|state| Gauge::new("hotline_orders", of(state)).with("state", state))
            .collect();
        gauges.push(Gauge::new("hotline_orders_overdue", count(overdue)));
        gauges.push(Gauge::new("hotline_dispatch_queue", of(OPEN[0])));
        Ok(gauges)
    }
}

/// Metrics of the workload of each unit. This query is larger, so it runs less often.
pub struct Units {
    /// Routing's database.
    pub pool: PgPool,
    /// Time for measuring overdue orders.
    pub clock: SharedClock,
}

#[async_trait]
impl Observer for Units {
    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        // Every top-level unit of any version is listed, so a unit without open orders falls to 0.
        let units: Vec<(String, i64, i64)> = sqlx::query_as(
            "select unit.code, count(orders.id), count(orders.id) filter (where orders.due_at < $1)
               from (select distinct code from unit where parent is null) unit
               left join orders on orders.lead_top_unit = unit.code and orders.state <> 'closed'
              group by unit.code",
        )
        .bind(self.clock.now())
        .fetch_all(&self.pool)
        .await?;
        let of = |name, unit: &str, number| Gauge::new(name, count(number)).with("unit", unit);
        let gauges = units.iter().flat_map(|(unit, open, overdue)| {
            [
                of("hotline_unit_orders", unit, *open),
                of("hotline_unit_orders_overdue", unit, *overdue),
            ]
        });
        Ok(gauges.collect())
    }
}
