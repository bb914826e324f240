//! What an operator watches of orders. Only open ones: closed orders grow for ever, and the bulletin counts them.

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

/// Watches orders.
pub struct Orders {
    /// Routing's database.
    pub pool: PgPool,
    /// What overdue is measured by.
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
