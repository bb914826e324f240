//! Gauges for an operator: clocks, cards and the review queue.

use async_trait::async_trait;
use chrono::TimeDelta;
use platform::clock::SharedClock;
use platform::metrics::{Gauge, Observer, count};
use platform::store::StoreError;
use sqlx::PgPool;

/// Kinds of clocks, in the order of their numbers from 1.
const KINDS: [&str; 3] = ["sign", "handle", "rework"];
/// Colours of cards, in the order of their numbers from 1.
const COLOURS: [&str; 2] = ["yellow", "red"];

/// Name of a `ClockKind`, as a label.
pub(crate) fn clock_name(kind: i16) -> &'static str {
    let index = usize::try_from(kind).ok().and_then(|kind| kind.checked_sub(1));
    index.and_then(|index| KINDS.get(index)).copied().unwrap_or("other")
}

/// Measures clocks, cards and reviews.
pub struct Watches {
    /// Supervision's database.
    pub pool: PgPool,
    /// Clock that decides what is overdue.
    pub clock: SharedClock,
}

fn of(found: &[(i16, i64)], index: usize) -> f64 {
    let number = i16::try_from(index + 1).unwrap_or_default();
    count(found.iter().find(|(kind, _)| *kind == number).map_or(0, |(_, n)| *n))
}

#[async_trait]
impl Observer for Watches {
    async fn observe(&self) -> Result<Vec<Gauge>, StoreError> {
        let now = self.clock.now();
        let overdue: Vec<(i16, i64)> = sqlx::query_as(
            "select kind, count(*) from watch_clock where state = 'open' and fire_at <= $1 group by kind",
        )
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        let cards: Vec<(i16, i64)> = sqlx::query_as(
            "select c.colour, count(*) from card k join watch_clock c on c.id = k.clock_id
              where k.issued_at > $1 and k.withdrawn_at is null group by c.colour",
        )
        .bind(now - TimeDelta::days(1))
        .fetch_all(&self.pool)
        .await?;
        let pending: i64 = sqlx::query_scalar("select count(*) from review where verdict is null")
            .fetch_one(&self.pool)
            .await?;
        let mut gauges = vec![Gauge::new("hotline_reviews_pending", count(pending))];
        for (index, kind) in KINDS.into_iter().enumerate() {
            gauges.push(Gauge::new("hotline_clocks_overdue", of(&overdue, index)).with("clock", kind));
        }
        for (index, colour) in COLOURS.into_iter().enumerate() {
            gauges.push(Gauge::new("hotline_cards", of(&cards, index)).with("color", colour));
        }
        Ok(gauges)
    }
}
