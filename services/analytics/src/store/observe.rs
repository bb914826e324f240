//! Gauges for an operator: facts and roll-ups. Both only grow, so they are counted less often.

use std::time::Duration;

use async_trait::async_trait;
use hotline_proto::common::OrderState;
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

/// Measures facts and roll-ups.
pub struct Counted {
    /// Analytics' database.
    pub pool: PgPool,
}

#[async_trait]
impl Observer for Counted {
    fn every(&self) -> Duration {
        Duration::from_secs(300)
    }

    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let (open, closed): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where state <> $1), count(*) filter (where state = $1) from fact_order",
        )
        .bind(i32::from(OrderState::Closed))
        .fetch_one(&self.pool)
        .await?;
        let days: i64 = sqlx::query_scalar(
            "select count(*) from (select distinct day from rollup where dimension = 'total' and span = 'day') d",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(vec![
            Gauge::new("hotline_facts", count(open)).with("state", "open"),
            Gauge::new("hotline_facts", count(closed)).with("state", "closed"),
            Gauge::new("hotline_rollups_days", count(days)),
        ])
    }
}
