//! A service whose database was restored from a backup: its log gets a new epoch before the service starts again.

use std::time::Duration;

use eventlog::Restored;
use platform::config::Overrides;
use platform::store::StoreError;
use rpc::service::StartError;
use sqlx::PgPool;

use super::{Name, databases};

/// Sessions of a process that has just ended are gone within moments; one that stays longer belongs to a process that runs.
const SESSIONS_END_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks at them.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(100);

/// Draws a new epoch for the log of a stopped service. Only the service's own database is touched.
///
/// # Errors
/// What is wrong and what to do: the service runs, or its database was never migrated.
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

/// A service that runs knows the epoch from its start and would go on under it.
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
