//! Incarnations of this log: which ones it contains, and how a restored one is put right.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::event::Logged;
use crate::recreate::{Back, Line, Outcome};

/// Up to where this log has what earlier incarnations had: by incarnation, the partitions in order.
pub(crate) async fn ancestors(connection: &mut PgConnection) -> Result<BTreeMap<Uuid, Vec<(u16, u64)>>, StoreError> {
    let rows: Vec<(Uuid, i16, i64)> =
        sqlx::query_as("select epoch, partition, position from log_ancestor order by epoch, partition")
            .fetch_all(connection)
            .await?;
    let mut ancestors: BTreeMap<Uuid, Vec<(u16, u64)>> = BTreeMap::new();
    for (epoch, partition, position) in rows {
        let heads = ancestors.entry(epoch).or_default();
        heads.push((partition.unsigned_abs(), position.unsigned_abs()));
    }
    Ok(ancestors)
}

/// The incarnation whose realignment was begun and is not done, if there is one, with the one that follows it.
pub(crate) async fn unfinished(connection: &mut PgConnection) -> Result<Option<(Uuid, Uuid)>, StoreError> {
    Ok(
        sqlx::query_as("select old_epoch, new_epoch from realignment where done_at is null")
            .fetch_optional(connection)
            .await?,
    )
}

/// Draws the new epoch, and notes it with the heads that the backup had. Gives the old and the new one.
pub(crate) async fn begin(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(Uuid, Uuid), StoreError> {
    let new = Uuid::new_v4();
    let old: Uuid = sqlx::query_scalar("select epoch from log_meta for update")
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query("insert into realignment (old_epoch, new_epoch, started_at) values ($1, $2, $3)")
        .bind(old)
        .bind(new)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into realignment_fork (old_epoch, partition, position) select $1, partition, position from log_head",
    )
    .bind(old)
    .execute(&mut *connection)
    .await?;
    sqlx::query("update log_meta set epoch = $1")
        .bind(new)
        .execute(connection)
        .await?;
    Ok((old, new))
}

/// Notes that this log contains these incarnations up to its heads. What is known of one already stays.
pub(crate) async fn contain(connection: &mut PgConnection, epochs: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into log_ancestor (epoch, partition, position)
         select e, h.partition, h.position from unnest($1::uuid[]) as e cross join log_head as h
         on conflict do nothing",
    )
    .bind(epochs)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the realignment.
pub(crate) async fn done(connection: &mut PgConnection, old: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query("update realignment set done_at = $2 where old_epoch = $1 and done_at is null")
        .bind(old)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Puts lost events of one partition back where they stood: the first one has to follow the head.
pub(crate) async fn put_back(connection: &mut PgConnection, events: &[Logged]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Ok(());
    };
    let moved = sqlx::query("update log_head set position = $2 where partition = $1 and position = $3 - 1")
        .bind(first.partition.cast_signed())
        .bind(last.position.cast_signed())
        .bind(first.position.cast_signed())
        .execute(&mut *connection)
        .await?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Impossible {
            table: "log_head",
            detail: format!("partition {} does not end before {}", first.partition, first.position),
        });
    }
    sqlx::query(
        "insert into log (partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent)
         select $1, t.* from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[],
                                    $8::bytea[], $9::timestamptz[], $10::text[]) as t",
    )
    .bind(first.partition.cast_signed())
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
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes what became of events that were put back.
pub(crate) async fn note(
    connection: &mut PgConnection,
    old: Uuid,
    events: &[Logged],
    became: &[Back],
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into realigned (old_epoch, event_id, partition, position, key, type, outcome, note)
         select $1, t.* from unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::uuid[], $6::text[], $7::text[],
                                    $8::text[]) as t",
    )
    .bind(old)
    .bind(events.iter().map(|e| e.event_id).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.partition.cast_signed()).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.position.cast_signed()).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.key).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>())
    .bind(became.iter().map(|back| back.outcome.name()).collect::<Vec<_>>())
    .bind(became.iter().map(|back| back.note.as_str()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct LineRow {
    event_id: Uuid,
    partition: i16,
    position: i64,
    key: Uuid,
    r#type: String,
    outcome: String,
    note: String,
}

/// What became of lost events, after a place, in the order of places.
pub(crate) async fn lines(
    connection: &mut PgConnection,
    old: Uuid,
    after: (u16, u64),
    limit: i64,
) -> Result<Vec<Line>, StoreError> {
    let rows: Vec<LineRow> = sqlx::query_as(
        "select event_id, partition, position, key, type, outcome, note from realigned
          where old_epoch = $1 and (partition, position) > ($2, $3) order by partition, position limit $4",
    )
    .bind(old)
    .bind(after.0.cast_signed())
    .bind(after.1.cast_signed())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let outcome = Outcome::from_name(&row.outcome).ok_or_else(|| StoreError::Impossible {
                table: "realigned",
                detail: format!("{} is {}", row.event_id, row.outcome),
            })?;
            Ok(Line {
                event_id: row.event_id,
                partition: row.partition.unsigned_abs(),
                position: row.position.unsigned_abs(),
                key: row.key,
                kind: row.r#type,
                back: Back {
                    outcome,
                    note: row.note,
                },
            })
        })
        .collect()
}
