//! The Redis stream of a partition: `hotline:<service>:<epoch>:<partition>`, ids `position-0`. A cache of the log's
//! tail and a doorbell; losing it costs latency, never data. The only file that names a key or a command of Redis.

use std::collections::HashMap;
use std::time::Duration;

use hotline_proto::common::LoggedEvent;
use prost::Message as _;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamInfoStreamReply, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands as _, Client, RedisError, Value};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::doorbell::{BLOCK, MARGIN};
use crate::event::Logged;

const FIELD: &str = "e";

/// Key of a partition's stream. The braces keep the partitions of one service apart on a cluster.
fn key(service: &str, epoch: Uuid, partition: u16) -> String {
    format!("hotline:{service}:{epoch}:{{{partition}}}")
}

/// Redis, connected when it is first needed and again after a failure.
pub(crate) struct Streams {
    client: Option<Client>,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Streams {
    /// Through a client; none works without Redis, slower.
    pub(crate) fn new(client: Option<Client>) -> Self {
        Self {
            client,
            connection: Mutex::default(),
        }
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.client.is_some()
    }

    /// Last id that a stream ever had; `None` when it does not exist.
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

    /// Adds events in one round trip; ids that are there already are refused by Redis, which is as it should be.
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

    /// What streams have after the given positions, by partition.
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
            // An entry that we did not write ends the usable part: what follows is read from the producer.
            let events = stream
                .ids
                .into_iter()
                .map_while(|id| decode(service, &id.map))
                .collect();
            found.insert(*partition, events);
        }
        Ok(found)
    }

    /// Waits on a connection of its own until something is added to one of the partitions' streams. Gives the last ids.
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

    /// A connection for blocking reads, with nobody else on it. An answer that takes much longer than such a read fails.
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
            .ok_or_else(|| RedisError::from((redis::ErrorKind::InvalidClientConfig, "no redis.url")))?;
        let connection = client.get_multiplexed_async_connection().await?;
        *held = Some(connection.clone());
        Ok(connection)
    }

    /// The connection may be dead: the next one starts afresh.
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
