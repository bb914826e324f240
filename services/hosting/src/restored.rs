//! Draws a new epoch for the log of a service whose database was restored from a backup.

use std::time::Duration;

use eventlog::Restored;
use platform::config::Overrides;
use platform::store::StoreError;
use rpc::service::StartError;
use sqlx::PgPool;

use super::{Name, databases};

/// Sessions of an ended process are gone within moments. A session that stays longer belongs to a running process.
const SESSIONS_END_WITHIN: Duration = Duration::from_secs(2);
/// Pause between two checks of the sessions.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(100);

/// Draws a new epoch for the log of a stopped service. Changes only the service's own database.
///
/// # Errors
/// What is wrong and what to do: the service is running, or its database was never migrated.
pub async fn restored(name: Name, overrides: &Overrides) -> Result<Restored, StartError> {
    let told = |error: StoreError| StartError(format!("{name}: {}", platform::steps::chain(&error)));
    let settings = name.service().load(overrides)?.settings;
    let pool = platform::store::connect(&settings.database).await.map_err(told)?;
    let done = draw(name, &pool).await;
    pool.close().await;
    done
}

async fn draw(name: Name, pool: &PgPool) -> Result<Restored, StartError> {
    let told = |error: StoreError| StartError(format!("{name}: {}", platform::steps::chain(&error)));
    databases::check(name, pool)
        .await
        .map_err(|error| StartError(format!("{name}: {error}")))?;
    refuse_running(name, pool).await?;
    eventlog::restored(pool).await.map_err(told)
}

/// A running service would go on with the epoch that it read when it started.
async fn refuse_running(name: Name, pool: &PgPool) -> Result<(), StartError> {
    let until = tokio::time::Instant::now() + SESSIONS_END_WITHIN;
    loop {
        let others = eventlog::other_sessions(pool).await?;
        if others == 0 {
            return Ok(());
        }
        if tokio::time::Instant::now() >= until {
            return Err(StartError(format!(
                "{name} runs: it has {others} session(s) on this database. Stop all its replicas (a pooler closes idle sessions after a while), then run this again"
            )));
        }
        tokio::time::sleep(LOOKED_AT_EVERY).await;
    }
}
