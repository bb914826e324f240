//! What a Redis has to be before a service relies on it as its doorbell.

use std::time::Duration;

use redis::{Client, InfoDict};

/// The oldest Redis whose streams are what the log expects: later ids after a trim (7.0).
pub const OLDEST_REDIS: u32 = 7;

/// A Redis that is away stops nobody from starting.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Looks at the Redis behind a URL. One that is away, or that does not let us ask, is said and passed over: it may come
/// back, and without it everything arrives by gRPC.
///
/// # Errors
/// That it is too old, and what to install.
pub async fn check(url: &str) -> Result<(), String> {
    check_requiring(url, OLDEST_REDIS).await
}

/// Whether a connection could be tried; empty means without Redis.
///
/// # Errors
/// What a URL looks like; not what stands there, for it may hold a password.
pub fn check_url(url: &str) -> Result<(), String> {
    if url.is_empty() || Client::open(url).is_ok() {
        return Ok(());
    }
    Err("redis.url is not a redis:// URL".to_owned())
}

/// [`check`], with the oldest acceptable version given: tests raise it.
///
/// # Errors
/// As [`check`].
pub async fn check_requiring(url: &str, oldest: u32) -> Result<(), String> {
    check_url(url)?;
    let client = Client::open(url).map_err(|error| error.to_string())?;
    let place = client.get_connection_info().addr().to_string();
    let asked = tokio::time::timeout(ANSWER_WITHIN, info(&client)).await;
    let info = match asked.map_err(|_| "no answer".to_owned()).flatten() {
        Ok(info) => info,
        Err(reason) => {
            tracing::warn!(
                place,
                reason,
                "Redis is away; works without it, slower, until it is there"
            );
            return Ok(());
        }
    };
    let version: String = info.get("redis_version").unwrap_or_default();
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major < oldest) {
        return Err(format!(
            "Redis at {place} is {version}, the oldest that works is {oldest}: `apt-get install redis-server` brings a newer one, or set redis.url to one; empty works without, slower"
        ));
    }
    let policy: String = info.get("maxmemory_policy").unwrap_or_default();
    if !policy.is_empty() && policy != "noeviction" {
        tracing::warn!(
            place,
            policy,
            "this Redis throws keys away when it is full; set maxmemory-policy noeviction: what it forgets has to be fetched by gRPC"
        );
    }
    Ok(())
}

async fn info(client: &Client) -> Result<InfoDict, String> {
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .map_err(|error| error.to_string())?;
    let asked = redis::cmd("INFO").query_async(&mut connection).await;
    asked.map_err(|error| error.to_string())
}
