//! The Redis stream of a partition: key `hotline:<service>:<epoch>:<partition>`, ids `position-0`. It caches the tail
//! of the log and wakes consumers. Losing it costs latency, never data. Only this file names a key or a command of
//! Redis.

use std::collections::HashMap;
use std::time::Duration;

use hotline_proto::common::LoggedEvent;
use prost::Message as _;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamInfoStreamReply, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands as _, Client, RedisError, Value};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::event::Logged;

/// Duration of one blocking read: short enough to notice a stop.
pub(crate) const BLOCK: Duration = Duration::from_secs(1);
/// Extra time for the answer to a blocking read. A host that vanished sends no answer and does not close the
/// connection. Without a limit the doorbell would wait for it for ever.
pub(crate) const MARGIN: Duration = Duration::from_secs(2);
const FIELD: &str = "e";

/// Key of a partition's stream. The braces make the partition the hash tag, which spreads a log over the nodes of a
/// Redis cluster.
fn key(service: &str, epoch: Uuid, partition: u16) -> String {
    format!("hotline:{service}:{epoch}:{{{partition}}}")
}

/// A Redis connection, opened on first use and again after a failure.
pub(crate) struct Streams {
    client: Option<Client>,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Streams {
    /// Over a client; `None` works without Redis, with more latency.
    pub(crate) fn new(client: Option<Client>) -> Self {
        Self {
            client,
            connection: Mutex::default(),
        }
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.client.is_some()
    }

    /// Last id that a stream ever had; `None` when the stream does not exist.
    pub(crate) async fn last_position(
        &self,
        service: &str,
        epoch: Uuid,
        partition: u16,
    ) -> Result<Option<u64>, RedisError> {
        let mut connection = self.connect().await?;
        let info: Result<StreamInfoStreamReply, RedisError> =
            connection.xinfo_stream(key(service, epoch, partition)).await;
        match info {
            Ok(info) => Ok(position_of(&info.last_generated_id)),
            Err(error) if error.code() == Some("ERR") => Ok(None),
            Err(error) => self.failed(error).await,
        }
    }

    /// Adds events in one round trip. Redis refuses ids that the stream already has, as intended.
    pub(crate) async fn add(
        &self,
        service: &str,
        epoch: Uuid,
        partition: u16,
        events: &[Logged],
        keep: u64,
    ) -> Result<(), RedisError> {
        let mut connection = self.connect().await?;
        let key = key(service, epoch, partition);
        let mut pipeline = redis::pipe();
        pipeline.ignore_errors();
        for event in events {
            pipeline
                .cmd("XADD")
                .arg(&key)
                .arg("MAXLEN")
                .arg("~")
                .arg(keep)
                .arg(format!("{}-0", event.position))
                .arg(FIELD)
                .arg(event.to_proto().encode_to_vec());
        }
        let results: Result<Vec<Result<Value, RedisError>>, RedisError> = pipeline.query_async(&mut connection).await;
        let results = match results {
            Ok(results) => results,
            Err(error) => return self.failed(error).await,
        };
        match results
            .into_iter()
            .filter_map(Result::err)
            .find(|error| !is_repeat(error))
        {
            Some(error) => self.failed(error).await,
            None => Ok(()),
        }
    }

    /// Entries of the streams after the given positions, by partition.
    pub(crate) async fn read(
        &self,
        service: &str,
        epoch: Uuid,
        after: &[(u16, u64)],
        count: usize,
    ) -> Result<HashMap<u16, Vec<Logged>>, RedisError> {
        let mut connection = self.connect().await?;
        let keys: Vec<String> = after
            .iter()
            .map(|(partition, _)| key(service, epoch, *partition))
            .collect();
        let ids: Vec<String> = after.iter().map(|(_, position)| format!("{position}-0")).collect();
        let options = StreamReadOptions::default().count(count);
        let reply: Result<Option<StreamReadReply>, RedisError> = connection.xread_options(&keys, &ids, &options).await;
        let reply = match reply {
            Ok(reply) => reply.unwrap_or_default(),
            Err(error) => return self.failed(error).await,
        };
        let partition_of: HashMap<&String, u16> =
            keys.iter().zip(after.iter().map(|(partition, _)| *partition)).collect();
        let mut found = HashMap::new();
        for stream in reply.keys {
            let Some(partition) = partition_of.get(&stream.key) else {
                continue;
            };
            // An entry that we did not write ends the usable part. The consumer reads the rest from the source.
            let events = stream
                .ids
                .into_iter()
                .map_while(|id| decode(service, &id.map))
                .collect();
            found.insert(*partition, events);
        }
        Ok(found)
    }

    /// Waits until one of the partitions' streams gets an entry, or `block` has passed; true for an entry. The
    /// connection is used for this alone. `seen` keeps the last id of each stream.
    pub(crate) async fn wait(
        &self,
        connection: &mut MultiplexedConnection,
        service: &str,
        epoch: Uuid,
        seen: &mut HashMap<String, String>,
        partitions: u16,
        block: Duration,
    ) -> Result<bool, RedisError> {
        let keys: Vec<String> = (0..partitions)
            .map(|partition| key(service, epoch, partition))
            .collect();
        let ids: Vec<String> = keys
            .iter()
            .map(|key| seen.get(key).cloned().unwrap_or_else(|| "$".to_owned()))
            .collect();
        let milliseconds = usize::try_from(block.as_millis()).unwrap_or(usize::MAX);
        let options = StreamReadOptions::default().count(1000).block(milliseconds);
        let reply: Option<StreamReadReply> = connection.xread_options(&keys, &ids, &options).await?;
        let mut rang = false;
        for stream in reply.unwrap_or_default().keys {
            if let Some(last) = stream.ids.last() {
                seen.insert(stream.key, last.id.clone());
                rang = true;
            }
        }
        Ok(rang)
    }

    /// A connection for blocking reads only. It fails when an answer takes longer than [`BLOCK`] and [`MARGIN`].
    pub(crate) async fn blocking(&self) -> Result<Option<MultiplexedConnection>, RedisError> {
        let Some(client) = &self.client else {
            return Ok(None);
        };
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(BLOCK + MARGIN));
        Ok(Some(
            client.get_multiplexed_async_connection_with_config(&config).await?,
        ))
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut held = self.connection.lock().await;
        if let Some(connection) = &*held {
            return Ok(connection.clone());
        }
        let client = self
            .client
            .as_ref()
            .ok_or_else(|| RedisError::from((redis::ErrorKind::InvalidClientConfig, "redis.url is not set")))?;
        let connection = client.get_multiplexed_async_connection().await?;
        *held = Some(connection.clone());
        Ok(connection)
    }

    /// Drops the connection, because it may be dead. The next call opens a new one.
    async fn failed<T>(&self, error: RedisError) -> Result<T, RedisError> {
        *self.connection.lock().await = None;
        Err(error)
    }
}

fn is_repeat(error: &RedisError) -> bool {
    error.to_string().contains("equal or smaller")
}

fn position_of(id: &str) -> Option<u64> {
    id.split('-').next()?.parse().ok()
}

fn decode(service: &str, fields: &HashMap<String, Value>) -> Option<Logged> {
    let Some(Value::BulkString(bytes)) = fields.get(FIELD) else {
        return None;
    };
    Logged::from_proto(service, LoggedEvent::decode(bytes.as_slice()).ok()?)
}
