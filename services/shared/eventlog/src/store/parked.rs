//! Events that are parked, wait for a thing, or came too late.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::log::Row;
use crate::event::{Logged, Recorded};
use crate::tx::Tx;

/// A parked event, for the operator.
pub(crate) struct Parked {
    pub source: String,
    pub event: Logged,
    pub state: String,
    pub reason: String,
    pub since: DateTime<Utc>,
}

/// The keys among these that have a parked event. Later events of such a key are parked behind it.
pub(crate) async fn blocked_keys(
    connection: &mut PgConnection,
    source: &str,
    keys: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    Ok(
        sqlx::query_scalar(
            "select distinct key from parked where source = $1 and key = any($2) and state <> 'skipped'",
        )
        .bind(source)
        .bind(keys)
        .fetch_all(connection)
        .await?,
    )
}

/// Keys of a source that have a parked event. Later events of such a key have not taken effect here.
///
/// # Errors
/// Errors of the database.
pub async fn blocked(connection: &mut PgConnection, source: &str) -> Result<Vec<Uuid>, StoreError> {
    Ok(
        sqlx::query_scalar("select distinct key from parked where source = $1 and state <> 'skipped'")
            .bind(source)
            .fetch_all(connection)
            .await?,
    )
}

/// Parks an event. `state` is `parked` or `behind`.
pub(crate) async fn park(
    connection: &mut PgConnection,
    event: &Logged,
    state: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into parked (source, partition, position, event_id, key, type, version, actor, payload, occurred_at,
                             traceparent, state, reason, parked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&event.source)
    .bind(event.partition.cast_signed())
    .bind(event.position.cast_signed())
    .bind(event.event_id)
    .bind(event.key)
    .bind(&event.kind)
    .bind(event.version.cast_signed())
    .bind(&event.actor)
    .bind(&event.payload)
    .bind(event.occurred_at)
    .bind(event.traceparent.clone().unwrap_or_default())
    .bind(state)
    .bind(reason)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Source, partition and key of the parked event with this id.
pub(crate) async fn find(
    connection: &mut PgConnection,
    event_id: Uuid,
) -> Result<Option<(String, i16, Uuid)>, StoreError> {
    Ok(
        sqlx::query_as("select source, partition, key from parked where event_id = $1 and state = 'parked'")
            .bind(event_id)
            .fetch_optional(connection)
            .await?,
    )
}

/// All parked events of a key, in order.
pub(crate) async fn of_key(connection: &mut PgConnection, source: &str, key: Uuid) -> Result<Vec<Logged>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent
           from parked where source = $1 and key = $2 and state <> 'skipped' order by partition, position for update",
    )
    .bind(source)
    .bind(key)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| row.into_logged(source)).collect()
}

/// Removes an applied event.
pub(crate) async fn unpark(connection: &mut PgConnection, event: &Logged) -> Result<(), StoreError> {
    sqlx::query("delete from parked where source = $1 and partition = $2 and position = $3")
        .bind(&event.source)
        .bind(event.partition.cast_signed())
        .bind(event.position.cast_signed())
        .execute(connection)
        .await?;
    Ok(())
}

/// Sets state and reason of a parked event.
pub(crate) async fn mark(
    connection: &mut PgConnection,
    event: &Logged,
    state: &str,
    reason: &str,
) -> Result<(), StoreError> {
    sqlx::query("update parked set state = $4, reason = $5 where source = $1 and partition = $2 and position = $3")
        .bind(&event.source)
        .bind(event.partition.cast_signed())
        .bind(event.position.cast_signed())
        .bind(state)
        .bind(reason)
        .execute(connection)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ListRow {
    source: String,
    state: String,
    reason: String,
    parked_at: DateTime<Utc>,
    #[sqlx(flatten)]
    row: Row,
}

/// A page of the parked events after (source, partition, position).
pub(crate) async fn page(
    connection: &mut PgConnection,
    after: (&str, i16, i64),
    limit: i64,
) -> Result<Vec<Parked>, StoreError> {
    let rows: Vec<ListRow> = sqlx::query_as(
        "select source, state, reason, parked_at,
                partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent
           from parked where state <> 'skipped' and (source, partition, position) > ($1, $2, $3)
          order by source, partition, position limit $4",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(after.2)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let event = row.row.into_logged(&row.source)?;
            Ok(Parked {
                source: row.source,
                event,
                state: row.state,
                reason: row.reason,
                since: row.parked_at,
            })
        })
        .collect()
}

