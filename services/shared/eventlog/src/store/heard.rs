//! Events of others as they were read, for a source that loses them.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::log::Row;
use crate::event::Logged;

/// Keeps what a batch has read, in one statement. A row that is there was read in the incarnation before, and stays.
pub(crate) async fn keep(
    connection: &mut PgConnection,
    epoch: Uuid,
    partition: u16,
    events: &[Logged],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let source = events.first().map_or("", |event| event.source.as_str());
    sqlx::query(
        "insert into heard (source, epoch, partition, position, event_id, key, type, version, actor, payload,
                            occurred_at, traceparent, heard_at)
         select $1, $2, $3, t.*, $13
           from unnest($4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::bigint[], $9::text[], $10::bytea[],
                       $11::timestamptz[], $12::text[]) as t
         on conflict do nothing",
    )
    .bind(source)
    .bind(epoch)
    .bind(partition.cast_signed())
    .bind(events.iter().map(|e| e.position.cast_signed()).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.event_id).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.key).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.version.cast_signed()).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.actor.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.payload.as_slice()).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.occurred_at).collect::<Vec<_>>())
    .bind(
        events
            .iter()
            .map(|e| e.traceparent.as_deref().unwrap_or_default())
            .collect::<Vec<_>>(),
    )
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// What was read of a partition of an incarnation after a position, in order.
pub(crate) async fn read(
    connection: &mut PgConnection,
    source: &str,
    epoch: Uuid,
    partition: u16,
    after: u64,
    limit: i64,
) -> Result<Vec<Logged>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent
           from heard where source = $1 and epoch = $2 and partition = $3 and position > $4
          order by position limit $5",
    )
    .bind(source)
    .bind(epoch)
    .bind(i16::try_from(partition).unwrap_or(i16::MAX))
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| row.into_logged(source)).collect()
}

/// Forgets at most `limit` of what was heard before `before`, the oldest first. Gives how many.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, StoreError> {
    // Replicas forget side by side: what one of them is at is left to it.
    let done = sqlx::query(
        "with old as (
            select source, epoch, partition, position from heard where heard_at < $1
             order by heard_at limit $2 for update skip locked)
         delete from heard as h using old
          where (h.source, h.epoch, h.partition, h.position) = (old.source, old.epoch, old.partition, old.position)",
    )
    .bind(before)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
