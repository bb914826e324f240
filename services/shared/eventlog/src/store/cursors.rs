//! Cursors: how far each source was read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// A partition whose cursor is missing or takes the source's epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unready {
    pub partition: u16,
    /// Epoch and position of the cursor, if there is one.
    pub known: Option<(Uuid, u64)>,
}

/// A cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Epoch of the source.
    pub epoch: Uuid,
    /// Last position that took effect.
    pub position: u64,
    /// Business time by which everything committed is known here.
    pub known_until: DateTime<Utc>,
}

/// The cursors of a source, by partition.
pub(crate) async fn of_source(
    connection: &mut PgConnection,
    source: &str,
) -> Result<BTreeMap<u16, Cursor>, StoreError> {
    let rows: Vec<(i16, Uuid, i64, DateTime<Utc>)> =
        sqlx::query_as("select partition, epoch, position, known_until from cursor where source = $1")
            .bind(source)
            .fetch_all(connection)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(partition, epoch, position, known_until)| {
            let cursor = Cursor {
                epoch,
                position: position.unsigned_abs(),
                known_until,
            };
            (partition.unsigned_abs(), cursor)
        })
        .collect())
}

/// Creates missing cursors, and gives others the new epoch at their position. A cursor that another replica has changed
/// meanwhile stays as it is.
pub(crate) async fn prepare(
    connection: &mut PgConnection,
    source: &str,
    epoch: Uuid,
    unready: &[Unready],
) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    let missing: Vec<i16> = unready
        .iter()
        .filter(|one| one.known.is_none())
        .map(|one| one.partition.cast_signed())
        .collect();
    if !missing.is_empty() {
        sqlx::query(
            "insert into cursor (source, partition, epoch, position, known_until)
             select $1, n, $2, 0, 'epoch'::timestamptz from unnest($3::smallint[]) as n
             on conflict (source, partition) do nothing",
        )
        .bind(source)
        .bind(epoch)
        .bind(&missing)
        .execute(&mut *transaction)
        .await?;
    }
    // In the order of partitions, as everywhere. Two replicas that do this at once then wait for each other, without a
    // deadlock.
    for (partition, (known, position)) in unready.iter().filter_map(|one| Some((one.partition, one.known?))) {
        sqlx::query(
            "update cursor set epoch = $5 where source = $1 and partition = $2 and epoch = $3 and position = $4",
        )
        .bind(source)
        .bind(partition.cast_signed())
        .bind(known)
        .bind(position.cast_signed())
        .bind(epoch)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Locks a cursor for this transaction; `None` when another replica holds it.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    source: &str,
    partition: u16,
) -> Result<Option<(Uuid, u64)>, StoreError> {
    let row: Option<(Uuid, i64)> = sqlx::query_as(
        "select epoch, position from cursor where source = $1 and partition = $2 for update skip locked",
    )
    .bind(source)
    .bind(i16::try_from(partition).unwrap_or(i16::MAX))
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(epoch, position)| (epoch, position.unsigned_abs())))
}

/// Locks a cursor and waits for it: an operator's command must not be skipped.
pub(crate) async fn lock(connection: &mut PgConnection, source: &str, partition: i16) -> Result<(), StoreError> {
    sqlx::query("select position from cursor where source = $1 and partition = $2 for update")
        .bind(source)
        .bind(partition)
        .execute(connection)
        .await?;
    Ok(())
}

/// Moves a locked cursor.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    source: &str,
    partition: u16,
    position: u64,
) -> Result<(), StoreError> {
    sqlx::query("update cursor set position = $3 where source = $1 and partition = $2 and position < $3")
        .bind(source)
        .bind(i16::try_from(partition).unwrap_or(i16::MAX))
        .bind(i64::try_from(position).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}

/// Records that everything that the source committed by `asked_at` has taken effect or is parked (see
/// [`blocked`](crate::blocked)). Only cursors that have reached their head are updated.
pub(crate) async fn note_known(
    connection: &mut PgConnection,
    source: &str,
    heads: &[(u16, u64)],
    asked_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let partition: Vec<i16> = heads
        .iter()
        .map(|(p, _)| i16::try_from(*p).unwrap_or(i16::MAX))
        .collect();
    let head: Vec<i64> = heads
        .iter()
        .map(|(_, h)| i64::try_from(*h).unwrap_or(i64::MAX))
        .collect();
    // Locked in order, so that two replicas do not deadlock.
    sqlx::query(
        "with reached as (
            select c.partition
              from cursor as c join unnest($2::smallint[], $3::bigint[]) as h (partition, position) using (partition)
             where c.source = $1 and c.position >= h.position and c.known_until < $4
             order by c.partition for update of c)
         update cursor set known_until = $4 from reached
          where cursor.source = $1 and cursor.partition = reached.partition",
    )
    .bind(source)
    .bind(partition)
    .bind(head)
    .bind(asked_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Business time up to which everything that `source` committed has taken effect here, by partition. A partition that
/// was never read is missing.
///
/// # Errors
/// Errors of the database.
pub async fn known_until(connection: &mut PgConnection, source: &str) -> Result<Vec<(u32, DateTime<Utc>)>, StoreError> {
    let rows: Vec<(i16, DateTime<Utc>)> =
        sqlx::query_as("select partition, known_until from cursor where source = $1 order by partition")
            .bind(source)
            .fetch_all(connection)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(partition, at)| (u32::from(partition.unsigned_abs()), at))
        .collect())
}

/// How far a source was read, by partition. A later position may not have taken effect yet.
///
/// # Errors
/// Errors of the database.
pub async fn read_until(connection: &mut PgConnection, source: &str) -> Result<BTreeMap<i16, i64>, StoreError> {
    let rows: Vec<(i16, i64)> = sqlx::query_as("select partition, position from cursor where source = $1")
        .bind(source)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Every cursor, by source and partition.
pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<(String, u16, Cursor)>, StoreError> {
    let rows: Vec<(String, i16, Uuid, i64, DateTime<Utc>)> =
        sqlx::query_as("select source, partition, epoch, position, known_until from cursor order by source, partition")
            .fetch_all(connection)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(source, partition, epoch, position, known_until)| {
            let cursor = Cursor {
                epoch,
                position: position.unsigned_abs(),
                known_until,
            };
            (source, partition.unsigned_abs(), cursor)
        })
        .collect())
}
