//! Metrics of appeals.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use platform::clock::SharedClock;
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

/// Metrics of the last appeal and of waiting appeals.
pub struct Appeals {
    /// Intake's database.
    pub pool: PgPool,
}

#[async_trait]
impl Observer for Appeals {
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let last: Option<DateTime<Utc>> = sqlx::query_scalar("select max(received_at) from appeal")
            .fetch_one(&self.pool)
            .await?;
        let waiting: i64 = sqlx::query_scalar("select count(*) from appeal where state = 'received'")
            .fetch_one(&self.pool)
            .await?;
        Ok(vec![
            Gauge::new(
                "hotline_last_appeal_timestamp_seconds",
                count(last.map_or(0, |at| at.timestamp())),
            ),
            Gauge::new("hotline_appeals", count(waiting)).with("state", "received"),
        ])
    }
}

/// Metrics of arriving appeals. This query is larger, so it runs less often.
pub struct Received {
    /// Intake's database.
    pub pool: PgPool,
    /// End of the hour that is counted.
    pub clock: SharedClock,
}

#[async_trait]
impl Observer for Received {
    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let (registered, pushed): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where platform is null), count(*) filter (where platform is not null)
               from appeal where received_at > $1",
        )
        .bind(self.clock.now() - TimeDelta::hours(1))
        .fetch_one(&self.pool)
        .await?;
        let of = |way, number| Gauge::new("hotline_appeals_last_hour", count(number)).with("way", way);
        Ok(vec![of("registered", registered), of("pushed", pushed)])
    }
}
