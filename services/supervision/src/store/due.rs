//! Finds the clocks that fire now, the clocks that wait for knowledge, and the next due time.

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
    /// Order of the clock.
    pub order_id: Uuid,
    /// Number of the `ClockKind`.
    pub kind: i16,
    /// When it is due.
    pub fire_at: DateTime<Utc>,
}

/// Claims due clocks, oldest first, by locking their orders. It skips orders that another replica has locked. A clock
/// may have stopped or fired since it was found, so it is read again under the lock.
///
/// Three kinds of clocks wait:
/// - Clocks beyond `known`: for each partition of routing, the time up to which everything is known here.
/// - Clocks of `blocked` orders. A parked event about the order may be the one that stops the clock.
/// - Clocks of an unknown kind. The newer program that started them fires them.
///
/// # Errors
/// When the database fails.
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

/// Clocks left after the claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Due clocks that wait until routing is known past their time, or until a parked event is resolved.
    pub waiting: u64,
    /// When the next clock is due, if one runs.
    pub next_at: Option<DateTime<Utc>>,
}

/// Counts at most 10,000 waiting clocks, which is enough for an alert.
///
/// # Errors
/// When the database fails.
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
