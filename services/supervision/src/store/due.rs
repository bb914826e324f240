//! Which clocks fire now, which wait for knowledge, which come next.

use chrono::{DateTime, Utc};
use platform::rows::{fits, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::clock::KINDS;

/// A clock whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    /// The clock.
    pub id: Uuid,
    /// Its order.
    pub order_id: Uuid,
    /// ClockKind.
    pub kind: i16,
    /// When it should fire.
    pub fire_at: DateTime<Utc>,
}

/// Claims due clocks, oldest first, by locking their orders; it passes over orders that another replica holds. A clock may
/// have stopped or fired since it was seen here, so it is read again under the lock. `known` is, by routing's partition,
/// the time up to which everything is known here: a clock beyond it waits. So do the clocks of `blocked` orders: an event
/// about them is parked, and it may be the one that stops the clock. Clocks of an unknown kind wait for the newer program
/// that started them.
///
/// # Errors
/// When the database refuses.
pub async fn claim(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    known: &[Option<DateTime<Utc>>],
    blocked: &[Uuid],
    limit: u32,
) -> Result<Vec<Due>, StoreError> {
    let due = sqlx::query_as(
        r#"select c.id, c.order_id, c.kind, c.fire_at
             from watch_clock c join watched_order o on o.id = c.order_id
            where c.state = 'open' and c.fire_at <= $1 and c.fire_at <= ($2::timestamptz[])[o."partition" + 1]
              and c.order_id <> all ($3) and c.kind = any ($5)
            order by c.fire_at, c.id limit $4
              for no key update of o skip locked"#,
    )
    .bind(now)
    .bind(known)
    .bind(blocked)
    .bind(i64::from(limit))
    .bind(KINDS.map(|kind| small(kind.into())))
    .fetch_all(conn)
    .await?;
    Ok(due)
}

/// What is left after the claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Clocks whose time has come and that wait until routing is known past it, or until a parked event is dealt with.
    pub waiting: u64,
    /// When the next clock comes due, if one runs.
    pub next_at: Option<DateTime<Utc>>,
}

/// Counts at most 10,000 waiting clocks: more say nothing more.
///
/// # Errors
/// When the database refuses.
pub async fn left(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Left, StoreError> {
    let (waiting, next_at): (i64, Option<DateTime<Utc>>) = sqlx::query_as(
        "select (select count(*) from (select from watch_clock where state = 'open' and fire_at <= $1 limit 10000) w),
                (select min(fire_at) from watch_clock where state = 'open' and fire_at > $1)",
    )
    .bind(now)
    .fetch_one(conn)
    .await?;
    Ok(Left {
        waiting: fits("watch_clock", "count", waiting)?,
        next_at,
    })
}
