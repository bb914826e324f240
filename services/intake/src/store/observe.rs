//! What an operator watches of appeals.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

/// Watches appeals.
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
