//! Checks a Redis before a service relies on it.

use std::time::Duration;

pub use redis::Client;
use redis::{InfoDict, TlsCertificates};

use crate::config::RedisConfig;

/// Oldest supported major version. From 7.0 on, a stream accepts only later ids after a trim, as the log expects.
pub const OLDEST_REDIS: u32 = 7;

/// Time for an answer at the start. A Redis that is unreachable does not prevent the start.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// A client of Redis; `None` without a URL. It does not connect yet.
///
/// # Errors
/// What is wrong with the URL or with the authority's file. The message does not quote the URL, which may hold a
/// password.
pub fn client(config: &RedisConfig) -> Result<Option<Client>, String> {
    if config.url.is_empty() {
        return Ok(None);
    }
    let wrong = |_| "redis.url is not a redis:// or rediss:// URL".to_owned();
    let (file, named) = (&config.ca_file, |what: &str| {
        format!("redis.ca_file {}: {what}", config.ca_file.display())
    });
    let plain = Client::open(config.url.as_str()).map_err(wrong)?;
    if file.as_os_str().is_empty() {
        return Ok(Some(plain));
    }
    if !config.url.starts_with("rediss://") {
        return Err(named("is for TLS only; write rediss:// in redis.url"));
    }
    // A file without a certificate is refused. It would count as an authority that signs nothing.
    crate::tls::trusting("redis.ca_file", file)?;
    let certificates = TlsCertificates {
        client_tls: None,
        root_cert: Some(std::fs::read(file).map_err(|error| named(&error.to_string()))?),
    };
    Client::build_with_tls(config.url.as_str(), certificates)
        .map(Some)
        .map_err(wrong)
}

/// Checks a Redis. One that is unreachable, or refuses the question, is logged and accepted. It may come back, and
/// until then events arrive by gRPC.
///
/// # Errors
/// When it is too old. The message says what to install.
pub async fn check(client: &Client) -> Result<(), String> {
    check_requiring(client, OLDEST_REDIS).await
}

/// [`check`] with another oldest version, for tests.
///
/// # Errors
/// Errors of [`check`].
pub async fn check_requiring(client: &Client, oldest: u32) -> Result<(), String> {
    let place = client.get_connection_info().addr().to_string();
    let asked = tokio::time::timeout(ANSWER_WITHIN, info(client)).await;
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
            "this Redis evicts keys when it is full, and consumers read evicted events by gRPC; set maxmemory-policy to noeviction"
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
