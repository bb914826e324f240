//! Leases of tasks as columns of their rows.

use chrono::{DateTime, Utc};
use platform::rows::{big, each, fits};
use platform::store::StoreError;
use sqlx::PgConnection;

use super::tasks::{Row, TABLE, lease, select};
use crate::domain::task::Task;

/// Serialises an agent's commands on leases until the transaction ends, because each counts the agent's leases. Called
/// before any task is locked.
///
/// # Errors
/// When the database fails.
pub async fn lock_agent(conn: &mut PgConnection, agent: &str) -> Result<(), StoreError> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('leases ' || $1, 0))")
        .bind(agent)
        .execute(conn)
        .await?;
    Ok(())
}

/// Number of an agent's leases that run at `wall`.
///
/// # Errors
/// When the database fails.
pub async fn running(conn: &mut PgConnection, agent: &str, wall: DateTime<Utc>) -> Result<u32, StoreError> {
    let running: i64 =
        sqlx::query_scalar("select count(*) from callback_task where lease_owner = $1 and lease_expires_at > $2")
            .bind(agent)
            .bind(wall)
            .fetch_one(conn)
            .await?;
    fits(TABLE, "running leases", running)
}

/// Like [`tasks::lock`](super::tasks::lock), for all tasks whose newest lease is this agent's, even an expired one.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn lock_held(conn: &mut PgConnection, agent: &str) -> Result<Vec<Task>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!("where lease_owner = $1 order by id for no key update"))
        .bind(agent)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(Task::try_from).collect()
}

/// Claims tasks that are free at `wall`: the most urgent first, then the oldest. Tasks that another agent is claiming
/// are skipped.
///
/// # Errors
/// When the database fails.
pub async fn claim_free(conn: &mut PgConnection, wall: DateTime<Utc>, limit: u32) -> Result<Vec<Task>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "where state = 'open' and (lease_expires_at is null or lease_expires_at <= $1)
          order by urgency desc, opened_at, id limit $2
            for no key update skip locked"
    ))
    .bind(wall)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Task::try_from).collect()
}

/// Writes leases of locked tasks. A task without a lease is released.
///
/// # Errors
/// [`StoreError::Impossible`] when a task was not open, or was changed since it was locked.
pub async fn save_leases(conn: &mut PgConnection, tasks: &[Task]) -> Result<(), StoreError> {
    let leases = || tasks.iter().map(|task| lease(&task.state));
    let done = sqlx::query(
        "update callback_task t
            set version = l.version, token = l.token, lease_owner = l.owner, lease_expires_at = l.expires_at
           from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[])
             as l(id, version, token, owner, expires_at)
          where t.id = l.id and t.version = l.version - 1 and t.state = 'open'",
    )
    .bind(tasks.iter().map(|t| t.id).collect::<Vec<_>>())
    .bind(tasks.iter().map(|t| big(t.version)).collect::<Vec<_>>())
    .bind(tasks.iter().map(|t| big(t.token)).collect::<Vec<_>>())
    .bind(leases().map(|l| l.map(|l| l.owner.clone())).collect::<Vec<_>>())
    .bind(leases().map(|l| l.map(|l| l.expires_at)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    each(TABLE, tasks.len(), done.rows_affected())
}
