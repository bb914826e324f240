//! The table of events.

use chrono::{DateTime, Utc};
use hotline_proto::event_type;
use hotline_proto::events::Event;
use platform::store::StoreError;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::core::partition_of;
use crate::event::{Logged, NewEvent};

/// An event with the trace of its change.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub event: NewEvent,
    pub traceparent: Option<String>,
}

/// A row of the tables `log`, `parked` or `waiting`.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub partition: i16,
    pub position: i64,
    pub event_id: Uuid,
    pub key: Uuid,
    pub r#type: String,
    pub version: i64,
    pub actor: String,
    pub payload: Vec<u8>,
    pub occurred_at: DateTime<Utc>,
    pub traceparent: String,
}

impl Row {
    pub(crate) fn into_logged(self, source: &str) -> Result<Logged, StoreError> {
        let broken = |what: &str| StoreError::Impossible {
            table: "log",
            detail: format!("{source} {}/{}: {what}", self.partition, self.position),
        };
        Ok(Logged {
            source: source.to_owned(),
            partition: u16::try_from(self.partition).map_err(|_| broken("partition"))?,
            position: u64::try_from(self.position).map_err(|_| broken("position"))?,
            event_id: self.event_id,
            key: self.key,
            version: u64::try_from(self.version).map_err(|_| broken("version"))?,
            occurred_at: self.occurred_at,
            payload: self.payload,
            kind: self.r#type,
            actor: self.actor,
            traceparent: Some(self.traceparent).filter(|text| !text.is_empty()),
        })
    }
}

/// Writes a transaction's events as its last statements. Their number is three for any number of events: lock the heads
/// in order, insert, move the heads.
pub(crate) async fn append(connection: &mut PgConnection, partitions: u16, told: &[Told]) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let of: Vec<i16> = told
        .iter()
        .map(|t| i16::try_from(partition_of(t.event.key, partitions)).expect("at most 256 partitions"))
        .collect();
    let mut touched = of.clone();
    touched.sort_unstable();
    touched.dedup();
    let mut heads: Vec<(i16, i64)> = sqlx::query_as(
        "select partition, position from log_head where partition = any($1) order by partition for update",
    )
    .bind(&touched)
    .fetch_all(&mut *connection)
    .await?;
    if heads.len() != touched.len() {
        return Err(StoreError::Impossible {
            table: "log_head",
            detail: "a partition has no head".to_owned(),
        });
    }
    let mut columns = Columns::default();
    for (told, partition) in told.iter().zip(&of) {
        let at = heads
            .binary_search_by_key(partition, |(partition, _)| *partition)
            .expect("counted above");
        heads[at].1 += 1;
        columns.push(*partition, heads[at].1, told);
    }
    columns.insert(&mut *connection).await?;
    let (partition, position): (Vec<i16>, Vec<i64>) = heads.into_iter().unzip();
    sqlx::query(
        "update log_head as h set position = n.position
           from unnest($1::smallint[], $2::bigint[]) as n (partition, position) where h.partition = n.partition",
    )
    .bind(&partition)
    .bind(&position)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Default)]
struct Columns {
    partition: Vec<i16>,
    position: Vec<i64>,
    event_id: Vec<Uuid>,
    key: Vec<Uuid>,
    kind: Vec<&'static str>,
    version: Vec<i64>,
    actor: Vec<String>,
    payload: Vec<Vec<u8>>,
    occurred_at: Vec<DateTime<Utc>>,
    traceparent: Vec<String>,
}

impl Columns {
    fn push(&mut self, partition: i16, position: i64, told: &Told) {
        let event = &told.event;
        self.partition.push(partition);
        self.position.push(position);
        self.event_id.push(event.event_id);
        self.key.push(event.key);
        self.kind.push(event_type(&event.body));
        self.version
            .push(i64::try_from(event.version).expect("an aggregate has fewer than 2^63 events"));
        self.actor.push(event.actor.clone());
        self.payload.push(
            Event {
                body: Some(event.body.clone()),
            }
            .encode_to_vec(),
        );
        self.occurred_at.push(event.occurred_at);
        self.traceparent.push(told.traceparent.clone().unwrap_or_default());
    }

    async fn insert(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query(
            "insert into log (partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent)
             select * from unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[],
                                  $7::text[], $8::bytea[], $9::timestamptz[], $10::text[])",
        )
        .bind(self.partition)
        .bind(self.position)
        .bind(self.event_id)
        .bind(self.key)
        .bind(self.kind)
        .bind(self.version)
        .bind(self.actor)
        .bind(self.payload)
        .bind(self.occurred_at)
        .bind(self.traceparent)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Last position of each partition.
pub(crate) async fn heads(connection: &mut PgConnection) -> Result<Vec<(u16, u64)>, StoreError> {
    let rows: Vec<(i16, i64)> = sqlx::query_as("select partition, position from log_head order by partition")
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|(partition, position)| Some((u16::try_from(partition).ok()?, u64::try_from(position).ok()?)))
        .collect::<Option<_>>()
        .ok_or_else(|| StoreError::Impossible {
            table: "log_head",
            detail: "negative".to_owned(),
        })
}

/// Epoch of the log and last position of each partition, read now. A restored database has another epoch than at the
/// start.
pub(crate) async fn epoch_and_heads(connection: &mut PgConnection) -> Result<(Uuid, Vec<(u16, u64)>), StoreError> {
    let rows: Vec<(Uuid, i16, i64)> = sqlx::query_as(
        "select m.epoch, h.partition, h.position from log_head as h cross join log_meta as m order by h.partition",
    )
    .fetch_all(connection)
    .await?;
    let epoch = rows.first().map(|row| row.0).ok_or_else(|| StoreError::Impossible {
        table: "log_head",
        detail: "the log has no partition".to_owned(),
    })?;
    Ok((
        epoch,
        rows.into_iter()
            .map(|row| (row.1.unsigned_abs(), row.2.unsigned_abs()))
            .collect(),
    ))
}

/// Events of a partition after a position, in order.
pub(crate) async fn read(
    connection: &mut PgConnection,
    source: &str,
    partition: u16,
    after: u64,
    limit: i64,
) -> Result<Vec<Logged>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent
           from log where partition = $1 and position > $2 order by position limit $3",
    )
    .bind(i16::try_from(partition).unwrap_or(i16::MAX))
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| row.into_logged(source)).collect()
}