/// Stores an event until a thing exists.
pub(crate) async fn wait(connection: &mut PgConnection, event: &Logged, waiting_for: Uuid) -> Result<(), StoreError> {
    sqlx::query(
        "insert into waiting (source, partition, position, event_id, key, type, version, actor, payload, occurred_at,
                              traceparent, waiting_for)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&event.source)
    .bind(event.partition.cast_signed())
    .bind(event.position.cast_signed())
    .bind(event.event_id)
    .bind(event.key)
    .bind(&event.kind)
    .bind(event.version.cast_signed())
    .bind(&event.actor)
    .bind(&event.payload)
    .bind(event.occurred_at)
    .bind(event.traceparent.clone().unwrap_or_default())
    .bind(waiting_for)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct WaitingRow {
    source: String,
    #[sqlx(flatten)]
    row: Row,
}

/// Locks things that events wait for, until the transaction ends. Two sides take this lock:
///
/// - An event that misses a thing: it checks once more under the lock before it waits.
/// - The action that creates the thing: it locks before it reads the waiting events.
///
/// Without the lock an event could start to wait just after that, and would wait for ever.
pub(crate) async fn lock_waiting(connection: &mut PgConnection, things: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query(
        "select pg_advisory_xact_lock(number)
           from (select distinct hashtextextended('waiting ' || thing, 0) as number
                   from unnest($1::uuid[]) as thing order by number) as numbers",
    )
    .bind(things)
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes and returns the events that wait for any of these things, in the order of their sources. The action that
/// creates the things calls this after it has written them.
///
/// # Errors
/// Errors of the database.
pub async fn drain_waiting(tx: &mut Tx, waiting_for: &[Uuid]) -> Result<Vec<Recorded>, StoreError> {
    lock_waiting(tx.conn(), waiting_for).await?;
    let rows: Vec<WaitingRow> = sqlx::query_as(
        "with taken as (delete from waiting where waiting_for = any($1) returning *)
         select source, partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent
           from taken order by source, partition, position",
    )
    .bind(waiting_for)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let event = row.row.into_logged(&row.source)?;
            tx.arrived(&event.source, event.occurred_at);
            let read = event.read().ok().flatten();
            read.ok_or_else(|| StoreError::Impossible {
                table: "waiting",
                detail: format!("{} cannot be read", event.event_id),
            })
        })
        .collect()
}

/// Number of waiting events.
pub(crate) async fn waiting_count(connection: &mut PgConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("select count(*) from waiting")
        .fetch_one(connection)
        .await?)
}

/// Records a decision that came too late, because no event is dropped silently. The consumer records the decisions of
/// its batch. The handler records those that it took from [`drain_waiting`].
///
/// # Errors
/// Errors of the database.
pub async fn supersede(tx: &mut Tx, source: &str, event_id: Uuid, reason: &str) -> Result<(), StoreError> {
    sqlx::query("insert into superseded (source, event_id, reason) values ($1, $2, $3) on conflict do nothing")
        .bind(source)
        .bind(event_id)
        .bind(reason)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Sets a savepoint inside a batch.
pub(crate) async fn savepoint(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("savepoint batch").execute(connection).await?;
    Ok(())
}

/// Rolls back to the savepoint and releases it.
pub(crate) async fn roll_back(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("rollback to savepoint batch")
        .execute(&mut *connection)
        .await?;
    release(connection).await
}

/// Releases the savepoint. More than 64 open ones in a transaction slow down every other session.
pub(crate) async fn release(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("release savepoint batch").execute(connection).await?;
    Ok(())
}
