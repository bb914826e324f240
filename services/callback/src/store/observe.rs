//! Gauges for an operator.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use platform::clock::SharedClock;
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

/// Grades in the order of their numbers from 1: the five grades of domain.md, then unrated.
const OUTCOMES: [&str; 6] = [
    "very_satisfied",
    "satisfied",
    "fairly_satisfied",
    "dissatisfied",
    "very_dissatisfied",
    "unrated",
];

/// Measures the queue.
pub struct Tasks {
    /// Callback's database.
    pub pool: PgPool,
    /// Wall time, which leases are measured in.
    pub wall: SharedClock,
}

#[async_trait]
impl Observer for Tasks {
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let (backlog, leased): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where lease_expires_at is null or lease_expires_at <= $1),
                    count(*) filter (where lease_expires_at > $1)
               from callback_task where state = 'open'",
        )
        .bind(self.wall.now())
        .fetch_one(&self.pool)
        .await?;
        Ok(vec![
            Gauge::new("hotline_callback_backlog", count(backlog)),
            Gauge::new("hotline_callback_leased", count(leased)),
        ])
    }
}

/// Measures the outcomes. The query is larger, so it runs less often.
pub struct Outcomes {
    /// Callback's database.
    pub pool: PgPool,
    /// Clock that the window of 28 days ends at.
    pub clock: SharedClock,
}

#[async_trait]
impl Observer for Outcomes {
    fn every(&self) -> Duration {
        Duration::from_secs(300)
    }

    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let found: Vec<(i16, i64)> = sqlx::query_as(
            "select rating, count(*) from callback_task where recorded_at > $1 and rating is not null group by rating",
        )
        .bind(self.clock.now() - TimeDelta::days(28))
        .fetch_all(&self.pool)
        .await?;
        let gauge = |(index, outcome): (usize, &str)| {
            let rating = i16::try_from(index + 1).unwrap_or_default();
            let number = found.iter().find(|(grade, _)| *grade == rating).map_or(0, |(_, n)| *n);
            Gauge::new("hotline_callback_outcomes", count(number)).with("outcome", outcome)
        };
        Ok(OUTCOMES.into_iter().enumerate().map(gauge).collect())
    }
}
